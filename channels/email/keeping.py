"""Raw mails on their way to the disk: small ones in a row, large ones as blobs, none ever in memory whole."""

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


class MailKeeper:
    """The port RawMails, over the store and the blobs."""

    def __init__(self, backstage: Backstage, blobs: Blobs, clock: Clock) -> None:
        self._backstage = backstage
        self._blobs = blobs
        self._clock = clock

    async def keep(self, origin: Origin, content: AsyncIterable[bytes]) -> Kept:
        """Returns once the mail is on disk. Raises StoreUnavailable, StoreFailed, ContentTooLarge, and what `content`
        raises."""
        kept = await self._backstage.store.keep_mail(await self._raw_mail(origin, aiter(content)))
        self._backstage.measurements.channel_succeeded(origin.channel, self._clock.now())
        if kept is Kept.NEW:
            self._backstage.owed(Kind.MAIL)
        return kept

    async def _raw_mail(self, origin: Origin, pieces: AsyncIterator[bytes]) -> RawMail:
        """As it is to be kept; its blob, where it has one, is on disk."""
        head = await _head(pieces)
        if len(head) <= SMALL:
            return RawMail(new_id(), origin, len(head), content=head)
        blob = await self._blobs.put(_joined(head, pieces), _LARGEST)
        return RawMail(new_id(), origin, blob.size, digest=blob.digest)


async def _head(pieces: AsyncIterator[bytes]) -> bytes:
    """The whole content where it is small; else its beginning, of more than SMALL bytes."""
    head = bytearray()
    async for piece in pieces:
        head += piece
        if len(head) > SMALL:
            break
    return bytes(head)


async def _joined(head: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield head
    async for piece in rest:
        yield piece
