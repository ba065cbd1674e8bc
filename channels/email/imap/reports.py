"""What a mailbox's follower tells of it."""

from typing import Protocol

from gateway.core.clock import Instant
from gateway.core.raw_mail import Origin


class MailboxReports(Protocol):
    """All but `skipped` are quick, and none of those raises."""

    def looked(self, folder: str, at: Instant) -> None:
        """The folder was looked into, and everything that could be taken was; also when there was nothing new."""

    def counted(self, folder: str, mails: int, missing: int) -> None:
        """So many mails are in the folder, and so many of them were not kept."""

    def troubled(self, folder: str, why: str) -> None:
        """The folder can't be followed; it is tried again by itself."""

    def marked(self, folder: str) -> None:
        """Mails that were kept have been marked, moved or deleted."""

    def unmarked(self, folder: str, why: str) -> None:
        """Mails were kept, and the server refuses to have them marked, moved or deleted: they are left as they are."""

    async def skipped(self, origin: Origin, why: str) -> None:
        """A mail was given up: returns once that is recorded. Raises StoreUnavailable, StoreFailed."""
