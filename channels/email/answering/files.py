"""The files that go along with a mail: as many as fit, and few large mails at a time."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from channels.email.composing import OutgoingFile
from gateway.core.errors import BlobMissing, StoreUnavailable
from gateway.core.ports import Blobs
from gateway.core.ticket import Attachment, Message
from gateway.core.values import dataclass

MOST_BYTES = 25 * 1024 * 1024
"""Of files in one mail."""
_LARGE = 1024 * 1024
_LARGE_AT_ONCE = 2
_WAIT_FOR_OTHERS = 20.0


@dataclass(frozen=True, slots=True)
class Enclosed:
    """What of a message's files goes along."""

    files: tuple[OutgoingFile, ...] = ()
    left_out: tuple[str, ...] = ()
    """Names of those that don't: too large, or their content is gone."""


class Files:
    """Reads attachments from the blobs. A large mail takes several times its size of memory while it is made and sent:
    so there are few of them at once."""

    def __init__(self, blobs: Blobs) -> None:
        self._blobs = blobs
        self._large = asyncio.Semaphore(_LARGE_AT_ONCE)

    @asynccontextmanager
    async def room_for(self, messages: Sequence[Message]) -> AsyncIterator[None]:
        """While a mail with their files is made and sent. Raises StoreUnavailable where others take too long."""
        if sum(each.size for message in messages for each in message.attachments) < _LARGE:
            yield
            return
        try:
            async with asyncio.timeout(_WAIT_FOR_OTHERS):
                await self._large.acquire()
        except TimeoutError:
            raise StoreUnavailable("other large mails are being sent") from None
        try:
            yield
        finally:
            self._large.release()

    async def enclosed(self, messages: Sequence[Message], most: int = MOST_BYTES) -> list[Enclosed]:
        """What goes along of each message, `most` bytes in all. Raises StoreUnavailable, StoreFailed."""
        enclosed = []
        for message in messages:
            files: list[OutgoingFile] = []
            left_out: list[str] = []
            for each in message.attachments:
                content = await self._content(each) if each.size <= most else None
                if content is None:
                    left_out.append(each.name)
                else:
                    files.append(OutgoingFile(each.name, each.media_type, content))
                    most -= each.size
            enclosed.append(Enclosed(tuple(files), tuple(left_out)))
        return enclosed

    async def _content(self, attachment: Attachment) -> bytes | None:
        content = bytearray()
        try:
            async with self._blobs.open(attachment.digest) as pieces:
                async for piece in pieces:
                    content += piece
        except BlobMissing:
            return None
        return bytes(content)
