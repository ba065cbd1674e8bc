"""A mail as it came in, before anybody has looked into it, and the port by which it becomes durable."""

from collections.abc import AsyncIterable
from enum import StrEnum
from typing import Protocol

from gateway.core.clock import Instant
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


class RawMails(Protocol):
    """Where raw mails are kept."""

    async def keep(self, origin: Origin, content: AsyncIterable[bytes]) -> Kept:
        """Returns once the mail is on disk. Raises StoreUnavailable, StoreFailed, and ContentTooLarge."""
