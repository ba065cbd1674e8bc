"""A good client: so long for one try, a few tries with growing pauses, each with the same key."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import aiohttp
import orjson

from channels.web.api import API_PATH
from gateway.core.clock import Instant, SystemClock
from gateway.core.ids import new_id
from gateway.core.reference import new_reference
from gateway.core.signature import Signer

TRY_WITHIN = aiohttp.ClientTimeout(total=5.0)
PAUSES = (0.5, 1.0, 2.0)
"""Seconds before each further try."""


@dataclass(frozen=True, slots=True)
class Letter:
    """One request, the same at every try. `reference` is the ticket's, where its sender makes it up."""

    url: str
    headers: Mapping[str, str]
    body: bytes
    reference: str | None


class Door(Protocol):
    """Where requests are handed in, and how they look there."""

    def letter(self, asked: Mapping[str, object]) -> Letter: ...


class RelevoDoor:
    """Relevo's public API at `url`."""

    def __init__(self, url: str) -> None:
        self._url = url + API_PATH

    def letter(self, asked: Mapping[str, object]) -> Letter:
        headers = {"Content-Type": "application/json", "Idempotency-Key": new_id()}
        return Letter(self._url, headers, orjson.dumps(asked), None)


class DeskDoor:
    """Whatever stands at `url` before the desks: their own protocol, signed with the secret that they share."""

    def __init__(self, url: str, secret: str) -> None:
        self._url = f"{url}/tickets"
        self._signer = Signer(secret, SystemClock())

    def letter(self, asked: Mapping[str, object]) -> Letter:
        key, reference = new_id(), new_reference()
        body = orjson.dumps({**asked, "reference": reference})
        signed = self._signer.headers(key, body)
        headers = {"Content-Type": "application/json", "Idempotency-Key": key, **signed}
        return Letter(self._url, headers, body, reference)


@dataclass(frozen=True, slots=True)
class Asked:
    """What became of one request, as its client saw it."""

    first_try_at: Instant
    acknowledged_at: Instant | None
    """None where every try failed."""
    reference: str | None
    failed_tries: int


async def hand_in(session: aiohttp.ClientSession, letter: Letter) -> Asked:
    """Never raises what a server, or its absence, brings about."""
    began = time.time()
    for failed in range(len(PAUSES) + 1):
        reference = await _try(session, letter)
        if reference is not None:
            return Asked(began, time.time(), reference, failed)
        if failed < len(PAUSES):
            await asyncio.sleep(PAUSES[failed])
    return Asked(began, None, letter.reference, len(PAUSES) + 1)


async def _try(session: aiohttp.ClientSession, letter: Letter) -> str | None:
    """The ticket's reference, once it is acknowledged."""
    try:
        async with session.post(letter.url, data=letter.body, headers=letter.headers, timeout=TRY_WITHIN) as response:
            if response.status != 201:
                return None
            return letter.reference or str(orjson.loads(await response.read())["reference"])
    except (aiohttp.ClientError, TimeoutError):
        return None
