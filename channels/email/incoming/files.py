"""The files of a mail, kept as blobs: under names that are data, and types that their contents bear out (T01)."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

from channels.email.reading.reading import ReadFile
from gateway.core.attachments import HEAD, clean_name, declared_type, judge_type
from gateway.core.blob import PIECE
from gateway.core.ports import Blobs
from gateway.core.ticket import Attachment
from gateway.core.values import dataclass

_PLAIN = "text/plain"


@dataclass(frozen=True, slots=True)
class Taken:
    """Of one mail."""

    attachments: tuple[Attachment, ...] = ()
    left_out: int = 0
    """Files beyond those that are taken of one mail."""


class MailFiles:
    """Keeps `most` files of a mail. What is kept twice is there once."""

    def __init__(self, blobs: Blobs, most: int) -> None:
        self._blobs = blobs
        self._most = most

    async def take(self, files: Sequence[ReadFile], whole_text: Attachment | None = None) -> Taken:
        """Durable when it returns. `whole_text` comes first, and beside the others. Raises the store's errors."""
        taken = [await self._kept(file) for file in files[: self._most]]
        first = (whole_text,) if whole_text else ()
        return Taken((*first, *taken), max(0, len(files) - self._most))

    async def text(self, name: str, text: str) -> Attachment:
        """A text as a file."""
        content = text.encode("utf-8", "replace")
        blob = await self._blobs.put(_pieces(content), len(content))
        return Attachment(name, _PLAIN, blob.size, blob.digest)

    async def _kept(self, file: ReadFile) -> Attachment:
        head = await asyncio.to_thread(_head, file.path)
        blob = await self._blobs.put(_content(file.path), file.size)
        media_type = judge_type(declared_type(file.media_type), head)
        return Attachment(clean_name(file.name), media_type, blob.size, blob.digest)


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(HEAD)


async def _content(path: Path) -> AsyncIterator[bytes]:
    with path.open("rb") as file:
        while piece := await asyncio.to_thread(file.read, PIECE):
            yield piece


async def _pieces(content: bytes) -> AsyncIterator[bytes]:
    for begin in range(0, len(content), PIECE):
        yield content[begin : begin + PIECE]
