"""One folder, followed for ever: whatever happens to the line, every mail in it is kept."""

import asyncio
import random
from collections.abc import Awaitable, Callable

import structlog

from channels.email.imap.backoff import until_reconnecting
from channels.email.imap.errors import ImapError
from channels.email.imap.mailbox import Mailbox
from channels.email.imap.position import Position
from channels.email.imap.receiving import Place, Ports, Receiving
from channels.email.imap.responses import Selected
from gateway.core.clock import Instant
from gateway.core.errors import StoreFailed, StoreUnavailable

_log = structlog.get_logger("relevo.imap")

_COUNT_EVERY = 900.0
"""Seconds between looks through the whole folder, which find what any other look has missed."""
_STEADY = 30.0
"""Seconds after which a connection that fails had been a good one. A line that is dead again after each look must not
lead to ever longer waits."""


class MailboxFollower:
    """Mails are known by UID and UIDVALIDITY, never by whether somebody has read them."""

    def __init__(
        self,
        place: Place,
        open_mailbox: Callable[[], Awaitable[Mailbox]],
        ports: Ports,
        *,
        chance: Callable[[], float] = random.random,
    ) -> None:
        """`chance` gives [0, 1) for the jitter."""
        self._place = place
        self._open_mailbox = open_mailbox
        self._ports = ports
        self._chance = chance
        self._count_due: Instant = 0.0
        self._counted_to = 0
        """The watermark of the last look through the whole folder."""
        self._fruitful = False
        """Whether this connection has brought a mail."""

    async def run(self) -> None:
        """Until cancelled. Raises StoreFailed."""
        failures = 0
        while True:
            began, self._fruitful = self._ports.clock.now(), False
            try:
                await self._follow()
            except StoreFailed:
                raise
            except StoreUnavailable as error:
                _log.warning("mails stay in the mailbox for now", folder=self._place.folder, why=str(error))
            except ImapError as error:
                self._ports.reports.troubled(self._place.folder, str(error))
            except Exception as error:
                _log.exception("a mailbox can't be followed by an error of ours", folder=self._place.folder)
                self._ports.reports.troubled(self._place.folder, f"{type(error).__name__}: {error}")
            steady = self._fruitful or self._ports.clock.now() - began >= _STEADY
            failures = 1 if steady else failures + 1
            await asyncio.sleep(until_reconnecting(failures, self._chance))

    async def _follow(self) -> None:
        """Over one connection, for as long as it lasts."""
        mailbox = await self._open_mailbox()
        try:
            while True:
                next_due = await self._look(mailbox)
                pause = next_due - self._ports.clock.now()
                await mailbox.idle(max(0.0, min(self._place.settings.poll, pause)))
        finally:
            await mailbox.close()

    async def _look(self, mailbox: Mailbox) -> Instant:
        """Receive what is new, then what is to be tried again; returns when there is something to do in any case."""
        now = self._ports.clock.now()
        opened = await mailbox.select(self._place.folder)
        receiving = Receiving(self._place, self._ports, mailbox, await self._position(opened))
        position = receiving.position
        count = now >= self._count_due
        found = await mailbox.uids_after(0 if count else position.last_uid, self._place.settings.since)
        new, due = position.unknown(found), position.due(now)
        await receiving.receive(new)
        await receiving.receive(due)
        self._fruitful = self._fruitful or receiving.position.settled != position.settled
        if count:
            await self._count(receiving, found)
            self._count_due = now + _COUNT_EVERY
        self._ports.reports.looked(self._place.folder, self._ports.clock.now())
        return min(self._count_due, receiving.position.next_due() or self._count_due)

    async def _position(self, opened: Selected) -> Position:
        known = await self._ports.positions.read(self._place.channel, self._place.folder)
        if known is not None and known.uidvalidity == opened.uidvalidity:
            return known
        if known is not None:
            _log.warning("a folder has new UIDs, all its mails are fetched anew", folder=self._place.folder)
        self._count_due = 0.0
        self._counted_to = 0
        return Position(opened.uidvalidity)

    async def _count(self, receiving: Receiving, found: list[int]) -> None:
        """Mails in the folder against those that were kept. What was no mail at the last count already, and isn't now,
        never will be one: so the position stays short."""
        missing = sum(uid not in receiving.position.settled for uid in found)
        self._ports.reports.counted(self._place.folder, len(found), missing)
        compact = receiving.position.settle_gaps(found, self._counted_to)
        if compact != receiving.position:
            receiving.position = compact
            await receiving.write()
        self._counted_to = receiving.position.last_uid
