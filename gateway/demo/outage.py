"""The outages that the demo stages, and how the desk is brought back."""

from enum import StrEnum
from typing import TYPE_CHECKING

from gateway.core.texts import Saying

if TYPE_CHECKING:  # whoever only wants the names need not wait for the rest
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


_SAYINGS = {
    Outage.KILL: Saying("killed"),
    Outage.HANG: Saying("hangs"),
    Outage.ERROR: Saying("answers 500 to everything"),
    Outage.GRAY: Saying("fails two of three requests"),
}


async def strike(outage: Outage, desk: "Child", client: "DeskClient") -> Saying:
    """Let it happen; what has become of the desk."""
    if outage is Outage.KILL:
        await desk.kill()
    else:
        await client.turn(outage)
    return Saying("{desk}: {fault}", desk=desk.name, fault=_SAYINGS[outage])


async def heal(outage: Outage, desk: "Child", client: "DeskClient") -> Saying:
    """Bring the desk back."""
    if outage is Outage.KILL:
        await desk.start()
    else:
        await client.turn("none")
    return Saying("{desk} is back", desk=desk.name)
