"""How fast the tickets of several stores are claimed and handed over, by the verbs alone: prints it as JSON."""

import asyncio
import json
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass, field
from pathlib import Path

import click

from gateway.core.clock import SystemClock
from gateway.store.sql_store import SqlStore
from tests.bench.load import processor_so_far, said_by
from tests.bench.million.fill import opened
from tests.bench.million.lives import hand_over, intakes

_GROUP = 64
_NOT_COUNTED = 8
"""Groups of each store before those that count: meanwhile it prepares its statements, and reads the pages that each
group needs."""


@dataclass(frozen=True, slots=True)
class ClaimsResult:
    """Tickets accepted, claimed, begun and recorded, in groups; times in seconds."""

    tickets: int
    seconds: float
    """From the first claim to the last record, the acceptances between left out."""
    slowest: float
    """Of one group."""
    processor: float

    @property
    def rate(self) -> float:
        """Tickets a second."""
        return self.tickets / self.seconds


@dataclass(slots=True)
class _Contestant:
    """One store, and what its groups took."""

    store: SqlStore
    seconds: list[float] = field(default_factory=list)
    processor: float = 0.0

    async def group(self, number: int, clock: SystemClock) -> None:
        await self.store.accept(list(intakes(_GROUP, clock.now(), 0.0)))
        used, began = processor_so_far(), time.perf_counter()
        await hand_over(self.store, _GROUP, clock.now(), number * _GROUP)
        if number >= _NOT_COUNTED:
            self.seconds.append(time.perf_counter() - began)
            self.processor += processor_so_far() - used

    def result(self) -> ClaimsResult:
        return ClaimsResult(len(self.seconds) * _GROUP, sum(self.seconds), max(self.seconds), self.processor)


async def _measure(files: Sequence[Path], tickets: int) -> list[ClaimsResult]:
    """A group of one store, a group of the next: a machine whose speed changes is as fast for all."""
    clock = SystemClock()
    contestants = [_Contestant(opened(file)) for file in files]
    async with AsyncExitStack() as open_stores:
        for each in contestants:
            await each.store.start()
            open_stores.push_async_callback(each.store.close)
        for number in range(_NOT_COUNTED + tickets // _GROUP):
            for each in contestants if number % 2 == 0 else reversed(contestants):
                await each.group(number, clock)
    return [each.result() for each in contestants]


async def measure_claims(files: Sequence[Path], tickets: int) -> list[ClaimsResult]:
    """Of each store, in a process of their own. Raises LoadFailed."""
    said = await said_by("tests.bench.million.claims", *map(str, files), "--tickets", str(tickets))
    return [ClaimsResult(**each) for each in said["stores"]]


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--tickets", type=click.IntRange(min=_GROUP), required=True)
def main(files: tuple[Path, ...], tickets: int) -> None:
    """Hand over so many new tickets in each of the stores FILES."""
    click.echo(json.dumps({"stores": [asdict(each) for each in asyncio.run(_measure(files, tickets))]}))


if __name__ == "__main__":
    main()
