"""Outages, one after the other on one rig: calm, fault, return, and the account once the books agree."""

import asyncio
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import aiohttp

from gateway.demo import traffic
from gateway.demo.outage import Outage, heal, strike
from tests.bench.configuration import DESKS
from tests.bench.load import LoadFailed
from tests.bench.takeover.books import Phase, settle
from tests.bench.takeover.client import Asked, hand_in
from tests.bench.takeover.rigs import Rig, references_at


@dataclass(frozen=True, slots=True)
class Script:
    """When what happens, in seconds; the pace is requests a second."""

    pace: float = 8.0
    calm: float = 1.5
    """Before the outage, and then up to `grid` more, at random."""
    grid: float = 2.0
    """The longest period of anybody's checks."""
    outage: float = 14.0
    after: float = 3.0
    """Requests go on for so long once the desk is back."""
    patience: float = 10.0
    """How long after that the books may take to agree, and the primary to serve again three times as long."""


@dataclass(frozen=True, slots=True)
class Account:
    """A phase, and the seconds of each of its requests."""

    phase: Phase
    seconds: list[float]


async def run_phase(rig: Rig, outage: Outage, wait: float, script: Script, asking: "Asking") -> Account:
    """One outage of the primary that begins `wait` seconds after the calm. Raises LoadFailed where the primary doesn't
    come back into service."""
    calm = script.calm + wait
    primary = DESKS[0]
    requests = asyncio.create_task(asking.run(rig, script.pace, calm + script.outage + script.after))
    try:
        await asyncio.sleep(calm)
        began = time.time()
        await strike(outage, rig.desks[primary], rig.clients[primary])
        await asyncio.sleep(script.outage)
        await heal(outage, rig.desks[primary], rig.clients[primary])
        ended = time.time()
        asked = await requests
    finally:
        requests.cancel()
    account = await _account(rig, wait, asked, (began, ended), script.patience)
    try:
        async with asyncio.timeout(3 * script.patience):
            await rig.recovered()
    except TimeoutError:
        raise LoadFailed(f"{primary} is not back in service after {outage}") from None
    return account


async def _account(rig: Rig, wait: float, asked: list[Asked], outage: tuple[float, float], patience: float) -> Account:
    """Once no double is open and every acknowledged ticket is at a desk, or patience ends."""
    ends = time.monotonic() + patience
    while True:
        copies = await references_at(rig.clients.values())
        phase, seconds = settle(wait, asked, outage, await rig.handed_off(asked), copies)
        if (not phase.left_open and not phase.lost) or time.monotonic() > ends:
            return Account(phase, seconds)
        await asyncio.sleep(1.0)


class Asking:
    """The demo's requests at a pace, whether or not those before are answered."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session
        self._requests: Iterator[Mapping[str, object]] = traffic.requests(seed=1)

    async def run(self, rig: Rig, pace: float, seconds: float) -> list[Asked]:
        """What became of each, once the last of them is settled."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        async with asyncio.TaskGroup() as group:
            tasks = []
            for number in range(round(pace * seconds)):
                await asyncio.sleep(began + number / pace - loop.time())
                letter = rig.door.letter(next(self._requests))
                tasks.append(group.create_task(hand_in(self._session, letter)))
        return [task.result() for task in tasks]
