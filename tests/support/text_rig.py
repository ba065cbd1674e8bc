"""A channel of text messages over a real store and a real listener, with Twilio on this machine: webhooks are signed by
its library, and what is owed is done when the test says so."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any, cast

from channels.channel import BackstageStore
from channels.phone.messaging.channel import TextChannel
from channels.phone.messaging.service import Service
from channels.phone.settings import TextSettings
from gateway.core.calls import CallChange, CallKept
from gateway.core.delivery import Begin, Case, HandoffFact, Kind, Lease, Quarantined
from gateway.core.errors import StoreUnavailable
from gateway.core.handoff import Handoff, HandoffState
from gateway.core.ids import new_id
from gateway.core.provider import ProviderReport, ReportResult, ReportType
from gateway.core.ticket import Attachment, Message, Ticket
from gateway.store import SqlStore
from tests.support.listening import Listening, listening, status
from tests.support.mail_parts import LEASE, MailParts, mail_parts
from tests.support.twilio_api import ACCOUNT_SID, AUTH_TOKEN, FakeTwilio, fake_twilio, sid
from tests.support.twilio_webhooks import Post, signed_form

NUMBER = "+34910000000"
ANA = "+34600111222"
NAME = "texts"


class Door:
    """The store, as the channel has it: while it is `shut`, nothing of a message can be kept."""

    shut = False
    closes_after: int | None = None
    """So many more steps are kept; the next ends as if the gateway were killed."""

    def __init__(self, store: SqlStore) -> None:
        self._store = store
        self.looked = asyncio.Event()
        """Set whenever the channel notes how far it has looked for missed messages."""

    async def keep_call(self, change: CallChange) -> CallKept:
        if self.shut:
            raise StoreUnavailable("the disk is full")
        if self.closes_after is not None:
            if self.closes_after == 0:
                raise OSError("killed")
            self.closes_after -= 1
        return await self._store.keep_call(change)

    async def save_mailbox_position(self, channel: str, folder: str, position: str) -> None:
        await self._store.save_mailbox_position(channel, folder, position)
        self.looked.set()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


@dataclass
class TextRig:
    """The channel `texts`, and what is behind it."""

    channel: TextChannel
    parts: MailParts
    door: Door
    twilio: FakeTwilio
    here: Listening
    service: Service

    @property
    def store(self) -> SqlStore:
        return self.parts.store

    # messages that come in

    def webhook(self, body: str = "No me funciona el correo", *, sender: str = ANA, **form: str) -> Post:
        """As Twilio posts it; of a new message, unless `form` has its MessageSid."""
        message_sid = form.get("MessageSid") or sid("SM")
        told = {
            "AccountSid": ACCOUNT_SID,
            "ApiVersion": "2010-04-01",
            "Body": body,
            "From": self.service.written(sender) if sender.startswith("+") else sender,
            "MessageSid": message_sid,
            "NumMedia": "0",
            "NumSegments": "1",
            "SmsMessageSid": message_sid,
            "SmsSid": message_sid,
            "SmsStatus": "received",
            "To": self.service.written(NUMBER),
        }
        return signed_form(told | form, f"/channels/{NAME}/message", base=self.parts.context.public_url)

    async def post(self, post: Post) -> int:
        """The status of the answer."""
        return status(await self.answer(post))

    async def answer(self, post: Post) -> bytes:
        """The whole answer."""
        headers = {"Host": "relevo.example", **post.headers, "Connection": "close"}
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        head = f"POST {post.path} HTTP/1.1\r\n{lines}Content-Length: {len(post.body)}\r\n\r\n"
        return await self.here.raw(head.encode() + post.body)

    async def text(self, body: str = "No me funciona el correo", *, sender: str = ANA, **form: str) -> Ticket | None:
        """One comes and is taken in; the newest ticket, where there is any."""
        assert await self.post(self.webhook(body, sender=sender, **form)) == 200
        await self.do(Kind.CALL)
        return next(iter(await self.tickets()), None)

    async def ticket(self, body: str = "No me funciona el correo", **form: str) -> Ticket:
        """The ticket that it opens."""
        ticket = await self.text(body, **form)
        assert ticket is not None
        return ticket

    # what is owed

    async def do(self, *kinds: Kind) -> int:
        """Whatever of these kinds is due now; how many that was."""
        done = 0
        for kind in kinds:
            for case in await self.parts.claim(kind):
                await self.channel.handlers()[kind](case)
                done += 1
        return done

    async def later(self, seconds: float, *kinds: Kind) -> int:
        """What of these kinds is due after a while."""
        self.parts.clock.at += seconds
        return await self.do(*kinds)

    async def catch_up(self) -> None:
        """What the channel does by itself, until it has looked for missed messages once."""
        self.door.looked.clear()
        running = asyncio.create_task(self.channel.run())
        try:
            await asyncio.wait_for(self.door.looked.wait(), 5)
        finally:
            running.cancel()

    # the desk

    async def reply(self, ticket: Ticket, body: str, *attachments: Attachment) -> None:
        """The desk `sur`, which has the ticket from now on, writes to the requester."""
        await self._hand_over(ticket)
        report = ProviderReport(
            "sur",
            new_id(),
            ReportType.REPLIED,
            self.parts.clock.now(),
            reference=ticket.reference,
            body=body,
            attachments=attachments,
        )
        assert await self.parts.context.intake.report(report) is ReportResult.APPLIED

    async def resolve(self, ticket: Ticket) -> None:
        await self._hand_over(ticket)
        at = self.parts.clock.now()
        report = ProviderReport("sur", new_id(), ReportType.RESOLVED, at, reference=ticket.reference)
        assert await self.parts.context.intake.report(report) is ReportResult.APPLIED

    async def _hand_over(self, ticket: Ticket) -> None:
        now = self.parts.clock.now()
        case = next(
            (each for each in await self.parts.claim(Kind.TICKET) if each.delivery.ticket_id == ticket.id), None
        )
        if case is None:
            return  # it has it
        lease = Lease(case.delivery.id, case.delivery.epoch)
        copy = Handoff(new_id(), ticket.id, "sur", HandoffState.STARTED, now, messages_sent=case.messages[-1].number)
        assert await self.store.begin([Begin(lease, copy, now + LEASE, "the primary")]) == [True]
        await self.store.record([HandoffFact(copy.id, HandoffState.ACCEPTED, now, "SUR-1")])

    # status callbacks

    async def tell(self, made: Mapping[str, Any], message_status: str, code: str = "") -> int:
        """What Twilio tells of a message that we had it send."""
        told = {
            "AccountSid": ACCOUNT_SID,
            "ApiVersion": "2010-04-01",
            "From": made["from"],
            "MessageSid": made["sid"],
            "MessageStatus": message_status,
            "SmsSid": made["sid"],
            "SmsStatus": message_status,
            "To": made["to"],
            **({"ErrorCode": code} if code else {}),
        }
        url = self.parts.context.public_url
        return await self.post(signed_form(told, str(made["callback"]).removeprefix(url), base=url))

    # what there is

    async def tickets(self) -> list[Ticket]:
        """Newest first."""
        return list(await self.store.tickets(limit=1000))

    async def case(self, ticket: Ticket) -> Case:
        case = await self.store.ticket(ticket.id)
        assert case is not None
        return case

    async def messages(self, ticket: Ticket) -> list[Message]:
        return list((await self.case(ticket)).messages)

    async def quarantined(self) -> list[Quarantined]:
        return await self.store.quarantined()

    @property
    def sent(self) -> list[dict[str, Any]]:
        """Messages of ours that Twilio has taken, oldest first."""
        return [each for each in reversed(self.twilio.messages) if each["direction"] != "inbound"]


@asynccontextmanager
async def text_rig(
    service: Service = Service.SMS, *, pages: bool = False, **settings: object
) -> AsyncIterator[TextRig]:
    """Opened; `pages` as with a web channel."""
    async with mail_parts() as parts, fake_twilio(parts.clock) as twilio:
        written = {
            "account_sid": ACCOUNT_SID,
            "auth_token": AUTH_TOKEN,
            "numbers": [NUMBER],
            "api": twilio.url,
            "allow_private": True,
            **settings,
        }
        context = replace(parts.context, name=NAME, pages=pages)
        door = Door(parts.store)
        backstage = replace(parts.backstage, store=cast("BackstageStore", door))
        channel = TextChannel(TextSettings.model_validate(written), service, context, backstage)
        try:
            async with listening(channel.routes()) as here:
                yield TextRig(channel, parts, door, twilio, here, service)
        finally:
            await channel.stop(1.0)
            await channel.close()
