"""A mail channel over a real store and a real listener: mails are handed in by LMTP, and read when the test says so."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from channels.channel import Backstage, ChannelContext
from channels.email.channel import EmailChannel
from channels.email.identity import MailIdentity
from channels.email.settings import EmailSettings
from channels.email.threading.tokens import Party
from gateway.core.clock import Instant
from gateway.core.delivery import Begin, Case, ClaimRequest, HandoffFact, Kind, Lease, Quarantined
from gateway.core.errors import StoreFailed
from gateway.core.handoff import Handoff, HandoffState
from gateway.core.ids import new_id
from gateway.core.organisation import Organisation
from gateway.core.post import DeskContact
from gateway.core.ticket import Direction, Message, Priority, Terms, Ticket
from gateway.core.tokens import TokenSigner
from gateway.intake import IntakeDoor
from gateway.store import SqlStore
from tests.support.blobs import MemoryBlobs
from tests.support.mail_listener import Dialogue
from tests.support.simulation import Unmeasured
from tests.support.store import Heard, SetClock, inline_store

ADDRESS = "help@example.org"
ANA = "ana@example.net"
MX = "mx.example.org"
SUR = DeskContact(
    "sur",
    "mail",
    "desk@sur.example",
    frozenset({"desk@sur.example", "@agents.sur.example"}),
    ticket_number=r"\[SUR#(\d+)\]",
    picked_up="picked up",
    resolved="has been resolved",
)
_KEY = b"k" * 32
_LEASE = 600.0


class Promised:
    """The port Routing: one policy for all."""

    def terms(self, channel: str, language: str | None, category: str | None, priority: Priority) -> Terms:
        return Terms("default", 1.0, 5.0)

    def serving(self, policy: str) -> str | None:
        return None


@dataclass
class Told:
    """The port MailMeasurements, remembered."""

    read: list[str] = field(default_factory=list)
    counted: list[tuple[str, str, int, int]] = field(default_factory=list)
    succeeded_at: list[Instant] = field(default_factory=list)

    def channel_succeeded(self, channel: str, at: Instant) -> None:
        self.succeeded_at.append(at)

    def mail_read(self, channel: str, outcome: str) -> None:
        self.read.append(outcome)

    def mail_sent(self, channel: str, outcome: str) -> None: ...

    def mailbox_counted(self, channel: str, folder: str, mails: int, missing: int) -> None:
        self.counted.append((channel, folder, mails, missing))


@dataclass
class MailRig:
    """One channel, `mail`, of help@example.org, and what is behind it."""

    channel: EmailChannel
    store: SqlStore
    clock: SetClock
    heard: Heard
    blobs: MemoryBlobs
    told: Told
    desks: list[DeskContact]
    owed: list[Kind]
    failures: list[StoreFailed]

    @property
    def identity(self) -> MailIdentity:
        """As the channel has it."""
        key = TokenSigner(_KEY).derived_key("mail/threads")
        return MailIdentity("mail", ADDRESS, None, key, lambda: [each.provider for each in self.desks])

    # mails

    async def hand_in(self, content: bytes, *recipients: str, sender: str = ANA) -> str:
        """By LMTP; the reply to its content."""
        async with self.dialogue() as dialogue:
            await dialogue.envelope(*recipients or (ADDRESS,), sender=sender)
            lines = content.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n").replace(b"\r\n.", b"\r\n..")
            return await dialogue.say(lines + b"\r\n.")

    @asynccontextmanager
    async def dialogue(self) -> AsyncIterator[Dialogue]:
        """A connection to the listener, greeted."""
        listens_on = self.channel.listens_on
        assert listens_on is not None
        dialogue = Dialogue(*await asyncio.open_connection(listens_on.host, listens_on.port))
        try:
            await dialogue.reply()
            await dialogue.say("LHLO mx.example.org")
            yield dialogue
        finally:
            dialogue.writer.close()

    async def read(self, *, at: Instant | None = None) -> int:
        """Whatever is to be read by then; how many mails that was."""
        cases = await self.claim(Kind.MAIL, at=at)
        for case in cases:
            await self.channel.handlers()[Kind.MAIL](case)
        return len(cases)

    async def take(self, content: bytes, *recipients: str, sender: str = ANA) -> str:
        """Hand it in, and have it read; what became of it, as it was measured."""
        reply = await self.hand_in(content, *recipients, sender=sender)
        assert reply.startswith("250 "), reply
        before = len(self.told.read)
        await self.read()
        [outcome] = self.told.read[before:]
        return outcome

    # what the store has

    async def claim(self, kind: Kind, *, at: Instant | None = None) -> list[Case]:
        now = self.clock.now() if at is None else at
        return (await self.store.claim([ClaimRequest(frozenset({kind}), 100, now, now + _LEASE)]))[0]

    async def tickets(self) -> list[Ticket]:
        """Oldest first."""
        return list(reversed(await self.store.tickets(limit=1000)))

    async def ticket(self) -> Ticket:
        """The newest."""
        return (await self.tickets())[-1]

    async def messages(self, ticket: Ticket) -> Sequence[Message]:
        return (await self.case(ticket)).messages

    async def case(self, ticket: Ticket) -> Case:
        case = await self.store.ticket(ticket.id)
        assert case is not None
        return case

    async def quarantined(self) -> list[Quarantined]:
        return await self.store.quarantined()

    async def hand_over(self, ticket: Ticket, provider: str = "sur", number: str | None = None) -> Handoff:
        """That desk accepts it."""
        now = self.clock.now()
        case = next(each for each in await self.claim(Kind.TICKET) if each.ticket and each.ticket.id == ticket.id)
        lease = Lease(case.delivery.id, case.delivery.epoch)
        copy = Handoff(new_id(), ticket.id, provider, HandoffState.STARTED, now, messages_sent=case.messages[-1].number)
        assert await self.store.begin([Begin(lease, copy, now + _LEASE, "the primary")]) == [True]
        await self.store.record([HandoffFact(copy.id, HandoffState.ACCEPTED, now, number, "it took the mail")])
        return copy

    async def forget_leases(self) -> None:
        """As after a crash: what was claimed and not ended is owed again."""
        self.clock.at += _LEASE + 1

    async def replies(self, ticket: Ticket) -> list[str]:
        """What the desks wrote to the requester."""
        return [each.body for each in await self.messages(ticket) if each.direction is Direction.OUTBOUND]

    # addresses and identifiers that were given out

    def reply_address(self, ticket: Ticket, desk: str = "") -> str:
        return self.identity.reply_address(ticket.reference, Party(desk))

    def message_id(self, ticket: Ticket, unique: str = "1", desk: str = "") -> str:
        return self.identity.message_id(ticket.reference, unique, Party(desk))


@asynccontextmanager
async def mail_rig(
    *, store: SqlStore | None = None, clock: SetClock | None = None, **settings: object
) -> AsyncIterator[MailRig]:
    """Started; its relay is a port at which nobody listens."""
    clock = clock or SetClock(1_767_225_600.0)
    heard = Heard()
    store = store or inline_store(clock, [heard])
    told, desks, owed = Told(), [SUR], list[Kind]()
    failures: list[StoreFailed] = []
    await store.start()
    written = {
        "address": ADDRESS,
        "listener": {"listen": "127.0.0.1:0"},
        "smtp": {"host": "127.0.0.1", "port": 1, "security": "none"},
        "authserv_id": MX,
        **settings,
    }
    blobs = MemoryBlobs(clock)
    door = IntakeDoor(store, Promised(), clock, Unmeasured())
    context = ChannelContext(
        name="mail",
        intake=door,
        reads=store,
        routing=Promised(),
        signer=TokenSigner(_KEY),
        clock=clock,
        measurements=Unmeasured(),
        organisation=Organisation("Example"),
        public_url="http://127.0.0.1:8080",
        blobs=blobs,
    )
    backstage = Backstage(store=store, measurements=told, desks=lambda: desks, owed=owed.append, failed=failures.append)
    channel = EmailChannel(EmailSettings.model_validate(written), context, backstage)
    try:
        await channel.start()
        yield MailRig(channel, store, clock, heard, blobs, told, desks, owed, failures)
    finally:
        await channel.stop(1.0)
        await channel.close()
        await store.close()
