"""The outages that the demo stages, and how the desk is brought back."""

from enum import StrEnum

from gateway.demo.desk_client import DeskClient
from gateway.demo.processes import Child


class Outage(StrEnum):
    """What happens to the primary desk."""

    KILL = "kill"
    """SIGKILL; later started again with the tickets that it had."""
    HANG = "hang"
    """It takes requests in and answers none until it thaws."""
    ERROR = "error"
    """500 for everything."""
    GRAY = "gray"
    """500 for two of three requests."""


async def strike(outage: Outage, desk: Child, client: DeskClient) -> None:
    """Let it happen."""
    if outage is Outage.KILL:
        await desk.kill()
    else:
        await client.turn(outage)


async def heal(outage: Outage, desk: Child, client: DeskClient) -> None:
    """Bring the desk back."""
    if outage is Outage.KILL:
        await desk.start()
    else:
        await client.turn("none")
