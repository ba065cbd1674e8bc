"""How fast a store's tickets are claimed and handed over, by the verbs alone: prints it as JSON."""

import asyncio
import json
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import click

from gateway.core.clock import SystemClock
from tests.bench.load import processor_so_far, said_by
from tests.bench.million.fill import opened
from tests.bench.million.lives import hand_over, intakes

_GROUP = 64


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


async def _measure(file: Path, tickets: int) -> ClaimsResult:
    clock, store = SystemClock(), opened(file)
    await store.start()
    seconds: list[float] = []
    spent = 0.0
    try:
        for start in range(0, tickets, _GROUP):
            await store.accept(list(intakes(_GROUP, clock.now(), 0.0)))
            used, began = processor_so_far(), time.perf_counter()
            await hand_over(store, _GROUP, clock.now(), start)
            seconds.append(time.perf_counter() - began)
            spent += processor_so_far() - used
    finally:
        await store.close()
    return ClaimsResult(len(seconds) * _GROUP, sum(seconds), max(seconds), spent)


async def measure_claims(file: Path, tickets: int) -> ClaimsResult:
    """In a process of its own. Raises LoadFailed."""
    return ClaimsResult(**await said_by("tests.bench.million.claims", str(file), "--tickets", str(tickets)))


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--tickets", type=click.IntRange(min=1), required=True)
def main(file: Path, tickets: int) -> None:
    """Hand over so many new tickets in the store FILE."""
    click.echo(json.dumps(asdict(asyncio.run(_measure(file, tickets)))))


if __name__ == "__main__":
    main()
