"""The JSON that the ops API answers. Instants are ISO 8601 in UTC; durations are seconds."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, PlainSerializer, WithJsonSchema

from gateway.core.clock import iso
from gateway.core.delivery import Kind
from gateway.core.handoff import HandoffState
from gateway.core.provider import HealthState
from gateway.core.ticket import Direction, TicketState

Moment = Annotated[
    float,
    PlainSerializer(iso, return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time"}, mode="serialization"),
]


class Shape(BaseModel):
    """Read from our own dataclasses by the names of their fields."""

    model_config = ConfigDict(from_attributes=True, frozen=True)


class Alive(Shape):
    """The process answers."""

    status: str = "alive"


class CheckResult(Shape):
    """One thing that readiness depends on; one that is `ok` may have a `reason` to be looked at all the same."""

    name: str
    ok: bool
    reason: str | None


class Readiness(Shape):
    """Whether the gateway can keep its promises now."""

    ready: bool
    checks: list[CheckResult]


class Reloaded(Shape):
    """The configuration in force."""

    digest: str


class TicketRow(Shape):
    """A ticket in a list: no personal data."""

    reference: str
    state: TicketState
    channel: str
    language: str | None
    category: str | None
    priority: str
    policy: str
    provider: str | None
    """Who has it."""
    received_at: Moment
    due_at: Moment
    handed_off_at: Moment | None
    reason: str | None


class TicketList(Shape):
    """One page, newest first."""

    tickets: list[TicketRow]
    next: str | None
    """The `before` of the next page; null on the last."""


class HandoffShape(Shape):
    """One provider's copy of a ticket."""

    id: str
    provider: str
    state: HandoffState
    attempts: int
    messages_sent: int
    provider_reference: str | None
    started_at: Moment
    answered_at: Moment | None
    confirmed_at: Moment | None
    picked_up_at: Moment | None
    superseded: bool
    reason: str | None


class RequesterShape(Shape):
    """Who asks."""

    name: str | None
    email: str | None
    phone: str | None


class AttachmentShape(Shape):
    """A file of a message, never its content; its name is withheld like the message's text."""

    name: str | None
    media_type: str
    size: int
    digest: str


class MessageShape(Shape):
    """One message; its text and author are withheld where no token protects them."""

    id: str
    number: int
    direction: Direction
    channel: str
    provider: str | None
    at: Moment
    author: str | None
    body: str | None
    authenticated: str | None = None
    """Of a message that came by mail, what is known of its sender: `dkim example.org`, `no`, or `failed` where the
    domain disowns the mail."""
    attachments: list[AttachmentShape]


class TicketDetail(TicketRow):
    """A ticket with its copies and its conversation."""

    hedge_at: Moment
    handoffs: list[HandoffShape]
    messages: list[MessageShape]
    withheld: bool
    """True where personal data was left out, since no token is configured."""
    subject: str | None
    requester: RequesterShape | None
    metadata: dict[str, str] | None


class Try(Shape):
    """What became of the copy at one provider."""

    provider: str
    state: HandoffState
    attempts: int
    reason: str | None


class OverdueRow(TicketRow):
    """A ticket past its contracted time, and why."""

    seconds_late: float
    tries: list[Try]


class OverdueList(Shape):
    """Longest overdue first."""

    overdue: list[OverdueRow]


class ProviderShape(Shape):
    """A provider's health."""

    name: str
    state: HealthState
    reason: str
    since: Moment
    share: float


class ProviderList(Shape):
    """Every provider of the configuration."""

    providers: list[ProviderShape]


class PolicyShape(Shape):
    """A policy in force, who serves it, and its computed bounds."""

    name: str
    providers: tuple[str, ...]
    serving: str | None
    takeover_within: float
    hedge_after: float
    bounds: dict[str, float]


class PolicyList(Shape):
    """Every policy, in the order in which they are tried."""

    policies: list[PolicyShape]


class TakeoverShape(Shape):
    """The evidence of one takeover."""

    id: str
    policy: str
    from_provider: str
    to_provider: str | None
    last_good_at: Moment | None
    first_bad_at: Moment
    detected_at: Moment
    switched_at: Moment
    detection_bound: float
    ticket_bound: float
    first_ticket_at: Moment | None
    last_ticket_at: Moment | None
    rescue_size: int
    rescue_bound: float
    rescued: int
    rescued_at: Moment | None
    slowest_ticket: float | None
    doubles: int
    doubles_withdrawn: int
    failback_at: Moment | None
    ended_at: Moment | None
    met: bool | None
    failed_assumption: str | None


class TakeoverList(Shape):
    """Newest first."""

    takeovers: list[TakeoverShape]


class QuarantineShape(Shape):
    """An item that a person has to look at."""

    id: str
    kind: Kind
    reference: str | None
    target: str | None
    place: str | None
    """Where a mail came from; its channel is the target."""
    reason: str
    attempts: int
    at: Moment


class QuarantineList(Shape):
    """Everything in quarantine."""

    quarantine: list[QuarantineShape]


class Released(Shape):
    """The item that is on its way again."""

    id: str


class Replayed(Shape):
    """How many mails are read again."""

    mails: int


class CloudEvent(Shape):
    """An event of the stream as CloudEvents 1.0; `id` is its place in the stream."""

    specversion: str
    id: str
    source: str
    type: str
    time: Moment
    subject: str | None
    """The ticket's reference."""
    datacontenttype: str
    data: dict[str, Any]
