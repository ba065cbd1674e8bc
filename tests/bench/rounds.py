"""Rounds: every contestant under the same load, by turns, in an order that turns with each round."""

import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median
from typing import Self

from tests.bench.contestants import Contestant, Running
from tests.bench.load import LoadResult, put_load
from tests.bench.processor import processor_seconds

SLICES = 8
"""Turns that each gets in one round, where every request is short."""


@dataclass(frozen=True, slots=True)
class Measurement:
    """One contestant in one round; times in seconds."""

    load: LoadResult
    processor: float
    """Of the server's process for one request, with all that it did because of it."""
    settled: float
    """From the first request until all was done."""


async def run_rounds(
    contestants: Sequence[Contestant], rounds: int, folder: Path, say: Callable[[str], None], slices: int = 1
) -> dict[str, list[Measurement]]:
    """The measurements by contestant, in the order of the rounds. Raises LoadFailed, StartError.

    All of a round run side by side and are asked by turns, so many slices each: a machine that is faster at one moment
    than at the next is so for all of them.
    """
    measured: dict[str, list[Measurement]] = {contestant.name: [] for contestant in contestants}
    for number in range(rounds):
        turn = number % len(contestants)
        async with AsyncExitStack() as stack:
            asked = [
                await _Asked.ready(contestant, stack, folder)
                for contestant in (*contestants[turn:], *contestants[:turn])
            ]
            for _ in range(slices):
                for each in asked:
                    await each.put(each.contestant.requests // slices)
        for each in asked:
            measurement = each.together()
            measured[each.contestant.name].append(measurement)
            say(
                f"round {number + 1}/{rounds}  {each.contestant.name:15} {measurement.load.rate:6.0f} requests/s"
                f"  {measurement.processor * 1e6:5.0f} us of processor each"
            )
    return measured


class _Asked:
    """A contestant of one round, and what was measured of it so far."""

    def __init__(self, contestant: Contestant, server: Running) -> None:
        self.contestant = contestant
        self._server = server
        self._put = partial(put_load, server.url, dialect=contestant.dialect, connections=contestant.connections)
        self._requests = 0
        self._slices: list[Measurement] = []

    @classmethod
    async def ready(cls, contestant: Contestant, stack: AsyncExitStack, folder: Path) -> Self:
        """Started and warm, with a folder of its own."""
        own = stack.enter_context(tempfile.TemporaryDirectory(dir=folder))
        asked = cls(contestant, await stack.enter_async_context(contestant.start(Path(own))))
        await asked.put(contestant.warm_up)
        asked._slices.clear()
        return asked

    async def put(self, requests: int) -> None:
        """Ask it, and wait until all is done that follows."""
        if self.contestant.opening is not None:
            await self._put(requests, begin=self._requests, dialect=self.contestant.opening)
        spent = processor_seconds(self._server.pid)
        load = await self._put(requests, begin=self._requests)
        answered = time.monotonic()
        self._requests += requests
        await self._server.settled(self._requests)
        left = time.monotonic() - answered
        spent = processor_seconds(self._server.pid) - spent
        self._slices.append(Measurement(load, spent / requests, load.seconds + left))

    def together(self) -> Measurement:
        """The slices as one; its latencies are medians of theirs."""
        loads = [each.load for each in self._slices]
        load = LoadResult(
            requests=sum(each.requests for each in loads),
            seconds=sum(each.seconds for each in loads),
            p50=median(each.p50 for each in loads),
            p99=median(each.p99 for each in loads),
            processor=sum(each.processor for each in loads),
        )
        spent = sum(each.processor * each.load.requests for each in self._slices)
        return Measurement(load, spent / load.requests, sum(each.settled for each in self._slices))
