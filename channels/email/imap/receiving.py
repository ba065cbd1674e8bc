"""Taking mails out of an open folder: fetched, kept, and only then marked (P1)."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import structlog

from channels.email.imap.backoff import TRIES
from channels.email.imap.errors import CommandRefused, ConnectionFailed, MailGone, MailTooLarge
from channels.email.imap.mailbox import FetchedMail, Mailbox
from channels.email.imap.position import Position, Positions
from channels.email.imap.reports import MailboxReports
from channels.email.imap.settings import After, ImapSettings
from channels.email.raw import RawMails
from gateway.core.clock import Clock, Instant
from gateway.core.errors import ContentTooLarge, StoreFailed, StoreUnavailable
from gateway.core.raw_mail import Origin
from gateway.core.values import dataclass

_log = structlog.get_logger("relevo.imap")

BATCH = 16
"""Mails that are kept together, then marked together; of each at most 1 MiB lies in memory."""


@dataclass(frozen=True, slots=True)
class Ports:
    """What a follower works with."""

    mails: RawMails
    positions: Positions
    reports: MailboxReports
    clock: Clock


@dataclass(frozen=True, slots=True)
class Place:
    """A folder, and what the administrator wants of it."""

    channel: str
    folder: str
    settings: ImapSettings

    def origin(self, uidvalidity: int, uid: int, received_at: Instant) -> Origin:
        key = f"{self.folder}/{uidvalidity}/{uid}"
        return Origin(self.channel, f"imap {self.folder}", key, received_at)


class Receiving:
    """From one open folder, over one connection."""

    def __init__(self, place: Place, ports: Ports, mailbox: Mailbox, position: Position) -> None:
        self.position = position
        """As it is now; on disk at the end of `receive`."""
        self._place = place
        self._ports = ports
        self._mailbox = mailbox

    async def receive(self, uids: Sequence[int]) -> None:
        """These mails. One that can't be had waits or is skipped, and the others go on.

        Raises ConnectionFailed, StoreUnavailable and StoreFailed. What was kept but not marked by then will be fetched
        again, and be a duplicate.
        """
        for begin in range(0, len(uids), BATCH):
            kept = await self._keep_all(uids[begin : begin + BATCH])
            await self._mark(kept)
            self.position = self.position.settle(mail.facts.uid for mail in kept)
            await self.write()

    async def write(self) -> None:
        """The position, to disk."""
        await self._ports.positions.write(self._place.channel, self._place.folder, self.position)

    async def _keep_all(self, uids: Sequence[int]) -> list[FetchedMail]:
        """Those that are on disk now. A mail that isn't whole yet is kept while it comes, the others all at once."""
        whole: list[FetchedMail] = []
        kept: list[FetchedMail] = []
        try:
            for uid in uids:
                async with self._attempt(uid):
                    mail = await self._mailbox.fetch(uid, self._place.settings.largest)
                    if mail.whole:
                        whole.append(mail)
                    else:
                        await self._keep(mail)
                        kept.append(mail)
        except ConnectionFailed:
            self.position = self.position.put_back(uids, self._ports.clock.now())
            await self.write()
            raise
        keeping = await asyncio.gather(*(self._keep_whole(mail, kept) for mail in whole), return_exceptions=True)
        for failure in keeping:
            if failure is not None:
                raise failure
        return kept

    async def _keep_whole(self, mail: FetchedMail, kept: list[FetchedMail]) -> None:
        async with self._attempt(mail.facts.uid):
            await self._keep(mail)
            kept.append(mail)

    async def _keep(self, mail: FetchedMail) -> None:
        facts = mail.facts
        received_at = self._ports.clock.now() if facts.received_at is None else facts.received_at
        origin = self._place.origin(self.position.uidvalidity, facts.uid, received_at)
        await self._ports.mails.keep(origin, mail.content())

    @asynccontextmanager
    async def _attempt(self, uid: int) -> AsyncIterator[None]:
        """One at one mail: what goes wrong with it concerns no other (P6), unless the connection or the store fails."""
        try:
            yield
        except (StoreUnavailable, StoreFailed):
            raise
        except MailGone:
            self.position = self.position.settle([uid])
        except (MailTooLarge, ContentTooLarge) as error:
            await self._skip(uid, str(error))
        except ConnectionFailed as error:
            # It may be this mail that the server can't give, each time: so it counts, and waits while others go on.
            await self._failed(uid, str(error))
            raise
        except Exception as error:
            if not isinstance(error, CommandRefused):
                _log.exception("a mail could not be kept by an error of ours", folder=self._place.folder, uid=uid)
            await self._failed(uid, str(error) or type(error).__name__)

    async def _failed(self, uid: int, why: str) -> None:
        if self.position.attempts(uid) + 1 >= TRIES:
            await self._skip(uid, why)
        else:
            self.position = self.position.fail(uid, self._ports.clock.now())
            _log.warning("a mail can't be fetched for now", folder=self._place.folder, uid=uid, why=why)

    async def _skip(self, uid: int, why: str) -> None:
        origin = self._place.origin(self.position.uidvalidity, uid, self._ports.clock.now())
        await self._ports.reports.skipped(origin, why)
        self.position = self.position.skip(uid)

    async def _mark(self, kept: Sequence[FetchedMail]) -> None:
        """A server that refuses that has no mail unkept: it is reported, and the mails are left as they are."""
        settings, uids = self._place.settings, [mail.facts.uid for mail in kept]
        if settings.after is After.SEEN:
            uids = [mail.facts.uid for mail in kept if "\\seen" not in mail.facts.flags]
        if not uids:
            return
        try:
            if settings.after is After.SEEN:
                await self._mailbox.mark_seen(uids)
            elif settings.move_to is not None:
                await self._mailbox.move(uids, settings.move_to)
            elif settings.after is After.DELETE:
                await self._mailbox.delete(uids)
        except CommandRefused as error:
            self._ports.reports.unmarked(self._place.folder, f"mails were kept, but can't be marked: {error}")
        else:
            self._ports.reports.marked(self._place.folder)
