"""Tickets, the messages in them, and who asks."""

from collections.abc import Mapping
from dataclasses import field
from enum import IntEnum, StrEnum

from gateway.core.clock import Instant
from gateway.core.values import dataclass


class Priority(IntEnum):
    """How urgent a ticket is; higher is handed off first."""

    LOW = 0
    NORMAL = 1
    HIGH = 2
    URGENT = 3

    @property
    def label(self) -> str:
        """`normal`: the name used in config, API and metrics."""
        return self.name.lower()


class TicketState(StrEnum):
    """Where a ticket stands."""

    WAITING = "waiting"
    """No operative provider is known to have it."""
    HANDED_OFF = "handed_off"
    RESOLVED = "resolved"
    QUARANTINED = "quarantined"
    """Nobody could take it; a person has to look (see the quarantine)."""


class Direction(StrEnum):
    """Which way a message went, seen from the organisation."""

    INBOUND = "inbound"
    OUTBOUND = "outbound"


@dataclass(frozen=True, slots=True)
class Requester:
    """The person who asks. Personal data: kept out of events, logs and metrics."""

    name: str | None = None
    email: str | None = None
    phone: str | None = None

    @property
    def is_unknown(self) -> bool:
        return self.name is None and self.email is None and self.phone is None


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that came with a message. Its content is a blob."""

    name: str
    """What the sender called it: data to be shown, never a path."""
    media_type: str
    """As the sender declared it, in lower case without parameters."""
    size: int
    """Bytes."""
    digest: str
    """SHA-256 of the content in hexadecimal digits: the blob's name."""


@dataclass(frozen=True, slots=True)
class Message:
    """One communication inside a ticket."""

    id: str
    ticket_id: str
    number: int
    """1 for the message that opened the ticket; the store numbers the others."""
    direction: Direction
    channel: str
    body: str
    at: Instant
    author: str | None = None
    provider: str | None = None
    """The provider that wrote it, for an outbound message."""
    attachments: tuple[Attachment, ...] = ()


@dataclass(frozen=True, slots=True)
class Terms:
    """What the policy promises for one ticket, fixed at intake."""

    policy: str
    hedge_after: float
    """Seconds from durable acceptance that one provider may keep the ticket unanswered before the next is asked too."""
    takeover_within: float
    """The contracted time T: seconds from durable acceptance to an operative provider's hands."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """One conversation with one requester about one matter."""

    id: str
    reference: str
    channel: str
    subject: str
    requester: Requester
    received_at: Instant
    policy: str
    hedge_at: Instant
    due_at: Instant
    """When the contracted time ends."""
    language: str | None = None
    category: str | None = None
    priority: Priority = Priority.NORMAL
    metadata: Mapping[str, str] = field(default_factory=dict)
    state: TicketState = TicketState.WAITING
    handed_off_at: Instant | None = None
    reason: str | None = None
    """Why it waits or lies in quarantine; facts only, never personal data."""
    answer_by: str | None = None
    """The channel that carries answers to the requester; None where they are only shown on the requester's page."""


@dataclass(frozen=True, slots=True)
class DedupeKey:
    """What makes a message the same message when it comes again."""

    scope: str
    key: str
    fingerprint: str
    """Hash of the content: the same key with another fingerprint is a conflict, not a duplicate."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """So many of something within a while, counted in the store under `key` (a digest, never personal data)."""

    key: str
    most: int
    within: float
    """Seconds."""


@dataclass(frozen=True, slots=True)
class InboundMessage:
    """What a channel made of what came in: verified, bounded, normalised."""

    channel: str
    body: str
    subject: str = ""
    requester: Requester = Requester()
    language: str | None = None
    category: str | None = None
    priority: Priority = Priority.NORMAL
    metadata: Mapping[str, str] = field(default_factory=dict)
    attachments: tuple[Attachment, ...] = ()
    """Their blobs are durable already."""
    dedupe: DedupeKey | None = None
    ticket_id: str | None = None
    """The ticket it continues, when the channel has proved that; else it opens one."""
    most_messages: int | None = None
    """As many as a requester may write into one ticket: one more is not taken. None for any number."""
    received_at: Instant | None = None
    """When it was made durable, where that was before now: what was promised counts from then."""
    answer_by: str | None = None
    """See Ticket."""
    acknowledge: tuple[Allowance, ...] = ()
    """An acknowledgement of the new ticket is owed by `answer_by`, if each of these has one left; none where empty."""
    held_until: Instant | None = None
    """Until when the new ticket is owed to nobody, unless it is released before: its requester is on the phone. What
    was promised counts from then."""


@dataclass(frozen=True, slots=True)
class Intake:
    """One inbound message as rows to be: a new ticket with its first message, or a further message of one."""

    message: Message
    ticket: Ticket | None = None
    dedupe: DedupeKey | None = None
    most_messages: int | None = None
    acknowledge: tuple[Allowance, ...] = ()
    held_until: Instant | None = None
    """See InboundMessage, for all three."""


class Acceptance(StrEnum):
    """What became of an intake."""

    NEW = "new"
    DUPLICATE = "duplicate"
    CONFLICT = "conflict"
    """The dedupe key came before with other content; nothing was stored."""
    FULL = "full"
    """The ticket has as many messages as it may; nothing was stored."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """The store's word that an intake is on disk, unless it is a conflict or the ticket is full. A duplicate gets the
    first one's facts."""

    acceptance: Acceptance
    ticket_id: str
    reference: str
    message_id: str
    received_at: Instant
