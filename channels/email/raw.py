"""The port by which a raw mail becomes durable."""

from collections.abc import AsyncIterable
from typing import Protocol

from gateway.core.raw_mail import Kept, Origin


class RawMails(Protocol):
    """Where raw mails are kept."""

    async def keep(self, origin: Origin, content: AsyncIterable[bytes], *, ours: int = 0) -> Kept:
        """Returns once the mail is on disk; its first `ours` bytes are what we wrote above it. Raises StoreUnavailable,
        StoreFailed, and ContentTooLarge."""
