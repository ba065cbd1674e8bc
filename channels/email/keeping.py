"""Raw mails on their way to the disk: small ones in a row, large ones as blobs, none ever in memory whole."""

import hashlib
import re
from collections.abc import AsyncIterable, AsyncIterator

from channels.channel import Backstage
from gateway.core.clock import Clock
from gateway.core.delivery import Kind
from gateway.core.ids import new_id
from gateway.core.ports import Blobs
from gateway.core.raw_mail import Kept, Origin, RawMail

SMALL = 64 * 1024
"""Bytes of a mail that still lies in its row."""
_LARGEST = 1024 * 1024 * 1024
"""Bytes. Whoever takes mails in has a smaller limit of its own."""
_OF_ONE_MAIL = re.compile(rb"^(?:message-id|received)[ \t]*:", re.IGNORECASE | re.MULTILINE)
"""Fields that no two mails have alike: what wrote the mail has marked it, or a server that it came by."""
_HEADER_END = re.compile(rb"\r?\n\r?\n")


class MailKeeper:
    """The port RawMails, over the store and the blobs."""

    def __init__(self, backstage: Backstage, blobs: Blobs, clock: Clock) -> None:
        self._backstage = backstage
        self._blobs = blobs
        self._clock = clock

    async def keep(self, origin: Origin, content: AsyncIterable[bytes], *, ours: int = 0) -> Kept:
        """Returns once the mail is on disk; its first `ours` bytes are what we wrote above it. Raises StoreUnavailable,
        StoreFailed, ContentTooLarge, and what `content` raises."""
        kept = await self._backstage.store.keep_mail(await self._raw_mail(origin, aiter(content), ours))
        self._backstage.measurements.channel_succeeded(origin.channel, self._clock.now())
        if kept is Kept.NEW:
            self._backstage.owed(Kind.MAIL)
        return kept

    async def _raw_mail(self, origin: Origin, pieces: AsyncIterator[bytes], ours: int) -> RawMail:
        """As it is to be kept; its blob, where it has one, is on disk."""
        head = await _head(pieces)
        # A device that hands in the same words twice, and no Message-ID, says the same thing twice.
        known = not ours or _is_marked(head, ours)
        seen = hashlib.sha256(head[ours:])
        if len(head) <= SMALL:
            return RawMail(new_id(), origin, len(head), head, fingerprint=seen.hexdigest() if known else None)
        blob = await self._blobs.put(_joined(head, pieces, seen), _LARGEST)
        fingerprint = seen.hexdigest() if known else None
        return RawMail(new_id(), origin, blob.size, digest=blob.digest, fingerprint=fingerprint)


async def _head(pieces: AsyncIterator[bytes]) -> bytes:
    """The whole content where it is small; else its beginning, of more than SMALL bytes."""
    head = bytearray()
    async for piece in pieces:
        head += piece
        if len(head) > SMALL:
            break
    return bytes(head)


async def _joined(head: bytes, rest: AsyncIterator[bytes], seen: "hashlib._Hash") -> AsyncIterator[bytes]:
    yield head
    async for piece in rest:
        seen.update(piece)
        yield piece


def _is_marked(head: bytes, ours: int) -> bool:
    end = _HEADER_END.search(head)
    return _OF_ONE_MAIL.search(head, ours, end.start() if end else len(head)) is not None
