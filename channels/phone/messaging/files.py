"""The files of a text message, fetched from Twilio by the message's own name: no address that a webhook says is ever
asked (T09, T10)."""

import asyncio
import mimetypes

from channels.phone.messaging.incoming import Incoming
from channels.phone.twilio.media import Media, NotFetched, Wanted, media_url
from channels.phone.twilio.records import MediaRecord
from channels.phone.twilio.rest import Account, ApiUnavailable, TwilioApi
from gateway.core.texts import Language, mark
from gateway.core.ticket import Attachment
from gateway.core.values import dataclass

_AT_ONCE = 3
"""Messages whose files are fetched: where Twilio is slow, those without files are not held up."""
LARGEST = 20 * 1024 * 1024
"""Bytes of one file: WhatsApp takes 16 MiB, a network's MMS 5."""
_KINDS = {"image": mark("photo"), "audio": mark("audio"), "video": mark("video")}
_OTHER = mark("file")
_OFFICE = "application/vnd.openxmlformats-officedocument"
TYPES = frozenset(
    {
        *("image/jpeg", "image/png", "image/gif", "image/webp", "image/heic", "image/heif", "image/tiff", "image/bmp"),
        *("audio/ogg", "audio/mpeg", "audio/mp4", "audio/amr", "audio/aac", "audio/3gpp", "audio/3gpp2", "audio/wav"),
        *("audio/basic", "audio/ac3", "audio/webm", "video/mp4", "video/3gpp", "video/3gpp2", "video/quicktime"),
        *("video/mpeg", "video/webm", "video/h264", "application/pdf", "text/vcard", "text/x-vcard", "text/calendar"),
        *("text/plain", "text/csv", "application/msword", "application/vnd.ms-excel", "application/vnd.ms-powerpoint"),
        *(f"{_OFFICE}.{each}" for each in ("wordprocessingml.document", "spreadsheetml.sheet")),
        f"{_OFFICE}.presentationml.presentation",
    }
)
"""Media types that are taken: those of https://www.twilio.com/docs/messaging/guides/accepted-mime-types that people's
phones send, and WhatsApp's documents."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """What could be had of a message's files now."""

    attachments: tuple[Attachment, ...] = ()
    lost: int = 0
    """Those that can't be had: too large, of a type that isn't taken, gone."""
    coming: int = 0
    """Those that may be had later."""
    reasons: tuple[str, ...] = ()
    """Why not, without addresses."""


class TextFiles:
    """Fetches one channel's into the blobs."""

    def __init__(self, account: Account, api: TwilioApi, media: Media) -> None:
        self._account = account
        self._api = api
        self._media = media
        self._turns = asyncio.Semaphore(_AT_ONCE)

    async def fetch(self, incoming: Incoming, say: Language) -> Fetched:
        """As many as can be had now. Raises StoreFailed."""
        if not incoming.files:
            return Fetched()
        if self._turns.locked():
            return Fetched(coming=incoming.files, reasons=("other messages' files are being fetched",))
        async with self._turns:
            return await self._fetch(incoming, say)

    async def _fetch(self, incoming: Incoming, say: Language) -> Fetched:
        try:
            listed = await self._api.media_of(incoming.sid)
        except ApiUnavailable as error:
            return Fetched(coming=incoming.files, reasons=(str(error),))
        attachments: list[Attachment] = []
        lost, coming = 0, max(0, incoming.files - len(listed))
        reasons = ["Twilio's list doesn't have it yet"] if coming else []
        for number, each in enumerate(listed[: incoming.files], start=1):
            try:
                attachments.append(await self._media.fetch(self._wanted(incoming, each, number, say)))
            except NotFetched as error:
                lost, coming = lost + (not error.later), coming + error.later
                reasons.append(error.reason)
        return Fetched(tuple(attachments), lost, coming, tuple(reasons))

    def _wanted(self, incoming: Incoming, listed: MediaRecord, number: int, say: Language) -> Wanted:
        kind = say(_KINDS.get(listed.media_type.partition("/")[0], _OTHER))
        ending = mimetypes.guess_extension(listed.media_type) or ""
        return Wanted(media_url(self._account, incoming.sid, listed.sid), f"{kind}-{number}{ending}", TYPES, LARGEST)
