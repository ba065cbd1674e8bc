"""Asks a running Relevo's ops API what it knows."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

import aiohttp

from gateway.core.clock import Instant
from gateway.core.provider import Takeover

_PAGE = 200


@dataclass(frozen=True, slots=True)
class TicketView:
    """A ticket as operations see it."""

    reference: str
    state: str
    provider: str | None
    received_at: Instant
    handed_off_at: Instant | None

    @property
    def handoff_seconds(self) -> float | None:
        """From durable acceptance to a provider's hands."""
        return None if self.handed_off_at is None else self.handed_off_at - self.received_at


class OpsClient:
    """The ops API at `url`. Every method raises aiohttp.ClientError or TimeoutError where it doesn't answer."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self._session = session
        self._url = url

    async def ready(self) -> None:
        """Returns where it says that it is ready to serve; any other answer raises too."""
        async with self._session.get(f"{self._url}/readyz") as response:
            response.raise_for_status()

    async def provider_states(self) -> dict[str, str]:
        """Each provider's state of health."""
        items = (await self._get("/api/v1/providers"))["providers"]
        return {item["name"]: item["state"] for item in items}

    async def takeovers(self) -> list[Takeover]:
        items = (await self._get("/api/v1/takeovers"))["takeovers"]
        return [_takeover(item) for item in items]

    async def tickets(self, state: str | None = None) -> list[TicketView]:
        """All of them, page by page."""
        query: dict[str, str] = {"limit": str(_PAGE)}
        if state is not None:
            query["state"] = state
        tickets: list[TicketView] = []
        while True:
            page = await self._get("/api/v1/tickets", query)
            tickets += [_ticket(item) for item in page["tickets"]]
            if not page.get("next"):
                return tickets
            query["before"] = page["next"]

    async def _get(self, path: str, query: Mapping[str, str] | None = None) -> Any:
        async with self._session.get(self._url + path, params=query) as response:
            response.raise_for_status()
            return await response.json()


def _takeover(item: Mapping[str, Any]) -> Takeover:
    values: dict[str, Any] = {field.name: item[field.name] for field in fields(Takeover)}
    moments = {name: _instant(value) for name, value in values.items() if name.endswith("_at")}
    return Takeover(**values | moments)


def _ticket(item: Mapping[str, Any]) -> TicketView:
    return TicketView(
        reference=item["reference"],
        state=item["state"],
        provider=item["provider"],
        received_at=datetime.fromisoformat(item["received_at"]).timestamp(),
        handed_off_at=_instant(item["handed_off_at"]),
    )


def _instant(text: str | None) -> Instant | None:
    return None if text is None else datetime.fromisoformat(text).timestamp()
