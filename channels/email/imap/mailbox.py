"""What a follower needs of an open mailbox."""

from collections.abc import AsyncIterator, Sequence
from datetime import date
from typing import Protocol

from channels.email.imap.responses import Facts, Selected


class FetchedMail(Protocol):
    """One mail, of which the first part is here."""

    @property
    def facts(self) -> Facts: ...

    @property
    def whole(self) -> bool:
        """Whether its content is here to the end: only then the connection is free for others while it is kept."""

    def content(self) -> AsyncIterator[bytes]:
        """From its first byte, in pieces of 1 MiB at most; once. Raises ImapError."""


class Mailbox(Protocol):
    """One connection, used by one task. Every method raises ConnectionFailed once it is of no more use, and
    CommandRefused where the server says no; each wait is bounded."""

    async def select(self, folder: str) -> Selected:
        """Open the folder, afresh where it is open: what it holds is seen as it is now."""

    async def uids_after(self, uid: int, since: date | None = None) -> list[int]:
        """In order; with `since` only of mails that came into the mailbox on that day or later."""

    async def fetch(self, uid: int, largest: int) -> FetchedMail:
        """Without marking it. Raises MailGone, and MailTooLarge above `largest` bytes."""

    async def mark_seen(self, uids: Sequence[int]) -> None: ...

    async def move(self, uids: Sequence[int], folder: str) -> None:
        """Into that folder, which is made where it is missing."""

    async def delete(self, uids: Sequence[int]) -> None:
        """For good where the server can remove these alone (UIDPLUS); else they are left marked as deleted."""

    async def idle(self, seconds: float) -> None:
        """Until new mail is announced, `seconds` at most. Returns only if the line still works."""

    async def close(self) -> None:
        """Log out if that goes quickly, and hang up."""
