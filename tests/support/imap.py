"""What a follower of a mailbox works with, in memory, and ready-made settings."""

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from channels.email.imap.follower import MailboxFollower
from channels.email.imap.mailbox import Mailbox
from channels.email.imap.opening import open_mailbox
from channels.email.imap.patience import PATIENCE, Patience
from channels.email.imap.position import Position
from channels.email.imap.receiving import Place, Ports
from channels.email.imap.settings import ImapSettings
from channels.email.oauth import TokenSource
from gateway.core.clock import Clock, Instant, SystemClock
from gateway.core.raw_mail import Kept, Origin

QUICK = Patience(connect=2.0, login=5.0, answer=0.5, search=2.0, part=1.0)
"""For servers that are on this machine."""
_WITHIN = 8.0


class KeptMails:
    """Where raw mails end up; the port RawMails."""

    def __init__(self) -> None:
        self.by_key: dict[str, bytes] = {}
        self.origins: dict[str, Origin] = {}
        self.duplicates: list[str] = []
        self.refusal: Exception | None = None
        """Raised in place of keeping anything."""
        self.on_piece: Callable[[Origin, int], None] = lambda _origin, _size: None
        """Hears of each piece before it is taken."""
        self.largest_piece = 0

    async def keep(self, origin: Origin, content: AsyncIterable[bytes], *, ours: int = 0) -> Kept:
        if self.refusal is not None:
            raise self.refusal
        whole = bytearray()
        async for piece in content:
            self.on_piece(origin, len(piece))
            self.largest_piece = max(self.largest_piece, len(piece))
            whole += piece
        if origin.key in self.by_key:
            self.duplicates.append(origin.key)
            return Kept.DUPLICATE
        self.by_key[origin.key] = bytes(whole)
        self.origins[origin.key] = origin
        return Kept.NEW

    @property
    def contents(self) -> list[bytes]:
        return list(self.by_key.values())


class StoredPositions:
    """The port Positions; what it keeps is text, as in a store."""

    def __init__(self) -> None:
        self.stored: dict[tuple[str, str], str] = {}
        self.refusal: Exception | None = None

    async def read(self, channel: str, folder: str) -> Position | None:
        stored = self.stored.get((channel, folder))
        return Position.decode(stored) if stored is not None else None

    async def write(self, channel: str, folder: str, position: Position) -> None:
        if self.refusal is not None:
            raise self.refusal
        self.stored[channel, folder] = position.encode()


class HeardReports:
    """The port MailboxReports."""

    def __init__(self) -> None:
        self.looks: list[Instant] = []
        self.counts: list[tuple[int, int]] = []
        self.troubles: list[str] = []
        self.skips: list[tuple[Origin, str]] = []
        self.marks: list[str | None] = []
        """Why mails could not be marked; None for those that were."""

    def looked(self, folder: str, at: Instant) -> None:
        self.looks.append(at)

    def counted(self, folder: str, mails: int, missing: int) -> None:
        self.counts.append((mails, missing))

    def troubled(self, folder: str, why: str) -> None:
        self.troubles.append(why)

    def marked(self, folder: str) -> None:
        self.marks.append(None)

    def unmarked(self, folder: str, why: str) -> None:
        self.marks.append(why)

    async def skipped(self, origin: Origin, why: str) -> None:
        self.skips.append((origin, why))


class Rig:
    """One folder's follower with all that it works with; it can be made again, as after a restart."""

    def __init__(
        self,
        settings: ImapSettings,
        open_one: Callable[[], Awaitable[Mailbox]] | None = None,
        *,
        tokens: TokenSource | None = None,
        clock: Clock | None = None,
        patience: Patience = PATIENCE,
    ) -> None:
        self.settings = settings
        self.mails = KeptMails()
        self.positions = StoredPositions()
        self.reports = HeardReports()
        self.clock = clock or SystemClock()
        self._open = open_one or (lambda: open_mailbox(settings, tokens, patience=patience))

    def follower(self) -> MailboxFollower:
        ports = Ports(self.mails, self.positions, self.reports, self.clock)
        place = Place("mail", self.settings.folder[0], self.settings)
        return MailboxFollower(place, self._open, ports, chance=lambda: 0.0)

    @asynccontextmanager
    async def following(self) -> AsyncIterator[None]:
        """While a follower runs."""
        task = asyncio.create_task(self.follower().run(), name="follower")
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    def position(self) -> Position:
        return Position.decode(self.positions.stored["mail", self.settings.folder[0]])


async def until(true: Callable[[], bool], within: float = _WITHIN, *, every: float = 0.005) -> None:
    """Look quickly and often: what is waited for nearly always happens within milliseconds."""
    deadline = asyncio.get_running_loop().time() + within
    while not true():
        assert asyncio.get_running_loop().time() < deadline, f"not within {within:g} s"
        await asyncio.sleep(every)


def imap_settings(port: int, **others: Any) -> ImapSettings:
    """Of a server on this machine, without TLS unless `security` says otherwise."""
    written = {"host": "127.0.0.1", "port": port, "security": "none", "user": "help", "password": "secret", **others}
    if "oauth" in others:
        del written["password"]
    return ImapSettings.model_validate(written)
