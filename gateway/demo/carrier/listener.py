"""Hears what a carrier tells of the calls that it plays, wherever it runs."""

from collections.abc import Mapping
from typing import Any

import aiohttp

from gateway.core.texts import Saying
from gateway.demo.caller.transcript import Told, Who
from gateway.demo.carrier.app import TRANSCRIPT


class Listener:
    """Hears each line once, from now on. `url` is where the carrier is, without a path."""

    def __init__(self, session: aiohttp.ClientSession, url: str, account_sid: str, auth_token: str) -> None:
        self._session = session
        self._url = f"{url}{TRANSCRIPT}"
        self._headers = {"Authorization": aiohttp.encode_basic_auth(account_sid, auth_token)}
        self._heard = 0

    async def come(self) -> None:
        """What was told before is none of its affair."""
        await self.news()

    async def news(self) -> list[Told]:
        """What was told since the last time; nothing where there is no carrier that tells anything."""
        query = {"after": str(self._heard)}
        try:
            async with self._session.get(self._url, params=query, headers=self._headers) as response:
                lines = await response.json() if response.status == 200 else []
        except (aiohttp.ClientError, TimeoutError, ValueError):
            return []
        self._heard += len(lines)
        return [_told(line) for line in lines]


def _told(line: Mapping[str, Any]) -> Told:
    return Told(line["seconds"], Who[line["who"]], Saying(line["template"], **line["values"]))
