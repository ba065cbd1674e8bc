"""The load, in a process of its own: connections that are kept, each sending its next request once it has its answer.

A plain protocol on uvloop with ready-made bytes, so that it costs a fraction of what any server here does; what it
costs is in its result.
"""

import asyncio
import json
import resource
import secrets
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import count, islice
from typing import cast
from urllib.parse import urlsplit

import click
import orjson
import uvloop

from channels.web.api import API_PATH
from gateway.demo import traffic

CONNECTIONS = 64
_LONGEST = 60.0
_BODIES = 64
_LAST_WORDS = 1000
_CREATED = b"HTTP/1.1 201 "
_LENGTH = b"\r\ncontent-length:"


class LoadFailed(Exception):
    """The figures would be worth nothing: an answer was not 201, or the load didn't end."""


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

    def __init__(self, url: str, requests: int) -> None:
        self.latencies: list[float] = []
        self.ended = asyncio.get_running_loop().create_future()
        self._requests = islice(_requests(url), requests)
        self._open = CONNECTIONS

    def next(self) -> bytes | None:
        return next(self._requests, None)

    def connection_ended(self) -> None:
        self._open -= 1
        if not self._open and not self.ended.done():
            self.ended.set_result(None)

    def fail(self, why: str) -> None:
        if not self.ended.done():
            self.ended.set_exception(LoadFailed(why))


class _Connection(asyncio.Protocol):
    """One kept connection."""

    def __init__(self, load: _Load) -> None:
        self._load = load
        self._received = b""
        self._finished = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.WriteTransport, transport)  # uvloop's has the methods, and not the base class

    def send_next(self) -> None:
        request = self._load.next()
        if request is None:
            self._finished = True
            self._transport.close()
            return
        self._sent_at = time.perf_counter()
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._received += data
        if not _is_whole(self._received):
            return
        if not self._received.startswith(_CREATED):
            self._load.fail(self._received[:500].decode(errors="replace"))
            return
        self._received = b""
        self._load.latencies.append(time.perf_counter() - self._sent_at)
        self.send_next()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._finished:
            self._load.connection_ended()
        else:
            self._load.fail(f"the server ended a connection: {exc}")


def _is_whole(answer: bytes) -> bool:
    head, separator, body = answer.partition(b"\r\n\r\n")
    return bool(separator) and len(body) >= int(head.lower().partition(_LENGTH)[2].split(b"\r\n", 1)[0])


def _requests(url: str) -> Iterator[bytes]:
    """The demo's requests, each with an Idempotency-Key of its own, so that every row of an intake is written."""
    bodies = [orjson.dumps(body) for body in islice(traffic.requests(seed=1), _BODIES)]
    begin = f"POST {API_PATH} HTTP/1.1\r\nHost: {urlsplit(url).netloc}\r\nIdempotency-Key: {secrets.token_hex(8)}"
    ends = [
        b"\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body) for body in bodies
    ]
    return (b"%b-%08d%b" % (begin.encode(), number, ends[number % _BODIES]) for number in count())


async def _put(url: str, requests: int) -> LoadResult:
    host, port = urlsplit(url).netloc.split(":")
    load = _Load(url, requests)
    loop = asyncio.get_running_loop()
    connections = [
        (await loop.create_connection(lambda: _Connection(load), host, int(port)))[1] for _ in range(CONNECTIONS)
    ]
    began, spent = time.perf_counter(), _processor()
    for connection in connections:
        connection.send_next()
    async with asyncio.timeout(_LONGEST):
        await load.ended
    seconds, spent = time.perf_counter() - began, _processor() - spent
    ordered = sorted(load.latencies)
    return LoadResult(requests, seconds, ordered[len(ordered) // 2], ordered[int(len(ordered) * 0.99)], processor=spent)


def _processor() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


async def put_load(url: str, requests: int) -> LoadResult:
    """So many requests to the server at `url`, from a process of its own. Raises LoadFailed."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.bench.load",
        url,
        str(requests),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    said, complained = await process.communicate()
    if process.returncode:
        raise LoadFailed(complained.decode(errors="replace").strip()[-_LAST_WORDS:])
    return LoadResult(**json.loads(said))


@click.command()
@click.argument("url")
@click.argument("requests", type=click.IntRange(min=CONNECTIONS))
def main(url: str, requests: int) -> None:
    """Send so many REQUESTS to the server at URL, and print what came of it as JSON."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        click.echo(json.dumps(asdict(runner.run(_put(url, requests)))))


if __name__ == "__main__":
    main()
