"""Which events raise an alarm, which clear it, and what is worth saying when. Pure: no I/O, time is handed in.

An alarm is one trouble: its type, and its subject (a provider, a policy, a takeover). It is said once when it begins
and once when it is over. Troubles of many tickets are one alarm that grows: who joined it later is said at most
once a minute.
"""

from collections.abc import Collection, Iterable

from gateway.alarms.notices import AlarmType, Notice
from gateway.alarms.open_alarms import OpenAlarms
from gateway.core.clock import Instant
from gateway.core.delivery import HANDING_OVER, Kind, Quarantined
from gateway.core.events import (
    AssumptionBroken,
    AssumptionRestored,
    ChannelRecovered,
    ChannelTroubled,
    ConfigurationRejected,
    ConfigurationReloaded,
    DeliveryDiscarded,
    DeliveryQuarantined,
    DeliveryReleased,
    Event,
    HandoffChanged,
    HandoffConfirmed,
    HandoffKept,
    LedgerBalanced,
    LedgerUnbalanced,
    MailSkipped,
    MessageBounced,
    MessageDoubtful,
    NoProviderLeft,
    ProviderAvailableAgain,
    ProviderMisconfigured,
    ProviderStateChanged,
    SpoolDrained,
    SpoolingStarted,
    TakeoverEnded,
    TakeoverStarted,
    TicketOverdue,
)
from gateway.core.handoff import LIVE, HandoffState
from gateway.core.provider import HealthState, Takeover
from gateway.core.ticket import Ticket

_MAIL_TROUBLE_LASTS = 86_400.0
"""Seconds: that a mail did not arrive, or was not taken, is news for a day."""
_QUARANTINES = (AlarmType.QUARANTINE, AlarmType.NOTICE_UNDELIVERED)
_IN_HANDS = LIVE | {HandoffState.RESOLVED}


class Rules:
    """The alarms that are on, and what of them has been said."""

    def __init__(self) -> None:
        self._open = OpenAlarms()

    def active(self, alarm: AlarmType) -> int:
        """How many alarms of this type are on."""
        return sum(1 for each, _ in self._open if each is alarm)

    def observe(self, event: Event) -> None:
        """Raise and clear what the event tells of."""
        match event:
            case TicketOverdue(ticket_id=str(item)):
                self._open.item_raised(AlarmType.TICKETS_OVERDUE, item, event.reference, event.reason, event.at)
            case HandoffChanged() | HandoffConfirmed() | HandoffKept():
                self._handed_off(event)
            case DeliveryQuarantined() | DeliveryReleased() | DeliveryDiscarded():
                self._quarantine(event)
            case ProviderStateChanged() | ProviderMisconfigured():
                self._provider(event)
            case NoProviderLeft(policy=policy):
                self._open.raised(AlarmType.NO_PROVIDER_LEFT, policy, event.at, policy=policy)
            case ProviderAvailableAgain(policy=policy, provider=provider):
                self._open.clear(AlarmType.NO_PROVIDER_LEFT, policy, event.at, provider=provider)
            case TakeoverStarted() | TakeoverEnded():
                self._takeover(event)
            case LedgerUnbalanced(tickets=tickets):
                self._open.raised(AlarmType.LEDGER_UNBALANCED, "", event.at, tickets=tickets)
            case LedgerBalanced():
                self._open.clear(AlarmType.LEDGER_UNBALANCED, "", event.at)
            case AssumptionBroken() | AssumptionRestored():
                self._assumption(event)
            case SpoolingStarted(reason=reason):
                self._open.raised(AlarmType.REQUESTS_SPOOLED, "", event.at, reason=reason)
            case SpoolDrained(requests=requests, seconds=seconds):
                self._open.clear(AlarmType.REQUESTS_SPOOLED, "", event.at, requests=requests, seconds=seconds)
            case ConfigurationRejected(problem=problem):
                self._open.raised(AlarmType.CONFIGURATION_REJECTED, "", event.at, problem=problem)
            case ConfigurationReloaded():
                self._open.clear(AlarmType.CONFIGURATION_REJECTED, "", event.at)
                self._open.clear_all(AlarmType.PROVIDER_MISCONFIGURED, event.at)
            case ChannelTroubled() | ChannelRecovered():
                self._channel(event)
            case MessageBounced() | MessageDoubtful() | MailSkipped():
                self._mail(event)

    def resume(
        self, overdue: Iterable[Ticket], quarantined: Iterable[Quarantined], takeovers: Iterable[Takeover], now: Instant
    ) -> None:
        """Raise what is on at a start: what was said before a crash is not known, and twice is better than never."""
        for ticket in overdue:
            why = ticket.reason or "waiting"
            self._open.item_raised(AlarmType.TICKETS_OVERDUE, ticket.id, ticket.reference, why, now)
        for each in quarantined:
            alarm = _quarantine_alarm(each.kind.value)
            self._open.item_raised(alarm, _item(each.kind.value, each.ticket_id), each.reference, each.reason, each.at)
        for takeover in takeovers:
            self._open.raised(
                AlarmType.TAKEOVER,
                takeover.id,
                takeover.switched_at,
                policy=takeover.policy,
                from_provider=takeover.from_provider,
                to_provider=takeover.to_provider,
            )

    def forget_others(self, providers: Collection[str], policies: Collection[str], now: Instant) -> None:
        """Clear the alarms of providers and policies that are no longer configured."""
        known = {
            AlarmType.PROVIDER_DOWN: providers,
            AlarmType.PROVIDER_MISCONFIGURED: providers,
            AlarmType.NO_PROVIDER_LEFT: policies,
        }
        for alarm, subject in self._open:
            if alarm in known and subject not in known[alarm]:
                self._open.clear(alarm, subject, now)

    def overdue(self) -> frozenset[str]:
        """The ids of the tickets that are held to be overdue."""
        return self._open.items(AlarmType.TICKETS_OVERDUE)

    def not_overdue(self, ticket_ids: Iterable[str], now: Instant) -> None:
        """These have their place after all, though no event said so."""
        for ticket_id in ticket_ids:
            self._open.clear_item(AlarmType.TICKETS_OVERDUE, ticket_id, now)

    def quarantined(self) -> frozenset[str]:
        """The items that are held to be in quarantine."""
        return frozenset().union(*map(self._open.items, _QUARANTINES))

    def not_quarantined(self, items: Iterable[str], now: Instant) -> None:
        """These have been looked for there in vain."""
        for item in items:
            for alarm in _QUARANTINES:
                self._open.clear_missed(alarm, item, now)

    def notices(self, now: Instant) -> list[Notice]:
        """What is to be said now, and has not been said; it counts as said from here on."""
        return self._open.notices(now)

    def _handed_off(self, event: HandoffChanged | HandoffConfirmed | HandoffKept) -> None:
        if not isinstance(event, HandoffChanged) or event.state in _IN_HANDS:
            self._open.clear_item(AlarmType.TICKETS_OVERDUE, event.ticket_id or "", event.at)
            self._open.clear(AlarmType.PROVIDER_MISCONFIGURED, event.provider, event.at)

    def _quarantine(self, event: DeliveryQuarantined | DeliveryReleased | DeliveryDiscarded) -> None:
        alarm, item = _quarantine_alarm(event.kind), _item(event.kind, event.ticket_id)
        if isinstance(event, DeliveryQuarantined):
            self._open.item_raised(alarm, item, event.reference, event.reason, event.at)
            if event.kind in HANDING_OVER:
                self._open.clear_item(AlarmType.TICKETS_OVERDUE, event.ticket_id or "", event.at)
        elif event.ticket_id is not None:  # without a ticket there may be others of its kind: a look will tell
            self._open.clear_item(alarm, item, event.at)

    def _provider(self, event: ProviderStateChanged | ProviderMisconfigured) -> None:
        provider = event.provider
        if isinstance(event, ProviderMisconfigured):
            self._open.raised(
                AlarmType.PROVIDER_MISCONFIGURED, provider, event.at, provider=provider, reason=event.reason
            )
        elif event.new == HealthState.DOWN:
            self._open.raised(AlarmType.PROVIDER_DOWN, provider, event.at, provider=provider, reason=event.reason)
        elif event.new in (HealthState.UP, HealthState.RECOVERING):
            self._open.clear(AlarmType.PROVIDER_DOWN, provider, event.at)

    def _takeover(self, event: TakeoverStarted | TakeoverEnded) -> None:
        if isinstance(event, TakeoverStarted):
            self._open.raised(
                AlarmType.TAKEOVER,
                event.takeover_id,
                event.at,
                policy=event.policy,
                from_provider=event.from_provider,
                to_provider=event.to_provider,
                seconds=event.seconds,
            )
        else:
            self._open.clear(
                AlarmType.TAKEOVER,
                event.takeover_id,
                event.at,
                met=event.met,
                failed_assumption=event.failed_assumption,
            )

    def _assumption(self, event: AssumptionBroken | AssumptionRestored) -> None:
        if isinstance(event, AssumptionBroken):
            self._open.raised(
                AlarmType.ASSUMPTION_BROKEN,
                event.assumption,
                event.at,
                assumption=event.assumption,
                measured=event.measured,
                declared=event.declared,
            )
        else:
            self._open.clear(AlarmType.ASSUMPTION_BROKEN, event.assumption, event.at)

    def _channel(self, event: ChannelTroubled | ChannelRecovered) -> None:
        subject = f"{event.channel} {event.part}"
        if isinstance(event, ChannelTroubled):
            facts = {"channel": event.channel, "part": event.part, "reason": event.reason}
            self._open.raised(AlarmType.CHANNEL_TROUBLED, subject, event.at, **facts)
        else:
            self._open.clear(AlarmType.CHANNEL_TROUBLED, subject, event.at)

    def _mail(self, event: MessageBounced | MessageDoubtful | MailSkipped) -> None:
        if isinstance(event, MailSkipped):
            alarm, item, reason = AlarmType.MAIL_SKIPPED, f"{event.channel} {event.place} {event.key}", event.reason
        elif isinstance(event, MessageDoubtful):
            alarm, item = AlarmType.MAIL_BOUNCED, f"{event.ticket_id} {event.party}"
            reason = f"to {event.party}: it may not have arrived"
        elif event.hard:
            alarm, item = AlarmType.MAIL_BOUNCED, f"{event.ticket_id} {event.party}"
            reason = f"to {event.party}: {event.status or event.action}"
        else:
            return
        self._open.passing_raised(alarm, item, event.reference, reason, event.at, lasts=_MAIL_TROUBLE_LASTS)


def item_of(quarantined: Quarantined) -> str:
    """What `Rules.quarantined` calls it."""
    return _item(quarantined.kind.value, quarantined.ticket_id)


def _quarantine_alarm(kind: str) -> AlarmType:
    return AlarmType.NOTICE_UNDELIVERED if kind == Kind.NOTICE else AlarmType.QUARANTINE


def _item(kind: str, ticket_id: str | None) -> str:
    return f"{kind} {ticket_id}" if ticket_id else kind
