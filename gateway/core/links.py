"""Links to attachments for help desks: they prove by themselves who may fetch what, and until when.

A link's token has ticket, hand-off, number of the message and of the attachment, and expiry under a seal that is the
provider's own, so that no other can use it.
"""

import struct
from dataclasses import dataclass

from gateway.core.clock import Clock, Instant
from gateway.core.handoff import Handoff
from gateway.core.seal import Seal
from gateway.core.ticket import Attachment, Message

LINK_PATH = "/providers/{name}/attachments/{token}"
LASTS = 86_400.0
"""Seconds that a link can be used."""
_FIELDS = struct.Struct(">16s16sIHI")


@dataclass(frozen=True, slots=True)
class Link:
    """What a link leads to."""

    ticket_id: str
    handoff_id: str
    message: int
    number: int
    until: Instant


class AttachmentLinks:
    """Makes and checks links with a secret key of at least 32 bytes."""

    def __init__(self, key: bytes, public_url: str, clock: Clock) -> None:
        self._key = key
        self._public_url = public_url
        self._clock = clock

    def url(self, handoff: Handoff, message: Message, number: int) -> str:
        """Where the copy's provider may fetch the message's attachment of that number from now on."""
        until = int(self._clock.now() + LASTS)
        plain = _FIELDS.pack(bytes.fromhex(handoff.ticket_id), bytes.fromhex(handoff.id), message.number, number, until)
        token = self._seal(handoff.provider).write(plain)
        return self._public_url + LINK_PATH.format(name=handoff.provider, token=token)

    def listed(self, handoff: Handoff, message: Message) -> list[tuple[Attachment, str]]:
        """Each attachment of the message with its link."""
        return [(each, self.url(handoff, message, at)) for at, each in enumerate(message.attachments, start=1)]

    def verify(self, provider: str, token: str) -> Link | None:
        """What the token leads that provider to, expired or not; None for anything that `url` did not make."""
        plain = self._seal(provider).read(token)
        if plain is None or len(plain) != _FIELDS.size:
            return None
        ticket_id, handoff_id, message, number, until = _FIELDS.unpack(plain)
        return Link(ticket_id.hex(), handoff_id.hex(), message, number, float(until))

    def expired(self, link: Link) -> bool:
        return self._clock.now() >= link.until

    def _seal(self, provider: str) -> Seal:
        return Seal(self._key, provider.encode() + b"\x00")
