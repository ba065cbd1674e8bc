"""The load, in a process of its own: so many connections, each sending its next request once it has its answer.

What it costs itself is in its result.
"""

import asyncio
import json
import resource
import sys
import time
from dataclasses import asdict, dataclass
from itertools import islice
from typing import Any

import click
import uvloop

from tests.bench.wire import DIALECTS, Client

CONNECTIONS = 64
_LONGEST = 60.0
_LAST_WORDS = 1000


class LoadFailed(Exception):
    """The figures would be worth nothing: an answer was not a good one, or the load didn't end."""


@dataclass(frozen=True, slots=True)
class LoadResult:
    """What the clients saw; all times in seconds."""

    requests: int
    seconds: float
    p50: float
    p99: float
    processor: float
    """Of the load's own process, for all requests."""

    @property
    def rate(self) -> float:
        """Requests a second."""
        return self.requests / self.seconds


class _Load:
    """The requests still to be sent, and the time that each answer took."""

    def __init__(self, url: str, begin: int, count: int, dialect: str, connections: int) -> None:
        self.latencies: list[float] = []
        self.ended = asyncio.get_running_loop().create_future()
        self._answer = DIALECTS[dialect].answer
        requests = islice(DIALECTS[dialect].requests(url), begin, begin + count)
        self._requests = iter(list(requests))  # made before the clock runs
        self._clients = [Client(url, self._answered) for _ in range(connections)]
        self._busy = connections
        self._sent_at: dict[Client, float] = {}

    async def open(self) -> None:
        for client in self._clients:
            await client.open()

    def begin(self) -> None:
        for client in self._clients:
            self._next(client)

    def _next(self, client: Client) -> None:
        request = next(self._requests, None)
        if request is None:
            client.close()
            self._busy -= 1
            if not self._busy and not self.ended.done():
                self.ended.set_result(None)
            return
        self._sent_at[client] = time.perf_counter()
        client.send(request)

    def _answered(self, client: Client, status: int, said: bytes) -> None:
        if self.ended.done():
            return
        if status != self._answer:
            self.ended.set_exception(LoadFailed(said[:_LAST_WORDS].decode(errors="replace")))
            return
        self.latencies.append(time.perf_counter() - self._sent_at[client])
        self._next(client)


async def put(url: str, count: int, dialect: str, connections: int, begin: int = 0) -> LoadResult:
    """So many requests to the server at `url`, from this process: those of the dialect from `begin` on. Raises
    LoadFailed, TimeoutError, OSError."""
    load = _Load(url, begin, count, dialect, connections)
    await load.open()
    began, spent = time.perf_counter(), processor_so_far()
    load.begin()
    async with asyncio.timeout(_LONGEST):
        await load.ended
    seconds, spent = time.perf_counter() - began, processor_so_far() - spent
    ordered = sorted(load.latencies)
    return LoadResult(count, seconds, ordered[len(ordered) // 2], ordered[int(len(ordered) * 0.99)], processor=spent)


def processor_so_far() -> float:
    """Seconds of processor that this process has used."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


async def put_load(
    url: str, count: int, *, dialect: str = "relevo", connections: int = CONNECTIONS, begin: int = 0
) -> LoadResult:
    """So many requests to the server at `url`, from a process of its own; see `put`. Raises LoadFailed."""
    options = ["--dialect", dialect, "--connections", str(connections), "--begin", str(begin)]
    return LoadResult(**await said_by("tests.bench.load", url, str(count), *options))


async def said_by(module: str, *arguments: str) -> dict[str, Any]:
    """The JSON that a module says when it is run in a process of its own. Raises LoadFailed with its last words."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", module, *arguments, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    try:
        said, complained = await process.communicate()
    except asyncio.CancelledError:
        process.kill()
        await process.wait()
        raise
    if process.returncode:
        raise LoadFailed(complained.decode(errors="replace").strip()[-_LAST_WORDS:])
    answer: dict[str, Any] = json.loads(said)
    return answer


@click.command()
@click.argument("url")
@click.argument("count", type=click.IntRange(min=1))
@click.option("--dialect", type=click.Choice(sorted(DIALECTS)), default="relevo")
@click.option("--connections", type=click.IntRange(min=1), default=CONNECTIONS)
@click.option("--begin", type=click.IntRange(min=0), default=0)
def main(url: str, count: int, dialect: str, connections: int, begin: int) -> None:
    """Send COUNT requests to the server at URL, and print what came of it as JSON."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        click.echo(json.dumps(asdict(runner.run(put(url, count, dialect, connections, begin)))))


if __name__ == "__main__":
    main()
