"""The open load, in a process of its own: requests fall due by a clock, whether or not those before are answered.

A request whose turn comes while every connection is busy waits for one, and its time counts from when it was due: a
server that falls behind is not spared what its clients would go through (coordinated omission).
"""

import asyncio
import json
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import islice

import click
import uvloop

from tests.bench.load import processor_so_far, said_by
from tests.bench.wire import DIALECTS, Client

CONNECTIONS = 64
_PATIENCE = 30.0
"""Seconds that the answers may take once the last request was due."""
_TICKETS = DIALECTS["relevo"]


@dataclass(frozen=True, slots=True)
class PaceResult:
    """What the clients saw; all times in seconds, from when a request was due."""

    due: int
    answered: int
    """With 201."""
    failed: int
    """With anything else, or not at all."""
    seconds: float
    """From the first that was due to the last answer."""
    p50: float
    p99: float
    longest: float
    late: float
    """By how much the load itself was late, at most."""
    processor: float


class _Pace:
    """Who is free, who waits, and what came of it."""

    def __init__(self, url: str, rate: float, seconds: float) -> None:
        self.due = round(rate * seconds)
        self.latencies: list[float] = []
        self.failed = 0
        self.late = 0.0
        self.ended = asyncio.get_running_loop().create_future()
        self._rate = rate
        self._requests: Iterator[bytes] = islice(_TICKETS.requests(url), self.due)
        self._free = deque(Client(url, self._answered) for _ in range(CONNECTIONS))
        self._waiting: deque[float] = deque()
        self._due_at: dict[Client, float] = {}

    async def open(self) -> None:
        for client in self._free:
            await client.open()

    async def run(self) -> None:
        """Returns when the last request is due."""
        began = time.perf_counter()
        for number in range(self.due):
            due_at = began + number / self._rate
            if (left := due_at - time.perf_counter()) > 0:
                await asyncio.sleep(left)
            self.late = max(self.late, time.perf_counter() - due_at)
            self._waiting.append(due_at)
            self._send_what_can_go()

    def close(self) -> None:
        for client in (*self._free, *self._due_at):
            client.close()

    def _send_what_can_go(self) -> None:
        while self._waiting and self._free:
            client = self._free.popleft()
            self._due_at[client] = self._waiting.popleft()
            client.send(next(self._requests))

    def _answered(self, client: Client, status: int, said: bytes) -> None:
        due_at = self._due_at.pop(client)
        self._free.append(client)
        if status == _TICKETS.answer:
            self.latencies.append(time.perf_counter() - due_at)
        else:
            self.failed += 1
        if len(self.latencies) + self.failed == self.due and not self.ended.done():
            self.ended.set_result(None)
        self._send_what_can_go()


async def keep(url: str, rate: float, seconds: float) -> PaceResult:
    """The same from this process. Raises OSError where nobody listens."""
    pace = _Pace(url, rate, seconds)
    await pace.open()
    began, spent = time.perf_counter(), processor_so_far()
    await pace.run()
    await asyncio.wait({pace.ended}, timeout=_PATIENCE)
    took, spent = time.perf_counter() - began, processor_so_far() - spent
    pace.close()
    ordered = sorted(pace.latencies) or [0.0]
    return PaceResult(
        due=pace.due,
        answered=len(pace.latencies),
        failed=pace.due - len(pace.latencies),
        seconds=took,
        p50=ordered[len(ordered) // 2],
        p99=ordered[int(len(ordered) * 0.99)],
        longest=ordered[-1],
        late=pace.late,
        processor=spent,
    )


async def keep_pace(url: str, rate: float, seconds: float) -> PaceResult:
    """`rate` requests a second for so many seconds to the server at `url`, from a process of its own. Raises
    LoadFailed."""
    return PaceResult(**await said_by("tests.bench.pace", url, "--rate", str(rate), "--seconds", str(seconds)))


@click.command()
@click.argument("url")
@click.option("--rate", type=click.FloatRange(min=0, min_open=True), required=True)
@click.option("--seconds", type=click.FloatRange(min=0, min_open=True), required=True)
def main(url: str, rate: float, seconds: float) -> None:
    """Send to the server at URL at that pace, and print what came of it as JSON."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        click.echo(json.dumps(asdict(runner.run(keep(url, rate, seconds)))))


if __name__ == "__main__":
    main()
