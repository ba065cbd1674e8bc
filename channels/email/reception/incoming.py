"""One mail's content on its way in, piece by piece: it never lies in memory whole."""

import asyncio
from collections.abc import AsyncIterator

from channels.email.reception.wire import DataDecoder, Flaw, WireReader
from gateway.core.errors import ContentTooLarge

_AT_ONCE = 256 * 1024


class ContentLost(ConnectionError):
    """The peer went away, or kept us waiting too long, before the end."""


class ContentRefused(Exception):
    """No mail server sends such a content."""

    def __init__(self, flaw: Flaw) -> None:
        super().__init__(flaw)
        self.flaw = flaw


class Incoming:
    """To be iterated once: `trace`, then what the peer sends, in pieces of some 256 KiB at most.

    It waits `within` seconds for the peer in all; the time that its reader takes isn't counted. Iterating raises
    ContentTooLarge, ContentRefused, ContentLost.
    """

    def __init__(self, reader: WireReader, trace: bytes, *, size_limit: int, within: float) -> None:
        self._reader = reader
        self._trace = trace
        self._limit = size_limit
        self._left = within
        self._decoder = DataDecoder()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self._trace
        size = 0
        while not self._decoder.ended:
            piece = await self._next()
            size += len(piece)
            if size > self._limit:
                raise ContentTooLarge(self._limit)
            if self._decoder.flaw is not None:
                raise ContentRefused(self._decoder.flaw)
            if piece:
                yield piece

    async def drain(self) -> None:
        """Let the rest come, so that the peer hears our answer. Raises ContentLost."""
        while not self._decoder.ended:
            await self._next()

    async def _next(self) -> bytes:
        loop = asyncio.get_running_loop()
        began = loop.time()
        try:
            async with asyncio.timeout(self._left):
                data = await self._reader.read(_AT_ONCE)
        except TimeoutError:
            raise ContentLost("the content came too slowly") from None
        self._left -= loop.time() - began
        if not data:
            raise ContentLost("the peer hung up within a content")
        piece = self._decoder.feed(data)
        if self._decoder.ended:
            self._reader.put_back(self._decoder.rest)
        return piece
