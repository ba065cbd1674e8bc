"""Typed events: one per fact. The stream, the log line, the metric and the alarm all come from them.

They carry ids, names of configuration and figures, never personal data: a person can be erased while stream and
evidence stay whole.
"""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, ClassVar

from gateway.core.clock import Instant
from gateway.core.handoff import HandoffState
from gateway.core.values import dataclass

_COMMON = frozenset({"at", "ticket_id", "reference"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A fact, at an instant; `ticket_id` and `reference` where it concerns one ticket."""

    type: ClassVar[str]
    at: Instant
    ticket_id: str | None = None
    reference: str | None = None

    def data(self) -> dict[str, Any]:
        """What the event says beyond type, instant and ticket, ready for JSON."""
        kind = type(self)
        names = _NAMES.get(kind)
        if names is None:
            names = _NAMES[kind] = tuple(each.name for each in fields(self) if each.name not in _COMMON)
        return {name: getattr(self, name) for name in names}


_NAMES: dict[type[Event], tuple[str, ...]] = {}
"""What each kind of event says beyond that: looked up thousands of times a second."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """An event with its place in the stream; `seq` grows, with gaps allowed."""

    seq: int
    event: Event
    data: Mapping[str, Any]
    """As `event.data()`; made once for all who write it somewhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketReceived(Event):
    """A request is on disk as a new ticket."""

    type: ClassVar[str] = "ticket.received"
    channel: str
    policy: str
    language: str | None
    category: str | None
    priority: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageReceived(Event):
    """The requester wrote again."""

    type: ClassVar[str] = "message.received"
    channel: str
    message_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DuplicateReceived(Event):
    """The same message came again and was answered as the first time."""

    type: ClassVar[str] = "message.duplicate"
    channel: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HandoffStarted(Event):
    """An attempt at a provider is about to leave."""

    type: ClassVar[str] = "handoff.started"
    handoff_id: str
    provider: str
    attempt: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HandoffChanged(Event):
    """A provider's copy has a new state; `seconds` from durable acceptance, `attempt_seconds` of this attempt."""

    type: ClassVar[str] = "handoff.changed"
    handoff_id: str
    provider: str
    state: HandoffState
    provider_reference: str | None
    reason: str | None
    seconds: float
    attempt_seconds: float
    first: bool = False
    """True where this put the ticket into a provider's hands for the first time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HandoffConfirmed(Event):
    """Read back at the provider: it is there."""

    type: ClassVar[str] = "handoff.confirmed"
    handoff_id: str
    provider: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HandoffKept(Event):
    """Its provider had failed, is back before another had the ticket, and keeps it."""

    type: ClassVar[str] = "handoff.kept"
    handoff_id: str
    provider: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DoubleDetected(Event):
    """Two providers have a live copy; `surplus` is the one to be withdrawn, at `provider`."""

    type: ClassVar[str] = "handoff.double"
    provider: str
    surplus: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketRescued(Event):
    """A failed provider had it and nobody had picked it up: it goes to a backup."""

    type: ClassVar[str] = "ticket.rescued"
    provider: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketReopened(Event):
    """The requester wrote again about what `provider` had resolved, or, where there is none, about what was closed."""

    type: ClassVar[str] = "ticket.reopened"
    provider: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketReplied(Event):
    """A provider wrote to the requester."""

    type: ClassVar[str] = "ticket.replied"
    provider: str
    message_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageBounced(Event):
    """A mail of ours about this ticket did not arrive, or is late: it was to `party`, a desk's name or `requester`."""

    type: ClassVar[str] = "message.bounced"
    channel: str
    party: str
    action: str
    """`failed` or `delayed`."""
    status: str
    """Enhanced status code, such as 5.1.1; "" where none is known."""
    hard: bool
    """Another try to the same address can't mend it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageDoubtful(Event):
    """What is owed to `party`, a desk's name, about this ticket was sent as often as is fit, and may have arrived every
    time: it counts as told from here on."""

    type: ClassVar[str] = "message.doubtful"
    party: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MailNoted(Event):
    """A mail that became no message: `kind` says why, such as `own`, `receipt` or `desk_automatic`."""

    type: ClassVar[str] = "mail.noted"
    channel: str
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MailSkipped(Event):
    """A mail in a mailbox was given up: it is there still, and was not taken."""

    type: ClassVar[str] = "mail.skipped"
    channel: str
    place: str
    key: str
    """Which one, in the mailbox's own numbers."""
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelTroubled(Event):
    """A part of a channel (`imap INBOX`, `token`, `smtp`) does not work; it is tried again by itself."""

    type: ClassVar[str] = "channel.troubled"
    channel: str
    part: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelRecovered(Event):
    """A part of a channel that was in trouble works again."""

    type: ClassVar[str] = "channel.recovered"
    channel: str
    part: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CallEvent(Event):
    """A step of a phone call; `call` is its CallSid."""

    channel: str
    call: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CallReceived(CallEvent):
    """Somebody calls; told with the call's ticket, which is opened before anybody is dialled."""

    type: ClassVar[str] = "call.received"


@dataclass(frozen=True, slots=True, kw_only=True)
class CallChose(CallEvent):
    """The caller has chosen by key: `what` is `language`, `category`, `reference`, `callback` or `message`, and `value`
    the choice, where it is one of the configuration's."""

    type: ClassVar[str] = "call.chose"
    what: str
    value: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CallDialled(CallEvent):
    """A provider's phone is dialled; `attempt` counts from 1."""

    type: ClassVar[str] = "call.dialled"
    provider: str
    attempt: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CallAnswered(CallEvent):
    """A provider's agent is on the line, `waited` seconds after the call began."""

    type: ClassVar[str] = "call.answered"
    provider: str
    waited: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CallLegEnded(CallEvent):
    """How dialling a provider ended: `answered`, `busy`, `no_answer`, `failed`, `not_accepted`, `left`, `canceled`."""

    type: ClassVar[str] = "call.leg_ended"
    provider: str
    result: str
    sip_code: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CallEnded(CallEvent):
    """A call is over. `waiting`, `ringing`, `talking` are seconds, `failovers` the providers dialled after the first;
    `told_of_recording` is whether the caller had been told, `left_in` where a caller who hung up was."""

    type: ClassVar[str] = "call.ended"
    outcome: str
    provider: str | None
    waiting: float
    ringing: float
    talking: float
    failovers: int
    abandoned: bool
    told_of_recording: bool
    left_in: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingKept(CallEvent):
    """A caller's message is here, as an attachment of the ticket."""

    type: ClassVar[str] = "call.recording_kept"
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingMissed(CallEvent):
    """There is a recording at Twilio that can't be fetched; the ticket goes on without it."""

    type: ClassVar[str] = "call.recording_missed"
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackAsked(CallEvent):
    """Somebody is to be called back; `call` is our own name of that. `asked_by` is the provider that wants it, None for
    the requester."""

    type: ClassVar[str] = "callback.asked"
    asked_by: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackDialled(CallEvent):
    """A provider's phone is called, to call its agent and the requester together; `attempt` counts from 1."""

    type: ClassVar[str] = "callback.dialled"
    provider: str
    attempt: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackLegEnded(CallEvent):
    """How calling a provider ended: `answered` by an agent, `busy`, `no_answer`, `failed`, `not_accepted`."""

    type: ClassVar[str] = "callback.leg_ended"
    provider: str
    result: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackRequesterDialled(CallEvent):
    """The provider's agent waits, and the requester's phone is called; `attempt` counts from 1."""

    type: ClassVar[str] = "callback.requester_dialled"
    provider: str
    attempt: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackAnswered(CallEvent):
    """Requester and agent are joined, `waited` seconds after the call back was asked for."""

    type: ClassVar[str] = "callback.answered"
    provider: str
    waited: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackEnded(CallEvent):
    """What came of it: `reached`, `not_reached`, `no_agent`, `declined`, `refused`; of the last `refusal` says why.
    `tries` counts the calls to the requester, `talking` is in seconds."""

    type: ClassVar[str] = "callback.ended"
    outcome: str
    refusal: str | None
    provider: str | None
    tries: int
    talking: float


@dataclass(frozen=True, slots=True, kw_only=True)
class TextEvent(Event):
    """What became of a text to the requester; `message_id` is the ticket's message that it is owed for."""

    channel: str
    message_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TextSent(TextEvent):
    """Twilio has it."""

    type: ClassVar[str] = "text.sent"


@dataclass(frozen=True, slots=True, kw_only=True)
class TextDelivered(TextEvent):
    """It is on the requester's phone."""

    type: ClassVar[str] = "text.delivered"


@dataclass(frozen=True, slots=True, kw_only=True)
class TextFailed(TextEvent):
    """It was taken, and not delivered; `code` is Twilio's. An answer of which that is true goes to quarantine."""

    type: ClassVar[str] = "text.failed"
    code: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TextFilesMissed(TextEvent):
    """So many files of the requester's message can't be fetched; the ticket says so."""

    type: ClassVar[str] = "text.files_missed"
    files: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TextsStopped(Event):
    """A number wants no more messages of the channel."""

    type: ClassVar[str] = "texts.stopped"
    channel: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TextsWanted(Event):
    """A number that had said so wants messages again."""

    type: ClassVar[str] = "texts.wanted"
    channel: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketOverdue(Event):
    """The contracted time is over and no operative provider has it."""

    type: ClassVar[str] = "ticket.overdue"
    policy: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryQuarantined(Event):
    """Something owed that nobody can deliver; a person has to look."""

    type: ClassVar[str] = "delivery.quarantined"
    kind: str
    target: str | None
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryReleased(Event):
    """A person sent a quarantined item on its way again."""

    type: ClassVar[str] = "delivery.released"
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryDiscarded(Event):
    """A person took a quarantined item out for good."""

    type: ClassVar[str] = "delivery.discarded"
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderStateChanged(Event):
    """A provider's health changed."""

    type: ClassVar[str] = "provider.state_changed"
    provider: str
    old: str
    new: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderMisconfigured(Event):
    """A provider says that our address or credentials are wrong."""

    type: ClassVar[str] = "provider.misconfigured"
    provider: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeoverStarted(Event):
    """The service of a policy moved from a failed provider to another."""

    type: ClassVar[str] = "takeover.started"
    takeover_id: str
    policy: str
    from_provider: str
    to_provider: str | None
    seconds: float
    """From the last good probe's start to the switch."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FailbackStarted(Event):
    """The failed provider is healthy again and gets a growing share of new tickets."""

    type: ClassVar[str] = "takeover.failback_started"
    takeover_id: str
    policy: str
    provider: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeoverEnded(Event):
    """The service is back at the provider that failed; the evidence is complete."""

    type: ClassVar[str] = "takeover.ended"
    takeover_id: str
    policy: str
    seconds: float
    met: bool
    failed_assumption: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NoProviderLeft(Event):
    """Every provider of a policy is down: tickets are accepted and wait."""

    type: ClassVar[str] = "policy.no_provider"
    policy: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderAvailableAgain(Event):
    """A policy that had no provider left has one again."""

    type: ClassVar[str] = "policy.provider_available"
    policy: str
    provider: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerUnbalanced(Event):
    """The auditor found tickets that are neither with a provider, nor waiting with a next step, nor in quarantine; an
    unread mail without its place counts as a ticket."""

    type: ClassVar[str] = "ledger.unbalanced"
    tickets: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerBalanced(Event):
    """Every ticket that the auditor had found astray has its place again."""

    type: ClassVar[str] = "ledger.balanced"


@dataclass(frozen=True, slots=True, kw_only=True)
class AssumptionBroken(Event):
    """An assumption of the bounds does not hold: `loop lag`, `commit lag`, `wall clock`, or the last `restart`."""

    type: ClassVar[str] = "assumption.broken"
    assumption: str
    measured: float
    declared: float


@dataclass(frozen=True, slots=True, kw_only=True)
class AssumptionRestored(Event):
    """An assumption that was broken has held for a while."""

    type: ClassVar[str] = "assumption.restored"
    assumption: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigurationReloaded(Event):
    """A new configuration is in force; `digest` is of the file's content."""

    type: ClassVar[str] = "configuration.reloaded"
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigurationRejected(Event):
    """A reload failed and the old configuration stays."""

    type: ClassVar[str] = "configuration.rejected"
    problem: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SpoolingStarted(Event):
    """The store was away: from here on requests were kept in a gateway's own spool."""

    type: ClassVar[str] = "spool.started"
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SpoolDrained(Event):
    """Everything that had been spooled is in the store; so many `requests`, the first of them after `seconds`."""

    type: ClassVar[str] = "spool.drained"
    requests: int
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayStarted(Event):
    """The gateway is up; `unsure` hand-offs were cut off by the stop before and are being reconciled."""

    type: ClassVar[str] = "gateway.started"
    version: str
    unsure: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayStopped(Event):
    """The gateway stopped in order."""

    type: ClassVar[str] = "gateway.stopped"


TYPES: dict[str, type[Event]] = {
    event.type: event
    for event in (
        TicketReceived,
        MessageReceived,
        DuplicateReceived,
        HandoffStarted,
        HandoffChanged,
        HandoffConfirmed,
        HandoffKept,
        DoubleDetected,
        TicketRescued,
        TicketReopened,
        TicketReplied,
        MessageBounced,
        MessageDoubtful,
        MailNoted,
        MailSkipped,
        ChannelTroubled,
        ChannelRecovered,
        CallReceived,
        CallChose,
        CallDialled,
        CallAnswered,
        CallLegEnded,
        CallEnded,
        RecordingKept,
        RecordingMissed,
        CallbackAsked,
        CallbackDialled,
        CallbackLegEnded,
        CallbackRequesterDialled,
        CallbackAnswered,
        CallbackEnded,
        TextSent,
        TextDelivered,
        TextFailed,
        TextFilesMissed,
        TextsStopped,
        TextsWanted,
        TicketOverdue,
        DeliveryQuarantined,
        DeliveryReleased,
        DeliveryDiscarded,
        ProviderStateChanged,
        ProviderMisconfigured,
        TakeoverStarted,
        FailbackStarted,
        TakeoverEnded,
        NoProviderLeft,
        ProviderAvailableAgain,
        LedgerUnbalanced,
        LedgerBalanced,
        AssumptionBroken,
        AssumptionRestored,
        ConfigurationReloaded,
        ConfigurationRejected,
        SpoolingStarted,
        SpoolDrained,
        GatewayStarted,
        GatewayStopped,
    )
}
"""Every type that the stream can hold."""
