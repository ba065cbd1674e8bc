"""Asks a demo desk for its tickets, and gives it a fault."""

import aiohttp

from gateway.demo.desk.ticket import DeskTicket


class DeskClient:
    """The desk at `url`. Every method raises aiohttp.ClientError or TimeoutError where it doesn't answer."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self._session = session
        self._url = url

    async def tickets(self) -> list[DeskTicket]:
        """Every ticket that it has ever taken, newest first."""
        async with self._session.get(f"{self._url}/api/tickets") as response:
            response.raise_for_status()
            return [DeskTicket.from_json(item) for item in await response.json()]

    async def turn(self, fault: str, seconds: float | None = None) -> None:
        """Give it that fault; `none` heals it."""
        wish = {"fault": fault} if seconds is None else {"fault": fault, "seconds": seconds}
        async with self._session.post(f"{self._url}/faults", json=wish) as response:
            response.raise_for_status()
