"""The mailboxes of a channel, each with what its followers need: names of its own, so that two of them may have folders
and mails of the same names and numbers."""

from collections.abc import AsyncIterable, Iterator
from dataclasses import replace

from channels.channel import Backstage, ChannelContext
from channels.email.imap.follower import MailboxFollower
from channels.email.imap.opening import open_mailbox
from channels.email.imap.position import Position
from channels.email.imap.receiving import Place, Ports
from channels.email.imap.settings import ImapSettings
from channels.email.oauth import TokenSource
from channels.email.raw import RawMails
from channels.email.troubles import MARKS, MailTroubles
from gateway.core.clock import Instant
from gateway.core.events import MailSkipped
from gateway.core.raw_mail import Kept, Origin


class FollowedMailbox:
    """One mailbox: the ports RawMails, Positions and MailboxReports of its followers. `alone` where the channel has no
    other, so that people need not be told which one is meant."""

    def __init__(
        self,
        settings: ImapSettings,
        mails: RawMails,
        context: ChannelContext,
        backstage: Backstage,
        troubles: MailTroubles,
        *,
        alone: bool,
    ) -> None:
        self._settings = settings
        self._mails = mails
        self._context = context
        self._backstage = backstage
        self._troubles = troubles
        self._shown_before = "" if alone else f"{settings.user} "
        self._account = f"{settings.user}@{settings.host.lower()}"

    def followers(self, tokens: TokenSource | None) -> Iterator[MailboxFollower]:
        """One for each folder, over a connection of its own."""
        ports = Ports(self, self, self, self._context.clock)
        for folder in self._settings.folder:
            place = Place(self._context.name, folder, self._settings)
            yield MailboxFollower(place, lambda: open_mailbox(self._settings, tokens), ports)

    async def keep(self, origin: Origin, content: AsyncIterable[bytes], *, ours: int = 0) -> Kept:
        return await self._mails.keep(self._here(origin), content, ours=ours)

    async def read(self, channel: str, folder: str) -> Position | None:
        stored = await self._backstage.store.mailbox_position(channel, self._named(folder))
        return Position.decode(stored) if stored is not None else None

    async def write(self, channel: str, folder: str, position: Position) -> None:
        await self._backstage.store.save_mailbox_position(channel, self._named(folder), position.encode())

    def looked(self, folder: str, at: Instant) -> None:
        self._backstage.measurements.channel_succeeded(self._context.name, at)
        self._troubles.recovered(self._part(folder))

    def counted(self, folder: str, mails: int, missing: int) -> None:
        shown = f"{self._shown_before}{folder}"
        self._backstage.measurements.mailbox_counted(self._context.name, shown, mails, missing)

    def troubled(self, folder: str, why: str) -> None:
        self._troubles.troubled(self._part(folder), why)

    def marked(self, folder: str) -> None:
        self._troubles.recovered(f"{MARKS}{self._part(folder)}")

    def unmarked(self, folder: str, why: str) -> None:
        self._troubles.troubled(f"{MARKS}{self._part(folder)}", why)

    async def skipped(self, origin: Origin, why: str) -> None:
        here = self._here(origin)
        skipped = MailSkipped(
            at=self._context.clock.now(), channel=here.channel, place=here.place, key=here.key, reason=why
        )
        await self._backstage.store.announce([skipped])

    def _here(self, origin: Origin) -> Origin:
        kind, _, folder = origin.place.partition(" ")
        return replace(origin, place=f"{kind} {self._shown_before}{folder}", key=self._named(origin.key))

    def _named(self, within: str) -> str:
        return f"{self._account}/{within}"

    def _part(self, folder: str) -> str:
        return f"imap {self._shown_before}{folder}"
