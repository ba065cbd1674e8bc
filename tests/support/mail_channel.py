"""A mail channel over a real store and a real listener: mails are handed in by LMTP, and read when the test says so."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

from channels.email.channel import EmailChannel
from channels.email.identity import MailIdentity
from channels.email.settings import EmailSettings
from channels.email.threading.tokens import Party
from gateway.core.delivery import Begin, Case, HandoffFact, Kind, Lease, Quarantined
from gateway.core.handoff import Handoff, HandoffState
from gateway.core.ids import new_id
from gateway.core.ticket import Direction, Message, Ticket
from gateway.store import SqlStore
from tests.support.mail_listener import Dialogue
from tests.support.mail_parts import LEASE, SIGNER, MailParts, mail_parts

ADDRESS = "help@example.org"
OTHER_ADDRESS = "post@other.example"
ANA = "ana@example.net"
MX = "mx.example.org"


@dataclass
class MailRig:
    """The channel `mail` of help@example.org, and what is behind it; where it is wanted, also the channel `other` of
    post@other.example."""

    channel: EmailChannel
    parts: MailParts
    other: EmailChannel | None = None

    @property
    def store(self) -> SqlStore:
        return self.parts.store

    @property
    def identity(self) -> MailIdentity:
        """As the channel has it."""
        key = SIGNER.derived_key("mail/threads")
        return MailIdentity("mail", ADDRESS, None, key, lambda: [each.provider for each in self.parts.desks])

    # mails

    async def hand_in(self, content: bytes, *recipients: str, sender: str = ANA, other: bool = False) -> str:
        """By LMTP, to the channel `mail` or to the other; the reply to its content."""
        async with self.dialogue(other=other) as dialogue:
            await dialogue.envelope(*recipients or (ADDRESS,), sender=sender)
            lines = content.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n").replace(b"\r\n.", b"\r\n..")
            return await dialogue.say(lines + b"\r\n.")

    @asynccontextmanager
    async def dialogue(self, *, other: bool = False) -> AsyncIterator[Dialogue]:
        """A connection to the listener, greeted."""
        channel = self.other if other else self.channel
        assert channel is not None
        listens_on = channel.listens_on
        assert listens_on is not None
        dialogue = Dialogue(*await asyncio.open_connection(listens_on.host, listens_on.port))
        try:
            await dialogue.reply()
            await dialogue.say("LHLO mx.example.org")
            yield dialogue
        finally:
            dialogue.writer.close()

    async def read(self) -> int:
        """Whatever is to be read now; how many mails that was."""
        cases = await self.claim(Kind.MAIL)
        for case in cases:
            channel = self.other if case.delivery.target == "other" else self.channel
            assert channel is not None
            await channel.handlers()[Kind.MAIL](case)
        return len(cases)

    async def take(self, content: bytes, *recipients: str, sender: str = ANA, other: bool = False) -> str:
        """Hand it in, and have it read; what became of it, as it was measured."""
        reply = await self.hand_in(content, *recipients, sender=sender, other=other)
        assert reply.startswith("250 "), reply
        before = len(self.parts.told.read)
        await self.read()
        [outcome] = self.parts.told.read[before:]
        return outcome

    # what the store has

    async def claim(self, kind: Kind) -> list[Case]:
        return await self.parts.claim(kind)

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

    async def hand_over(
        self,
        ticket: Ticket,
        provider: str = "sur",
        number: str | None = None,
        state: HandoffState = HandoffState.ACCEPTED,
    ) -> Handoff:
        """That desk accepts it; or it has lost it since, or never had it."""
        now = self.parts.clock.now()
        case = next(each for each in await self.claim(Kind.TICKET) if each.ticket and each.ticket.id == ticket.id)
        lease = Lease(case.delivery.id, case.delivery.epoch)
        copy = Handoff(new_id(), ticket.id, provider, HandoffState.STARTED, now, messages_sent=case.messages[-1].number)
        assert await self.store.begin([Begin(lease, copy, now + LEASE, "the primary")]) == [True]
        first = HandoffState.ACCEPTED if state is HandoffState.LOST else state
        for each in dict.fromkeys((first, state)):
            await self.store.record([HandoffFact(copy.id, each, now, number, "it took the mail")])
        return copy

    async def forget_leases(self) -> None:
        """As after a crash: what was claimed and not ended is owed again."""
        self.parts.clock.at += LEASE + 1

    async def replies(self, ticket: Ticket) -> list[str]:
        """What the desks wrote to the requester."""
        return [each.body for each in await self.messages(ticket) if each.direction is Direction.OUTBOUND]

    # addresses and identifiers that were given out

    def reply_address(self, ticket: Ticket, desk: str = "") -> str:
        return self.identity.reply_address(ticket.reference, Party(desk))

    def message_id(self, ticket: Ticket, unique: str = "1", desk: str = "") -> str:
        return self.identity.message_id(ticket.reference, unique, Party(desk))


@asynccontextmanager
async def mail_rig(**settings: object) -> AsyncIterator[MailRig]:
    """Started; its relay is a port at which nobody listens."""
    written = {
        "address": ADDRESS,
        "listener": {"listen": "127.0.0.1:0"},
        "smtp": {"host": "127.0.0.1", "port": 1, "security": "none"},
        "authserv_id": MX,
        **settings,
    }
    async with mail_parts() as parts:
        channel = EmailChannel(EmailSettings.model_validate(written), parts.context, parts.backstage)
        try:
            await channel.start()
            yield MailRig(channel, parts)
        finally:
            await channel.stop(1.0)
            await channel.close()


@asynccontextmanager
async def two_mail_channels() -> AsyncIterator[MailRig]:
    """Of one gateway: either is told the other's addresses."""
    settings = {
        name: EmailSettings.model_validate(
            {
                "address": address,
                "listener": {"listen": "127.0.0.1:0"},
                "smtp": {"host": "127.0.0.1", "port": 1, "security": "none"},
                "authserv_id": MX,
            }
        )
        for name, address in (("mail", ADDRESS), ("other", OTHER_ADDRESS))
    }
    async with mail_parts() as parts:
        everywhere = tuple(each.mail_addresses for each in settings.values())
        mail, other = (
            EmailChannel(each, replace(parts.context, name=name, mail_addresses=everywhere), parts.backstage)
            for name, each in settings.items()
        )
        try:
            await mail.start()
            await other.start()
            yield MailRig(mail, parts, other)
        finally:
            for channel in (mail, other):
                await channel.stop(1.0)
                await channel.close()
