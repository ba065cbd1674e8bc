"""The whole of Relevo over a store that is there already: its start, its memory, and how soon pages come."""

import asyncio
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from tests.bench.load import LoadFailed
from tests.bench.million.fill import Filled
from tests.bench.pace import keep_pace
from tests.bench.processor import processor_seconds, resident_bytes
from tests.bench.stage import pid_of, relevo_and_desks

_PAGES = 200
_AT_REST = 0.1
"""Processors: below this it has done what was due when it started, such as asking for tickets that the desks, which are
new, don't know."""
_SETTLED_WITHIN, _RESTING = 60, 3.0
"""Seconds that this may take, and those over which it is then watched doing nothing."""
_WITHIN = aiohttp.ClientTimeout(total=10.0)
_LISTS = {"all": "/api/v1/tickets?limit=50", "waiting": "/api/v1/tickets?state=waiting&limit=50"}


@dataclass(frozen=True, slots=True)
class Latencies:
    """Of pages asked for one after the other, in seconds."""

    p50: float
    p99: float


@dataclass(frozen=True, slots=True)
class Visit:
    """One start, and what it showed; times in seconds."""

    ready_after: float
    resident: int
    """Bytes, once it was at rest."""
    rest: float
    """Processors that it keeps busy doing nothing."""
    page: Latencies
    """The requester's page, of tickets at random."""
    lists: dict[str, Latencies]
    """Operations' lists of the newest 50, by which."""


async def visit(folder: Path, database: Path, filled: Filled) -> Visit:
    """Raises StartError, LoadFailed."""
    async with (
        relevo_and_desks(folder, database) as stage,
        aiohttp.ClientSession(timeout=_WITHIN) as session,
    ):
        pid = pid_of(stage.relevo)
        await _settled(pid)
        spent = processor_seconds(pid)
        await asyncio.sleep(_RESTING)
        rest = (processor_seconds(pid) - spent) / _RESTING
        pages = [f"{stage.public_url}/t/{token}" for token in filled.tokens[:_PAGES]]
        return Visit(
            ready_after=stage.ready_after,
            resident=resident_bytes(pid),
            rest=rest,
            page=await _asked(session, pages),
            lists={name: await _asked(session, [stage.ops_url + path] * _PAGES) for name, path in _LISTS.items()},
        )


async def _settled(pid: int) -> None:
    for _ in range(_SETTLED_WITHIN):
        spent = processor_seconds(pid)
        await asyncio.sleep(1.0)
        if processor_seconds(pid) - spent < _AT_REST:
            return
    raise LoadFailed(f"still busy {_SETTLED_WITHIN} s after the start")


async def memory(folder: Path, database: Path, rate: float, seconds: float) -> list[tuple[float, int]]:
    """Resident bytes each second from the start on, while so many tickets a second come in and are handed off. Raises
    StartError, LoadFailed."""
    async with relevo_and_desks(folder, database) as stage:
        points: list[tuple[float, int]] = []
        watching = asyncio.create_task(_watch(pid_of(stage.relevo), points), name="memory")
        try:
            paced = await keep_pace(stage.public_url, rate, seconds)
        finally:
            watching.cancel()
            with suppress(asyncio.CancelledError):
                await watching
    if paced.failed:
        raise LoadFailed(f"{paced.failed} of {paced.due} requests failed")
    return points


async def _watch(pid: int, points: list[tuple[float, int]]) -> None:
    began = time.monotonic()
    while True:
        points.append((time.monotonic() - began, resident_bytes(pid)))
        await asyncio.sleep(1.0)


async def _asked(session: aiohttp.ClientSession, urls: list[str]) -> Latencies:
    seconds = []
    for url in urls:
        began = time.perf_counter()
        async with session.get(url) as response:
            await response.read()
        seconds.append(time.perf_counter() - began)
        if not response.ok:
            raise LoadFailed(f"{url}: {response.status}")
    seconds.sort()
    return Latencies(seconds[len(seconds) // 2], seconds[int(len(seconds) * 0.99)])
