"""A raw mail on its way to a reader: a small one is sent along with the order, a large one goes through the disk, so
that neither this process has it in memory nor a reader waits for the store."""

import asyncio
from collections.abc import AsyncIterable, AsyncIterator
from pathlib import Path

from channels.email.reading.reading import NoReader
from gateway.core.values import dataclass

LARGEST_SENT = 64 * 1024
"""Bytes."""
_NAME = "mail"


@dataclass(frozen=True, slots=True)
class Arrived:
    """A whole mail."""

    size: int
    """Bytes."""
    content: bytes
    path: Path | None = None
    """Where it lies instead, if it is large."""


async def arrive(content: AsyncIterable[bytes], place: Path) -> Arrived:
    """Takes a mail in; a large one lies in the folder `place`, which is made for it. Raises NoReader where there is no
    room for it, and what `content` raises."""
    pieces: list[bytes] = []
    size = 0
    rest = aiter(content)
    async for piece in rest:
        pieces.append(piece)
        size += len(piece)
        if size > LARGEST_SENT:
            return await _on_disk(pieces, rest, place)
    return Arrived(size, b"".join(pieces))


async def _on_disk(pieces: list[bytes], rest: AsyncIterator[bytes], place: Path) -> Arrived:
    path = place / _NAME
    try:
        await asyncio.to_thread(place.mkdir, mode=0o700)
        with await asyncio.to_thread(path.open, "xb", buffering=0) as file:
            size = await asyncio.to_thread(file.write, b"".join(pieces))
            async for piece in rest:
                size += await asyncio.to_thread(file.write, piece)
    except OSError as error:
        raise NoReader(f"a mail could not be put on the disk to be read: {error}") from error
    return Arrived(size, b"", path)
