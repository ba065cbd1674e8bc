"""The outbox: what is still owed to somebody, by whom it is being done, and until when."""

from collections.abc import Mapping
from dataclasses import field
from enum import StrEnum

from gateway.core.clock import Instant
from gateway.core.handoff import Handoff, HandoffState, Outcome
from gateway.core.ticket import Message, Priority, Ticket
from gateway.core.values import dataclass


class Kind(StrEnum):
    """What is owed."""

    TICKET = "ticket"
    """A ticket, to an operative provider."""
    RESCUE = "rescue"
    """The same for a ticket whose provider failed it: a line of its own, so that it doesn't hold up new ones."""
    MESSAGE = "message"
    """A further message of the requester, to the provider that has the ticket."""
    RECONCILE = "reconcile"
    """The truth about an unknown outcome."""
    CONFIRM = "confirm"
    """A read-back: is the ticket still there, and does somebody work on it?"""
    WITHDRAW = "withdraw"
    """Telling a provider that somebody else has the ticket now."""
    NOTICE = "notice"
    """An alarm, to operations."""
    MAIL = "mail"
    """The reading of a raw mail; `payload` has its id under `mail`, `target` is the channel."""
    ACKNOWLEDGEMENT = "acknowledgement"
    """To the requester, by the channel `target`: the ticket is safe with us."""
    ANSWER = "answer"
    """A provider's message, to the requester, by the channel `target`."""
    CALL = "call"
    """What is left to do about a phone call, by the channel `target`: to learn its end, to fetch its recordings; or
    about a text message that came, to take it in with its files."""
    CALLBACK = "callback"
    """A call to the requester, by the channel `target`."""
    RECORD = "record"
    """A ticket whose requester a provider has spoken with, to that provider's own system."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One thing owed. While leased, `due_at` is the end of the lease: whoever comes then may claim it."""

    id: str
    kind: Kind
    due_at: Instant
    created_at: Instant
    ticket_id: str | None = None
    handoff_id: str | None = None
    message_id: str | None = None
    target: str | None = None
    """Provider (or alarm) it goes to, where that is fixed beforehand."""
    priority: Priority = Priority.NORMAL
    attempts: int = 0
    epoch: int = 0
    """Fencing: grows with each claim; a worker with an older one has lost its lease."""
    payload: Mapping[str, object] = field(default_factory=dict)
    reason: str | None = None
    """Why it waits."""


@dataclass(frozen=True, slots=True)
class Case:
    """A delivery with all that is needed to decide about it; ticket is None for a notice."""

    delivery: Delivery
    ticket: Ticket | None = None
    messages: tuple[Message, ...] = ()
    handoffs: tuple[Handoff, ...] = ()

    def handoff(self) -> Handoff | None:
        """The hand-off this delivery is about."""
        return next((each for each in self.handoffs if each.id == self.delivery.handoff_id), None)


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to act on a delivery."""

    delivery_id: str
    epoch: int


@dataclass(frozen=True, slots=True)
class ClaimRequest:
    """Up to `limit` due deliveries of `kinds`, leased until `lease_until`."""

    kinds: frozenset[Kind]
    limit: int
    now: Instant
    lease_until: Instant


@dataclass(frozen=True, slots=True)
class Begin:
    """An attempt about to be made, durable before the request leaves. Fenced by the lease, which it renews."""

    lease: Lease
    handoff: Handoff
    """New, or the same again with `attempts` grown; its state is STARTED."""
    lease_until: Instant
    reason: str
    """Why this provider, in the plan's words."""


@dataclass(frozen=True, slots=True)
class HandoffFact:
    """What was learned about a provider's copy. Facts are recorded whoever holds the lease."""

    handoff_id: str
    state: HandoffState
    at: Instant
    provider_reference: str | None = None
    reason: str | None = None
    confirmed: bool = False
    """Read back at the provider: it is there."""
    read_back_at: Instant | None = None
    """When an accepted copy is first to be read back; a quarter of a minute later unless given."""
    recorded: bool = False
    """Its provider's own system has been given the ticket: see `Handoff.to_record`."""


HANDING_OVER = frozenset({Kind.TICKET, Kind.RESCUE})
"""Kinds that end when a provider has the ticket."""


@dataclass(frozen=True, slots=True)
class Defer:
    """Give a delivery back, to be done at `due_at`. Fenced."""

    lease: Lease
    due_at: Instant
    reason: str
    attempted: bool = False
    """True when a try was made and failed, so that it counts towards quarantine."""


@dataclass(frozen=True, slots=True)
class Finish:
    """A delivery is done, or moot. Fenced."""

    lease: Lease


@dataclass(frozen=True, slots=True)
class Quarantine:
    """A delivery that nobody can make; a person has to look. Fenced."""

    lease: Lease
    reason: str
    at: Instant


@dataclass(frozen=True, slots=True)
class Quarantined:
    """An item in quarantine."""

    id: str
    kind: Kind
    ticket_id: str | None
    reference: str | None
    target: str | None
    reason: str
    attempts: int
    at: Instant
    place: str | None = None
    """Where a mail came from, such as `imap INBOX`; its channel is the target."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A provider's answer to an attempt."""

    outcome: Outcome
    reason: str
    provider_reference: str | None = None
    state: HandoffState = HandoffState.ACCEPTED
    """Of an accepted copy: accepted, picked up or resolved."""
    retry_after: float | None = None
    """Seconds for which the provider asked to be left alone."""
    again_after: float | None = None
    """Seconds for which it won't have this ticket, while it takes others."""
    explicit: bool = True
    """False when silence (a timeout) is all there was: softer evidence against the provider's health."""
    misconfigured: bool = False
    """The provider says that our address or credentials are wrong."""
    blameless: bool = False
    """It failed for want of means here, and says nothing of the provider's health."""
