"""What a thousand half-open connections cost others: the same load on one durable intake, with them and without, by
turns. `python -m tests.bench.half_open` prints it."""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import click

from tests.bench.contestants import durable_intake
from tests.bench.figures import Spread
from tests.bench.load import LoadResult, put_load

_HALF_A_HEAD = b"POST /api/v1/tickets HTTP/1.1\r\nHost: x\r\nX-Half: "
_THEIR_ADDRESS = "127.0.0.2"
"""Not that of the load: one address has so many places, and they would be its own that gave way."""
_AT_ONCE = 100
_WARM_UP = 300
_SETTLED = 1.0
"""Seconds after which the server has taken note of all who came, or went: what is measured is that they are there."""


@dataclass(frozen=True, slots=True)
class HalfOpenFigures:
    """The load of each round, without half-open connections and with them."""

    half_open: int
    alone: tuple[LoadResult, ...]
    beside: tuple[LoadResult, ...]

    @property
    def p99(self) -> Spread:
        """What the p99 is beside them, as a multiple of what it is alone; 1 where they cost nothing."""
        return Spread.of([with_.p99 / without.p99 for without, with_ in zip(self.alone, self.beside, strict=True)])

    @property
    def p50(self) -> Spread:
        return Spread.of([with_.p50 / without.p50 for without, with_ in zip(self.alone, self.beside, strict=True)])


class _HalfOpen(asyncio.Protocol):
    """One connection that never says the rest; hung up on, it comes again."""

    def __init__(self, crowd: "_Crowd") -> None:
        self._crowd = crowd

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.WriteTransport)
        self._transport = transport
        self._crowd.there.add(transport)
        transport.write(_HALF_A_HEAD)

    def connection_lost(self, exc: Exception | None) -> None:
        self._crowd.there.discard(self._transport)
        self._crowd.come_again()


class _Crowd:
    """So many half-open connections, kept up until `end`."""

    def __init__(self, url: str) -> None:
        self.there: set[asyncio.WriteTransport] = set()
        self._host, port = urlsplit(url).netloc.split(":")
        self._port = int(port)
        self._coming: set[asyncio.Task[None]] = set()
        self._ended = False

    async def gather(self, count: int) -> None:
        for _ in range(0, count, _AT_ONCE):
            await asyncio.gather(*(self._come() for _ in range(min(_AT_ONCE, count - len(self.there)))))

    def come_again(self) -> None:
        if not self._ended:
            task = asyncio.create_task(self._come())
            self._coming.add(task)
            task.add_done_callback(self._coming.discard)

    async def end(self) -> None:
        self._ended = True
        for each in tuple(self.there):
            each.abort()
        for task in self._coming:
            task.cancel()
        await asyncio.gather(*self._coming, return_exceptions=True)

    async def _come(self) -> None:
        with suppress(ConnectionError):
            await asyncio.get_running_loop().create_connection(
                lambda: _HalfOpen(self), self._host, self._port, local_addr=(_THEIR_ADDRESS, 0)
            )


@asynccontextmanager
async def half_open_connections(url: str, count: int) -> AsyncIterator[None]:
    """So many, each with half a head sent, while the context is open."""
    crowd = _Crowd(url)
    await crowd.gather(count)
    await asyncio.sleep(_SETTLED)
    try:
        yield
    finally:
        await crowd.end()
        await asyncio.sleep(_SETTLED)


async def measure(*, half_open: int = 1000, rounds: int = 7, requests: int = 2500) -> HalfOpenFigures:
    """Raises LoadFailed, StartError."""
    alone: list[LoadResult] = []
    beside: list[LoadResult] = []
    with tempfile.TemporaryDirectory() as folder:
        async with durable_intake(Path(folder)) as server:
            await put_load(server.url, _WARM_UP)
            for number in range(rounds):
                for with_them in (number % 2 == 0, number % 2 == 1):
                    async with half_open_connections(server.url, half_open if with_them else 0):
                        (beside if with_them else alone).append(await put_load(server.url, requests))
    return HalfOpenFigures(half_open, tuple(alone), tuple(beside))


@click.command()
@click.option("--rounds", type=click.IntRange(min=1), default=7, show_default=True)
@click.option("--half-open", type=click.IntRange(min=1), default=1000, show_default=True)
def main(rounds: int, half_open: int) -> None:
    """Measure, and print what became of the others' latency."""
    figures = asyncio.run(measure(half_open=half_open, rounds=rounds))
    for alone, beside in zip(figures.alone, figures.beside, strict=True):
        click.echo(f"p99 {alone.p99 * 1e3:6.1f} ms alone, {beside.p99 * 1e3:6.1f} ms beside {half_open} half-open")
    click.echo(f"p50 x {figures.p50.show(2)}, p99 x {figures.p99.show(2)}")


if __name__ == "__main__":
    main()
