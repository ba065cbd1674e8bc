"""A listener on a random port, asked through bare sockets."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import orjson
from aiohttp import web

from gateway.core.addresses import IPNetwork
from gateway.core.settings import Listen
from gateway.listener import Front, Limits, Listener
from tests.support.stream_end import rest_of

GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
HEAD = b"POST /take HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
BODY = b'{"subject": "a", "body": "b"}'


@dataclass
class Figures:
    """What the listener tells of its connections."""

    open: int = 0
    ended: list[str] = field(default_factory=list)
    unusable: int = 0
    _told: asyncio.Event = field(default_factory=asyncio.Event)

    def connections(self, listener: str, open: int) -> None:  # noqa: A002 (the port's word)
        self.open = open
        self._told.set()

    def connection_ended(self, listener: str, reason: str) -> None:
        self.ended.append(reason)

    def forwarded_unusable(self) -> None:
        self.unusable += 1

    async def until_all_are_gone(self, within: float) -> None:
        """Until the listener has told that no connection is open; it tells at every look."""
        async with asyncio.timeout(within):
            while self.open or not self.ended:
                self._told.clear()
                await self._told.wait()


@dataclass
class Taken:
    """Routes that answer `hello`, and keep what is posted to them."""

    bodies: list[bytes] = field(default_factory=list)

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/", self._hello), web.post("/take", self._take)]

    async def _hello(self, request: web.Request) -> web.Response:
        return web.Response(text="hello")

    async def _take(self, request: web.Request) -> web.Response:
        body = await request.read()
        orjson.loads(body)
        self.bodies.append(body)
        return web.Response(status=201)


@dataclass
class Line:
    """One bare connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def ask(self, request: bytes = GET, *, within: float = 5.0) -> bytes:
        """The answer to one request: its head, and as much body as that says; nothing where the line was cut."""
        self.writer.write(request)
        return await self.answer(within=within)

    async def answer(self, *, within: float = 5.0) -> bytes:
        try:
            async with asyncio.timeout(within):
                head = await self.reader.readuntil(b"\r\n\r\n")
                length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
                return head + await self.reader.readexactly(int(length.partition(b":")[2]))
        except (ConnectionError, asyncio.IncompleteReadError):
            return b""

    async def to_the_end(self, *, within: float = 5.0) -> bytes:
        """All that comes until the other side hangs up."""
        return await rest_of(self.reader, within)


@dataclass
class Listening:
    """A listener that is up."""

    listener: Listener
    figures: Figures
    taken: Taken

    @asynccontextmanager
    async def line(self) -> AsyncIterator[Line]:
        line = await self.connect()
        try:
            yield line
        finally:
            line.writer.close()

    async def connect(self) -> Line:
        return Line(*await asyncio.open_connection("127.0.0.1", self.listener.address.port))

    async def raw(self, data: bytes, *, within: float = 5.0) -> bytes:
        """Sends bytes as they are, and reads until the server closes."""
        async with self.line() as line:
            line.writer.write(data)
            return await line.to_the_end(within=within)


@asynccontextmanager
async def listening(
    routes: Iterable[web.AbstractRouteDef] = (),
    *,
    limits: Limits | None = None,
    trusted_proxies: Iterable[IPNetwork] = (),
) -> AsyncIterator[Listening]:
    """Serves `routes`, and beside them `Taken`."""
    figures, taken = Figures(), Taken()
    listener = Listener(
        "public",
        Listen(host="127.0.0.1", port=0),
        [*routes, *taken.routes()],
        front=Front(("en", "es")),
        limits=limits,
        trusted_proxies=trusted_proxies,
        measurements=figures,
    )
    await listener.start()
    try:
        yield Listening(listener, figures, taken)
    finally:
        await listener.stop(1.0)


def status(answer: bytes) -> int:
    """The status of the first answer among these bytes; 0 where there is none."""
    return int(answer.split(b" ", 2)[1]) if answer.startswith(b"HTTP/1.") else 0
