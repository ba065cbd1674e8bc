"""A mail as it came in, before anybody has looked into it: kept first, read afterwards."""

from dataclasses import field
from enum import StrEnum

from gateway.core.clock import Instant
from gateway.core.delivery import Lease
from gateway.core.events import Event
from gateway.core.values import dataclass


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a mail came from."""

    channel: str
    place: str
    """For people: `imap INBOX`, `lmtp`."""
    key: str
    """What makes this copy of it the same when it comes again from there."""
    received_at: Instant
    """When we got it, or the mailbox before us."""
    sender: str | None = None
    """Of the envelope; "" is the null sender, None unknown, as in a mailbox."""
    recipients: tuple[str, ...] = ()
    """Of the envelope, as far as it is known."""


class Kept(StrEnum):
    """What became of a raw mail; it is on disk either way."""

    NEW = "new"
    DUPLICATE = "duplicate"
    """This copy was kept before."""


@dataclass(frozen=True, slots=True)
class RawMail:
    """A raw mail as it is kept. A small one is in `content`, a large one is the blob `digest`; neither is left of one
    that was read long ago."""

    id: str
    origin: Origin
    size: int
    """Bytes."""
    content: bytes | None = None
    digest: str | None = None
    message_id: str | None = None
    """The message that it became; None while it is unread, and for what is no message."""
    fingerprint: str | None = None
    """SHA-256 of what came, without what we wrote above it: two mails with the same are the same mail. None for a mail
    that only itself is."""
    header_id: str | None = None
    """See MailRead."""


@dataclass(frozen=True, slots=True)
class MailRead:
    """A raw mail has been read, and what follows from it is on disk: its delivery is done. Fenced."""

    lease: Lease
    mail_id: str
    at: Instant
    message_id: str | None = None
    """The message that it became."""
    header_id: str | None = None
    """Its Message-ID header, with angle brackets: what answers refer to."""
    authenticated: str | None = None
    """What is known of its sender: `dkim example.org`, `no`, or `failed` where its domain disowns it."""
    events: tuple[Event, ...] = field(default=())
    """To be recorded in the same commit."""
