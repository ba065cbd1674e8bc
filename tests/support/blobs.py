"""Blobs in memory, which fail when told."""

import hashlib
from collections.abc import AsyncIterable, AsyncIterator
from contextlib import asynccontextmanager

from gateway.core.blob import PIECE, Blob, Sweep
from gateway.core.clock import Clock, Instant
from gateway.core.errors import BlobMissing, ContentTooLarge
from gateway.core.ports import NamedBlobs


class MemoryBlobs:
    """The port `Blobs`."""

    def __init__(self, clock: Clock) -> None:
        self.contents: dict[str, bytes] = {}
        self.failure: Exception | None = None
        self._clock = clock
        self._put_at: dict[str, Instant] = {}

    async def put(self, chunks: AsyncIterable[bytes], limit: int) -> Blob:
        if self.failure is not None:
            raise self.failure
        content = bytearray()
        async for chunk in chunks:
            content += chunk
            if len(content) > limit:
                raise ContentTooLarge(limit)
        digest = hashlib.sha256(content).hexdigest()
        self.contents[digest] = bytes(content)
        self._put_at[digest] = self._clock.now()
        return Blob(digest, len(content))

    @asynccontextmanager
    async def open(self, digest: str) -> AsyncIterator[AsyncIterator[bytes]]:
        if digest not in self.contents:
            raise BlobMissing(digest)
        yield _pieces(self.contents[digest])

    async def remove_orphans(self, before: Instant, named: NamedBlobs) -> Sweep:
        keep = set(await named(list(self.contents)))
        orphans = [each for each, at in self._put_at.items() if at < before and each not in keep]
        for digest in orphans:
            del self.contents[digest], self._put_at[digest]
        return Sweep(len(orphans), len(self.contents), sum(map(len, self.contents.values())))


async def _pieces(content: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(content), PIECE):
        yield content[start : start + PIECE]
