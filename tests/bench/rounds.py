"""Rounds: every contestant under the same load, one after the other, in an order that turns with each round."""

import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tests.bench.contestants import Contestant
from tests.bench.load import LoadResult, put_load
from tests.bench.processor import processor_seconds


@dataclass(frozen=True, slots=True)
class Measurement:
    """One contestant in one round; times in seconds."""

    load: LoadResult
    processor: float
    """Of the server's process for one request, with all that it did because of it."""
    settled: float
    """From the first request until all was done."""


async def run_rounds(
    contestants: Sequence[Contestant], rounds: int, folder: Path, say: Callable[[str], None]
) -> dict[str, list[Measurement]]:
    """The measurements by contestant, in the order of the rounds. Raises LoadFailed, StartError."""
    measured: dict[str, list[Measurement]] = {contestant.name: [] for contestant in contestants}
    for number in range(rounds):
        turn = number % len(contestants)
        for contestant in (*contestants[turn:], *contestants[:turn]):
            measurement = await _measure(contestant, folder)
            measured[contestant.name].append(measurement)
            say(
                f"round {number + 1}/{rounds}  {contestant.name:15} {measurement.load.rate:6.0f} requests/s"
                f"  {measurement.processor * 1e6:5.0f} us of processor each"
            )
    return measured


async def _measure(contestant: Contestant, folder: Path) -> Measurement:
    with tempfile.TemporaryDirectory(dir=folder) as own:
        async with contestant.start(Path(own)) as server:
            put = partial(put_load, server.url, dialect=contestant.dialect, connections=contestant.connections)
            await put(contestant.warm_up)
            await server.settled(contestant.warm_up)
            spent = processor_seconds(server.pid)
            load = await put(contestant.requests)
            answered = time.monotonic()
            await server.settled(contestant.warm_up + contestant.requests)
            left = time.monotonic() - answered
            spent = processor_seconds(server.pid) - spent
    return Measurement(load, spent / contestant.requests, load.seconds + left)
