"""The part `takeover`: random outages of the primary desk, under Relevo and under HAProxy before the same desks."""

import asyncio
import random
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from gateway.demo.outage import Outage
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
    folder: Path, say: Callable[[str], None], phases: int = PHASES, lanes: int = LANES, script: Script | None = None
) -> TakeoverFigures:
    """Raises LoadFailed, StartError."""
    script, lanes = script or Script(), min(lanes, phases)
    say(f"{phases} phases for each of {len(Outage)} faults, in {lanes} lanes for each of {len(RIGS)} contestants")
    async with asyncio.TaskGroup() as group:
        running = {
            name: [
                group.create_task(_lane(folder, name, lane, _share(phases, lanes, lane), script, say))
                for lane in range(lanes)
            ]
            for name in RIGS
        }
    return TakeoverFigures(
        {
            name: {fault: figures([each for task in tasks for each in task.result()[fault]]) for fault in Outage}
            for name, tasks in running.items()
        },
        script,
        lanes,
    )


async def _lane(
    folder: Path, contestant: str, lane: int, phases: int, script: Script, say: Callable[[str], None]
) -> dict[Outage, list[Account]]:
    """Its share of every fault's phases, each fault with a rig started afresh; lanes begin with different faults."""
    chance = random.Random(lane)
    accounts: dict[Outage, list[Account]] = {}
    order = [*Outage][lane % len(Outage) :] + [*Outage][: lane % len(Outage)]
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        for outage in order:
            with tempfile.TemporaryDirectory(dir=folder) as own:
                async with RIGS[contestant](Path(own)) as rig:
                    await rig.recovered()
                    asking = Asking(session)
                    accounts[outage] = [
                        await run_phase(rig, outage, chance.uniform(0, script.grid), script, asking)
                        for _ in range(phases)
                    ]
            slowest = max(each.phase.longest or NEVER for each in accounts[outage])
            say(f"{contestant}, lane {lane + 1}: {outage}, slowest ticket {slowest:.2f} s")
    return accounts


def _share(phases: int, lanes: int, lane: int) -> int:
    return phases // lanes + (lane < phases % lanes)


def figures(accounts: list[Account]) -> FaultFigures:
    """Of one contestant and one fault."""
    counted = Counter(
        None if each == NEVER else round(each, _HUNDREDTH) for account in accounts for each in account.seconds
    )
    ordered = sorted(counted.items(), key=lambda item: NEVER if item[0] is None else item[0])
    return FaultFigures([account.phase for account in accounts], ordered)
