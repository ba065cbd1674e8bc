"""Links to attachments for help desks: they prove by themselves who may fetch what, and until when.

A link's token is `base64url(ticket id, hand-off id, message number, attachment number, expiry, first 16 bytes of
HMAC-SHA256)`; the signature also covers the provider's name, so that no other provider can use it.
"""

import base64
import binascii
import hmac
import struct
from dataclasses import dataclass

from gateway.core.clock import Clock, Instant
from gateway.core.handoff import Handoff
from gateway.core.ticket import Attachment, Message

LINK_PATH = "/providers/{name}/attachments/{token}"
LASTS = 86_400.0
"""Seconds that a link can be used."""
_FIELDS = struct.Struct(">16s16sIHI")
_SIGNATURE = 16
_KEY_BYTES = 32


@dataclass(frozen=True, slots=True)
class Link:
    """What a link leads to."""

    ticket_id: str
    handoff_id: str
    message: int
    number: int
    until: Instant


class AttachmentLinks:
    """Makes and checks links with a secret key of at least 32 bytes; raises ValueError for a shorter one."""

    def __init__(self, key: bytes, public_url: str, clock: Clock) -> None:
        if len(key) < _KEY_BYTES:
            raise ValueError(f"a signing key needs at least {_KEY_BYTES} bytes")
        self._key = key
        self._public_url = public_url
        self._clock = clock

    def url(self, handoff: Handoff, message: Message, number: int) -> str:
        """Where the copy's provider may fetch the message's attachment of that number from now on."""
        until = int(self._clock.now() + LASTS)
        plain = _FIELDS.pack(bytes.fromhex(handoff.ticket_id), bytes.fromhex(handoff.id), message.number, number, until)
        token = base64.urlsafe_b64encode(plain + self._signature(handoff.provider, plain)).rstrip(b"=").decode()
        return self._public_url + LINK_PATH.format(name=handoff.provider, token=token)

    def listed(self, handoff: Handoff, message: Message) -> list[tuple[Attachment, str]]:
        """Each attachment of the message with its link."""
        return [(each, self.url(handoff, message, at)) for at, each in enumerate(message.attachments, start=1)]

    def verify(self, provider: str, token: str) -> Link | None:
        """What the token leads that provider to, expired or not; None for anything that `url` did not make."""
        try:
            decoded = base64.urlsafe_b64decode(token.encode("ascii") + b"=" * (-len(token) % 4))
        except (UnicodeEncodeError, binascii.Error):
            return None
        plain, signature = decoded[: _FIELDS.size], decoded[_FIELDS.size :]
        if not hmac.compare_digest(signature, self._signature(provider, plain)):
            return None
        ticket_id, handoff_id, message, number, until = _FIELDS.unpack(plain)
        return Link(ticket_id.hex(), handoff_id.hex(), message, number, float(until))

    def expired(self, link: Link) -> bool:
        return self._clock.now() >= link.until

    def _signature(self, provider: str, plain: bytes) -> bytes:
        return hmac.digest(self._key, provider.encode() + b"\x00" + plain, "sha256")[:_SIGNATURE]
