"""The part `takeover`: random outages of the primary desk, under Relevo and under HAProxy before the same desks."""

import asyncio
import random
import tempfile
from collections import Counter
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from gateway.core.errors import RelevoError
from gateway.demo.outage import Outage
from tests.bench.load import LoadFailed
from tests.bench.takeover.books import NEVER, Phase
from tests.bench.takeover.phases import Account, Asking, Script, run_phase
from tests.bench.takeover.rigs import RIGS

PHASES = 24
LANES = 3
"""Instances of each contestant at one time, with desks of their own."""
_HUNDREDTH = 2


@dataclass(frozen=True, slots=True)
class FaultFigures:
    """One contestant's outages by one fault. `seconds` is how many requests of all phases took so long from their first
    try to a desk's hands, to a hundredth of a second; None is never."""

    phases: list[Phase]
    seconds: list[tuple[float | None, int]]


@dataclass(frozen=True, slots=True)
class TakeoverFigures:
    """By contestant, then by fault."""

    faults: dict[str, dict[str, FaultFigures]]
    script: Script
    lanes: int


async def measure(
    folder: Path, say: Callable[[str], None], phases: int = PHASES, lanes: int = LANES
) -> TakeoverFigures:
    """Raises LoadFailed, StartError."""
    lanes = min(lanes, phases)
    say(f"{phases} phases for each of {len(Outage)} faults, in {lanes} lanes for each of {len(RIGS)} contestants")
    course = _Course(folder, Script(), say)
    shares = [phases // lanes + (lane < phases % lanes) for lane in range(lanes)]
    try:
        async with asyncio.TaskGroup() as group:
            running = {
                name: [group.create_task(course.lane(name, lane, share)) for lane, share in enumerate(shares)]
                for name in RIGS
            }
    except* (LoadFailed, RelevoError) as errors:
        raise LoadFailed(str(errors.exceptions[0])) from errors
    return TakeoverFigures(
        {
            name: {fault: figures([each for task in tasks for each in task.result()[fault]]) for fault in Outage}
            for name, tasks in running.items()
        },
        course.script,
        lanes,
    )


class _Course:
    """What all lanes have in common; rigs start one after the other, so that none starts too slowly."""

    def __init__(self, folder: Path, script: Script, say: Callable[[str], None]) -> None:
        self.script = script
        self._folder = folder
        self._say = say
        self._starting = asyncio.Lock()

    async def lane(self, contestant: str, lane: int, phases: int) -> dict[Outage, list[Account]]:
        """So many phases of every fault; lanes begin with different faults, and each has the same moments."""
        chance = random.Random(lane)
        faults = [*Outage][lane % len(Outage) :] + [*Outage][: lane % len(Outage)]
        accounts: dict[Outage, list[Account]] = {}
        for outage in faults:
            waits = [chance.uniform(0, self.script.grid) for _ in range(phases)]
            accounts[outage] = await self._outages(contestant, outage, waits)
            slowest = max(each.phase.longest or NEVER for each in accounts[outage])
            self._say(f"{contestant}, lane {lane + 1}: {outage}, slowest ticket {slowest:.2f} s")
        return accounts

    async def _outages(self, contestant: str, outage: Outage, waits: list[float]) -> list[Account]:
        """On a rig started afresh."""
        with tempfile.TemporaryDirectory(dir=self._folder) as own:
            async with AsyncExitStack() as parts:
                session = await parts.enter_async_context(
                    aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))
                )
                async with self._starting:
                    rig = await parts.enter_async_context(RIGS[contestant](Path(own)))
                await rig.recovered()
                asking = Asking(session)
                return [await run_phase(rig, outage, wait, self.script, asking) for wait in waits]


def figures(accounts: list[Account]) -> FaultFigures:
    """Of one contestant and one fault."""
    counted = Counter(
        None if each == NEVER else round(each, _HUNDREDTH) for account in accounts for each in account.seconds
    )
    ordered = sorted(counted.items(), key=lambda item: NEVER if item[0] is None else item[0])
    return FaultFigures([account.phase for account in accounts], ordered)
