"""A line between two parties that goes bad: it forwards, swallows what one of them says, or lets it drip through."""

import asyncio
import ssl
from enum import Enum
from typing import Any

_BLOCK = 65536
_DRIP = 1.0
"""Seconds between two bytes."""


class Line(Enum):
    """What becomes of what is said."""

    FORWARDS = "forwards"
    SWALLOWS_REQUESTS = "swallows requests"
    SWALLOWS_ANSWERS = "swallows answers"
    DRIPS = "drips"
    """Answers come through one byte a second."""


class TcpProxy:
    """Listens on a port of 127.0.0.1, between entering the context and leaving it, for a target on another.

    With `tls` it ends the TLS that clients speak; the target is spoken to in plain.
    """

    def __init__(self, port: int, target: int, *, tls: ssl.SSLContext | None = None) -> None:
        self._port = port
        self._target = target
        self._tls = tls
        self._line = Line.FORWARDS
        self._server: asyncio.Server | None = None
        self._lines: set[asyncio.Task[None]] = set()
        self._dead: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> "TcpProxy":
        await self.listen()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.refuse()

    async def listen(self) -> None:
        """Accept connections, as at first."""
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", self._port, ssl=self._tls)

    async def refuse(self) -> None:
        """Refuse connections from now on, and break those that are open."""
        if self._server is not None:
            self._server.close()
        await self._break()

    async def become(self, line: Line) -> None:
        """Treat what is said from now on so, on open connections too; these are broken when the line is good again."""
        self._line = line
        if line is Line.FORWARDS:
            await self._break()

    def let_open_ones_die(self) -> None:
        """The connections that are open now swallow everything from now on; new ones are as good as before."""
        self._dead |= self._lines

    async def show(self, tls: ssl.SSLContext) -> None:
        """Show another certificate: to new connections, and there are no others."""
        await self.refuse()
        self._tls = tls
        await self.listen()

    async def _break(self) -> None:
        for line in self._lines:
            line.cancel()
        await asyncio.gather(*self._lines, return_exceptions=True)

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._server is None or not self._server.is_serving():
            writer.transport.abort()  # it was accepted at the last moment
            return
        line = asyncio.create_task(self._carry(reader, writer))
        self._lines.add(line)
        line.add_done_callback(lambda _: self._broken(line, writer))

    def _broken(self, line: asyncio.Task[None], writer: asyncio.StreamWriter) -> None:
        """Also one that was broken before its first step."""
        self._lines.discard(line)
        self._dead.discard(line)
        writer.transport.abort()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        line = asyncio.current_task()
        assert line is not None
        try:
            answers, target = await asyncio.open_connection("127.0.0.1", self._target)
        except OSError:
            return
        both = {
            asyncio.create_task(self._pass_on(reader, target, Line.SWALLOWS_REQUESTS, line)),
            asyncio.create_task(self._pass_on(answers, writer, Line.SWALLOWS_ANSWERS, line)),
        }
        try:
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in both:
                task.cancel()
            await asyncio.gather(*both, return_exceptions=True)
            target.transport.abort()

    async def _pass_on(
        self,
        source: asyncio.StreamReader,
        sink: asyncio.StreamWriter,
        swallowed_by: Line,
        line: asyncio.Task[Any],
    ) -> None:
        while said := await source.read(_BLOCK):
            if self._line is swallowed_by or line in self._dead:
                continue
            if self._line is Line.DRIPS and swallowed_by is Line.SWALLOWS_ANSWERS:
                await self._drip(said, sink)
            else:
                sink.write(said)
                await sink.drain()

    async def _drip(self, said: bytes, sink: asyncio.StreamWriter) -> None:
        for byte in said:
            sink.write(bytes([byte]))
            await sink.drain()
            await asyncio.sleep(_DRIP)
