"""The way out of a mail channel, over relays in memory that follow a script."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from channels.channel import Backstage, ChannelContext
from channels.email.answering import Answers, MailPost, Outbox
from channels.email.answering.outbox import MailSender
from channels.email.identity import MailIdentity
from channels.email.sending.relay import Relay
from channels.email.settings import EmailSettings
from channels.email.troubles import MailTroubles
from gateway.core.clock import Instant
from gateway.core.delivery import Case, Delivery, Kind
from gateway.core.errors import StoreUnavailable
from gateway.core.events import Event
from gateway.core.organisation import Organisation
from gateway.core.post import DeskContact, Outcome, Sent
from gateway.core.ticket import Attachment, Direction, Message
from gateway.core.tokens import TokenSigner
from tests.support.blobs import MemoryBlobs
from tests.support.clock import SetClock
from tests.support.outbox import Outbox as Deliveries
from tests.support.tickets import NOW, make_case, make_message

HELP = "help@example.org"
ANA = "ana.ortiz@example.org"
KEY = b"k" * 32
SUR = DeskContact("sur", "desk@sur.example", frozenset({"desk@sur.example"}), ticket_number=r"\[SUR#(\d+)\]")
SETTINGS = EmailSettings.model_validate(
    {"address": HELP, "listener": {"listen": "127.0.0.1:0"}, "smtp": {"host": "127.0.0.1", "security": "none"}}
)


@dataclass
class ScriptedRelay:
    """Answers as it is told, one outcome a mail, the last for ever; it keeps what it was given."""

    outcomes: list[Outcome] = field(default_factory=lambda: [Sent("queued")])
    given: list[tuple[str, str, bytes]] = field(default_factory=list)
    relay: Relay = field(default_factory=lambda: Relay("127.0.0.1", 1, "gateway.example.org"))

    async def send(self, envelope_from: str, recipients: Sequence[str], content: bytes) -> Outcome:
        (recipient,) = recipients
        self.given.append((envelope_from, recipient, content))
        return self.outcomes.pop(0) if len(self.outcomes) > 1 else self.outcomes[0]

    @property
    def mails(self) -> list[EmailMessage]:
        return [parsed(content) for _, _, content in self.given]


@dataclass
class Store(Deliveries):
    """What a channel asks of the store: how a delivery ended, and whose mails a ticket has."""

    header_ids_of: dict[str, list[str]] = field(default_factory=dict)
    cases: dict[str, Case] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    positions: dict[tuple[str, str], str] = field(default_factory=dict)
    busy: int = 0
    """So many more times it is too busy to hear that something is finished."""

    async def header_ids(self, ticket_id: str) -> list[str]:
        return self.header_ids_of.get(ticket_id, [])

    async def ticket(self, ticket_id: str) -> Case | None:
        return self.cases.get(ticket_id)

    async def mailbox_position(self, channel: str, folder: str) -> str | None:
        return self.positions.get((channel, folder))

    async def save_mailbox_position(self, channel: str, folder: str, position: str) -> None:
        self.positions[channel, folder] = position

    async def announce(self, events: Sequence[Event], notices: Sequence[Delivery] = ()) -> None:
        self.events += events

    async def finish(self, finishes: Any) -> list[bool]:
        if self.busy:
            self.busy -= 1
            raise StoreUnavailable("busy")
        return await super().finish(finishes)


@dataclass
class Counted:
    """The port MailMeasurements, as far as sending goes."""

    sent: list[str] = field(default_factory=list)

    def channel_succeeded(self, channel: str, at: Instant) -> None: ...
    def mail_read(self, channel: str, outcome: str) -> None: ...
    def mailbox_counted(self, channel: str, folder: str, mails: int, missing: int) -> None: ...
    def webhook_refused(self, channel: str, reason: str) -> None: ...

    def mail_sent(self, channel: str, outcome: str) -> None:
        self.sent.append(outcome)


@dataclass
class WayOut:
    """The channel `mail` of help@example.org, as far as it sends."""

    relays: Sequence[MailSender]
    settings: EmailSettings = SETTINGS
    organisation: Organisation = field(default_factory=lambda: Organisation("Ayuntamiento de Vega"))
    pages: bool = True

    def __post_init__(self) -> None:
        self.clock, self.store, self.counted = SetClock(NOW), Store(), Counted()
        self.blobs = MemoryBlobs(self.clock)
        self.context = ChannelContext(
            name="mail",
            intake=None,  # type: ignore[arg-type]  # nothing comes in here
            reads=self.store,
            routing=None,  # type: ignore[arg-type]
            signer=TokenSigner(KEY),
            clock=self.clock,
            measurements=None,  # type: ignore[arg-type]
            organisation=self.organisation,
            public_url="https://help.example.org",
            blobs=self.blobs,
            pages=self.pages,
        )
        backstage = Backstage(
            store=self.store,  # type: ignore[arg-type]  # what reading needs is not there
            measurements=self.counted,
            desks=lambda: [SUR],
            owed=lambda kind: None,
            failed=lambda error: None,
        )
        key = self.context.signer.derived_key("mail/threads")
        self.identity = MailIdentity("mail", HELP, None, key, lambda: ["sur"])
        self.troubles = MailTroubles("mail", self.store, self.clock)
        self.outbox = Outbox("mail", self.relays, self.counted, self.troubles)
        self.answers = Answers(self.settings, self.context, backstage, self.identity, self.outbox)
        self.post = MailPost(self.settings, self.context, backstage, self.identity, self.outbox, self.troubles)

    def keep(self, content: bytes, name: str = "informe.pdf", media_type: str = "application/pdf") -> Attachment:
        """A file that is in the blobs."""
        digest = f"{len(self.blobs.contents):064x}"
        self.blobs.contents[digest] = content
        return Attachment(name, media_type, len(content), digest)


@asynccontextmanager
async def way_out(*relays: MailSender, **given: Any) -> AsyncIterator[WayOut]:
    way = WayOut(relays or (ScriptedRelay(),), **given)
    try:
        yield way
    finally:
        await way.post.close()
        await way.troubles.said()


def acknowledgement(case: Case | None = None, **ticket: Any) -> Case:
    """What is owed for a new ticket."""
    case = case or make_case(**{"answer_by": "mail", **ticket})
    delivery = replace(
        case.delivery, kind=Kind.ACKNOWLEDGEMENT, target="mail", message_id=case.messages[0].id, due_at=NOW + 600.0
    )
    return replace(case, delivery=delivery)


def answer(body: str = "Reinicie el equipo.", *files: Attachment, case: Case | None = None, **ticket: Any) -> Case:
    """What is owed once a desk has replied."""
    case = case or make_case(**{"answer_by": "mail", **ticket})
    assert case.ticket is not None
    told = answering(case.ticket.id, len(case.messages) + 1, body, *files)
    delivery = replace(case.delivery, kind=Kind.ANSWER, target="mail", message_id=told.id, due_at=NOW + 600.0)
    return replace(case, delivery=delivery, messages=(*case.messages, told))


def answering(ticket_id: str, number: int, body: str, *files: Attachment) -> Message:
    """A desk's message."""
    of = make_message(ticket_id, number, body)
    return replace(
        of, direction=Direction.OUTBOUND, provider="sur", author="Luz, de Sur", at=NOW + 60.0, attachments=files
    )


def parsed(content: bytes) -> EmailMessage:
    """As a mail program reads it."""
    mail = message_from_bytes(content, policy=policy.default)
    assert isinstance(mail, EmailMessage)
    return mail


def text_of(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body is not None
    return str(body.get_content()).replace("\r\n", "\n")


def files_of(mail: EmailMessage) -> dict[str, bytes]:
    """The attachments by name."""
    return {str(part.get_filename()): part.get_payload(decode=True) for part in mail.iter_attachments()}  # type: ignore[misc]
