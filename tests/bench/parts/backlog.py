"""The part `backlog`: hand-off running to two desks, tickets coming by the clock; does what waits grow?"""

import asyncio
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from tests.bench.backlog import Sample, holds
from tests.bench.configuration import Routes
from tests.bench.load import put_load
from tests.bench.metrics import Looked, read_metrics
from tests.bench.pace import PaceResult, keep_pace
from tests.bench.processor import processor_seconds
from tests.bench.stage import Stage, relevo_and_desks

ASKED = 300
"""Tickets a second."""
CALM = 150
SECONDS = 60.0
STEP, STEP_SECONDS = 25, 20.0
_MOST = 600
_WARM_UP = 300
_PATIENCE = 30.0
"""Seconds that what waits may take to be handed off once nothing more comes."""
_WITHIN = aiohttp.ClientTimeout(total=5.0)


@dataclass(frozen=True, slots=True)
class BacklogRun:
    """So many tickets a second for so many seconds."""

    rate: int
    seconds: float
    load: PaceResult
    samples: list[Sample]
    drained: float | None
    """Seconds from the last answer until all was handed off; None where that took longer than we waited."""
    processors: Mapping[str, float]
    """Processors that each process kept busy meanwhile."""

    @property
    def held(self) -> bool:
        """Everything was taken, and what waited didn't grow."""
        answered = self.load.failed == 0 and self.load.seconds <= self.seconds + 1.0
        return answered and self.drained is not None and holds(self.samples, self.rate)


@dataclass(frozen=True, slots=True)
class BacklogFigures:
    """The two long runs, and the shorter ones by which the highest rate that holds was looked for."""

    runs: list[BacklogRun]
    steps: list[BacklogRun]

    @property
    def highest(self) -> int | None:
        """The highest rate that held; None where none did."""
        return max((run.rate for run in (*self.runs, *self.steps) if run.held), default=None)


async def measure(folder: Path, say: Callable[[str], None], seconds: float = SECONDS) -> BacklogFigures:
    """Raises LoadFailed, StartError."""
    runs = [await _run(folder, rate, seconds, say) for rate in (ASKED, CALM)]
    steps: list[BacklogRun] = []
    up = runs[0].held
    rate = ASKED + STEP if up else ASKED - STEP
    while CALM < rate <= _MOST:
        steps.append(await _run(folder, rate, min(seconds, STEP_SECONDS), say))
        if steps[-1].held is not up:
            break
        rate += STEP if up else -STEP
    return BacklogFigures(runs, steps)


async def _run(folder: Path, rate: int, seconds: float, say: Callable[[str], None]) -> BacklogRun:
    with tempfile.TemporaryDirectory(dir=folder) as own:
        async with (
            relevo_and_desks(Path(own), routes=Routes(by_language=True)) as stage,
            aiohttp.ClientSession(timeout=_WITHIN) as session,
        ):
            await put_load(stage.public_url, _WARM_UP)
            before = await _drained(session, stage)
            run = await _watched(session, stage, before, rate, seconds)
    end = run.samples[-1].waiting if run.samples else 0
    say(f"{rate}/s for {seconds:g} s: {'holds' if run.held else 'does not hold'}; {end} wait at the end")
    return run


async def _watched(
    session: aiohttp.ClientSession, stage: Stage, before: Looked, rate: int, seconds: float
) -> BacklogRun:
    spent = {name: processor_seconds(pid) for name, pid in stage.pids().items()}
    began = time.monotonic()
    samples: list[Sample] = []
    watching = asyncio.create_task(_watch(session, stage, before, samples), name="samples")
    try:
        load = await keep_pace(stage.public_url, rate, seconds)
    finally:
        watching.cancel()
        with suppress(asyncio.CancelledError):
            await watching
    took = time.monotonic() - began
    processors = {name: (processor_seconds(pid) - spent[name]) / took for name, pid in stage.pids().items()}
    ended = time.monotonic()
    try:
        await _drained(session, stage)
        drained: float | None = time.monotonic() - ended
    except TimeoutError:
        drained = None
    return BacklogRun(rate, seconds, load, samples, drained, {**processors, "load": load.processor / took})


async def _watch(session: aiohttp.ClientSession, stage: Stage, before: Looked, samples: list[Sample]) -> None:
    """A sample every second, until cancelled. A look that isn't answered in time leaves a gap."""
    began, last = time.monotonic(), before
    for number in range(1, 10_000):
        await asyncio.sleep(began + number - time.monotonic())
        with suppress(aiohttp.ClientError, TimeoutError):
            looked = await read_metrics(session, stage.ops_url)
            samples.append(Sample.between(before, last, looked, time.monotonic() - began))
            last = looked


async def _drained(session: aiohttp.ClientSession, stage: Stage) -> Looked:
    """Returns once all that was accepted is handed off. Raises TimeoutError."""
    async with asyncio.timeout(_PATIENCE):
        while True:
            looked = await read_metrics(session, stage.ops_url)
            if looked.handed_off >= looked.accepted:
                return looked
            await asyncio.sleep(0.1)
