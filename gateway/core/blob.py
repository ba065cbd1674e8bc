"""Blobs: contents that are named by what is in them, and durable before any row names them."""

import re
from collections.abc import AsyncGenerator, AsyncIterable
from dataclasses import dataclass

from gateway.core.errors import ContentTooLarge

PIECE = 256 * 1024
"""Bytes at most that a blob is read in at once."""
_DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Blob:
    """A content that is on disk."""

    digest: str
    """SHA-256 of the content in hexadecimal digits."""
    size: int
    """Bytes."""


@dataclass(frozen=True, slots=True)
class Sweep:
    """What a removal of orphans found."""

    removed: int
    kept: int
    bytes_kept: int


def is_digest(name: str) -> bool:
    """Whether a name is one of ours: nothing else ever becomes part of a path or a query."""
    return _DIGEST.fullmatch(name) is not None


async def gathered(chunks: AsyncIterable[bytes], limit: int) -> AsyncGenerator[bytes, None]:
    """Pieces worth a trip to the disk. Raises ContentTooLarge as soon as there are more than `limit` bytes in all."""
    piece = bytearray()
    size = 0
    async for chunk in chunks:
        size += len(chunk)
        if size > limit:
            raise ContentTooLarge(limit)
        piece += chunk
        if len(piece) >= PIECE:
            yield bytes(piece)
            piece.clear()
    if piece:
        yield bytes(piece)
