"""Which events raise an alarm, which clear it, and what is worth saying when. Pure: no I/O, time is handed in.

An alarm is one trouble: its type, and its subject (a provider, a policy, a takeover). It is said once when it begins
and once when it is over. Troubles of many tickets are one alarm that grows: who joined it later is said at most
once a minute.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from gateway.alarms.notices import AlarmType, Change, Notice
from gateway.core.clock import Instant
from gateway.core.delivery import HANDING_OVER, Kind, Quarantined
from gateway.core.events import (
    AssumptionBroken,
    AssumptionRestored,
    ConfigurationRejected,
    ConfigurationReloaded,
    DeliveryDiscarded,
    DeliveryQuarantined,
    DeliveryReleased,
    Event,
    HandoffChanged,
    HandoffConfirmed,
    LedgerBalanced,
    LedgerUnbalanced,
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

_SAY_GROWTH_EVERY = 60.0
_MOST_REFERENCES = 500
_IN_HANDS = LIVE | {HandoffState.RESOLVED}


@dataclass(slots=True)
class _Open:
    """An alarm that is on."""

    since: Instant
    details: dict[str, object]
    items: dict[str, str] = field(default_factory=dict)
    """Which tickets or items it is about, each with its reference."""
    unsaid: dict[str, str] = field(default_factory=dict)
    """Why, for each reference that no notice has named yet."""
    said_at: Instant | None = None


class Rules:
    """The alarms that are on, and what of them has been said."""

    def __init__(self) -> None:
        self._open: dict[tuple[AlarmType, str], _Open] = {}
        self._over: list[Notice] = []

    def active(self, alarm: AlarmType) -> int:
        """How many alarms of this type are on."""
        return sum(1 for each, _ in self._open if each is alarm)

    def observe(self, event: Event) -> None:
        """Raise and clear what the event tells of."""
        match event:
            case TicketOverdue(ticket_id=str(item)):
                self._raise_item(AlarmType.TICKETS_OVERDUE, item, event.reference, event.reason, event.at)
            case HandoffChanged() | HandoffConfirmed():
                self._handed_off(event)
            case DeliveryQuarantined() | DeliveryReleased() | DeliveryDiscarded():
                self._quarantine(event)
            case ProviderStateChanged() | ProviderMisconfigured():
                self._provider(event)
            case NoProviderLeft(policy=policy):
                self._raise(AlarmType.NO_PROVIDER_LEFT, policy, event.at, policy=policy)
            case ProviderAvailableAgain(policy=policy, provider=provider):
                self._clear(AlarmType.NO_PROVIDER_LEFT, policy, event.at, provider=provider)
            case TakeoverStarted() | TakeoverEnded():
                self._takeover(event)
            case LedgerUnbalanced(tickets=tickets):
                self._raise(AlarmType.LEDGER_UNBALANCED, "", event.at, tickets=tickets)
            case LedgerBalanced():
                self._clear(AlarmType.LEDGER_UNBALANCED, "", event.at)
            case AssumptionBroken() | AssumptionRestored():
                self._assumption(event)
            case SpoolingStarted(reason=reason):
                self._raise(AlarmType.REQUESTS_SPOOLED, "", event.at, reason=reason)
            case SpoolDrained(requests=requests, seconds=seconds):
                self._clear(AlarmType.REQUESTS_SPOOLED, "", event.at, requests=requests, seconds=seconds)
            case ConfigurationRejected(problem=problem):
                self._raise(AlarmType.CONFIGURATION_REJECTED, "", event.at, problem=problem)
            case ConfigurationReloaded():
                self._clear(AlarmType.CONFIGURATION_REJECTED, "", event.at)
                self._clear_all(AlarmType.PROVIDER_MISCONFIGURED, event.at)

    def resume(
        self, overdue: Iterable[Ticket], quarantined: Iterable[Quarantined], takeovers: Iterable[Takeover], now: Instant
    ) -> None:
        """Raise what is on at a start: what was said before a crash is not known, and twice is better than never."""
        for ticket in overdue:
            why = ticket.reason or "waiting"
            self._raise_item(AlarmType.TICKETS_OVERDUE, ticket.id, ticket.reference, why, now)
        for each in quarantined:
            alarm = _quarantine_alarm(each.kind.value)
            self._raise_item(alarm, _item(each.kind.value, each.ticket_id), each.reference, each.reason, each.at)
        for takeover in takeovers:
            self._raise(
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
        for alarm, subject in list(self._open):
            if alarm in known and subject not in known[alarm]:
                self._clear(alarm, subject, now)

    def overdue(self) -> frozenset[str]:
        """The ids of the tickets that are held to be overdue."""
        alarm_open = self._open.get((AlarmType.TICKETS_OVERDUE, ""))
        return frozenset(alarm_open.items) if alarm_open else frozenset()

    def not_overdue(self, ticket_ids: Iterable[str], now: Instant) -> None:
        """These have their place after all, though no event said so."""
        for ticket_id in ticket_ids:
            self._clear_item(AlarmType.TICKETS_OVERDUE, ticket_id, now)

    def notices(self, now: Instant) -> list[Notice]:
        """What is to be said now, and has not been said; it counts as said from here on."""
        notices, self._over = self._over, []
        for (alarm, subject), alarm_open in self._open.items():
            if alarm_open.said_at is None:
                notices.append(_say(Change.RAISED, alarm, subject, alarm_open, alarm_open.since))
                alarm_open.said_at = now
            elif alarm_open.unsaid and now - alarm_open.said_at >= _SAY_GROWTH_EVERY:
                notices.append(_say(Change.GREW, alarm, subject, alarm_open, now))
                alarm_open.said_at = now
        return notices

    def _handed_off(self, event: HandoffChanged | HandoffConfirmed) -> None:
        if isinstance(event, HandoffConfirmed) or event.state in _IN_HANDS:
            self._clear_item(AlarmType.TICKETS_OVERDUE, event.ticket_id or "", event.at)
            self._clear(AlarmType.PROVIDER_MISCONFIGURED, event.provider, event.at)

    def _quarantine(self, event: DeliveryQuarantined | DeliveryReleased | DeliveryDiscarded) -> None:
        alarm, item = _quarantine_alarm(event.kind), _item(event.kind, event.ticket_id)
        if isinstance(event, DeliveryQuarantined):
            self._raise_item(alarm, item, event.reference, event.reason, event.at)
            if event.kind in HANDING_OVER:
                self._clear_item(AlarmType.TICKETS_OVERDUE, event.ticket_id or "", event.at)
        else:
            self._clear_item(alarm, item, event.at)

    def _provider(self, event: ProviderStateChanged | ProviderMisconfigured) -> None:
        provider = event.provider
        if isinstance(event, ProviderMisconfigured):
            self._raise(AlarmType.PROVIDER_MISCONFIGURED, provider, event.at, provider=provider, reason=event.reason)
        elif event.new == HealthState.DOWN:
            self._raise(AlarmType.PROVIDER_DOWN, provider, event.at, provider=provider, reason=event.reason)
        elif event.new in (HealthState.UP, HealthState.RECOVERING):
            self._clear(AlarmType.PROVIDER_DOWN, provider, event.at)

    def _takeover(self, event: TakeoverStarted | TakeoverEnded) -> None:
        if isinstance(event, TakeoverStarted):
            self._raise(
                AlarmType.TAKEOVER,
                event.takeover_id,
                event.at,
                policy=event.policy,
                from_provider=event.from_provider,
                to_provider=event.to_provider,
                seconds=event.seconds,
            )
        else:
            self._clear(
                AlarmType.TAKEOVER,
                event.takeover_id,
                event.at,
                met=event.met,
                failed_assumption=event.failed_assumption,
            )

    def _assumption(self, event: AssumptionBroken | AssumptionRestored) -> None:
        if isinstance(event, AssumptionBroken):
            self._raise(
                AlarmType.ASSUMPTION_BROKEN,
                event.assumption,
                event.at,
                assumption=event.assumption,
                measured=event.measured,
                declared=event.declared,
            )
        else:
            self._clear(AlarmType.ASSUMPTION_BROKEN, event.assumption, event.at)

    def _raise(self, alarm: AlarmType, subject: str, at: Instant, **details: object) -> _Open:
        """What is on already is not said again; its facts are kept as last heard."""
        alarm_open = self._open.setdefault((alarm, subject), _Open(at, {}))
        alarm_open.details.update(details)
        return alarm_open

    def _raise_item(self, alarm: AlarmType, item: str, reference: str | None, reason: str, at: Instant) -> None:
        alarm_open = self._raise(alarm, "", at)
        alarm_open.items[item] = reference or item
        alarm_open.unsaid[reference or item] = reason

    def _clear_item(self, alarm: AlarmType, item: str, at: Instant) -> None:
        alarm_open = self._open.get((alarm, ""))
        if alarm_open is None or item not in alarm_open.items:
            return
        if len(alarm_open.items) == 1:
            self._clear(alarm, "", at)
        else:
            alarm_open.unsaid.pop(alarm_open.items.pop(item), None)

    def _clear_all(self, alarm: AlarmType, at: Instant) -> None:
        for each, subject in list(self._open):
            if each is alarm:
                self._clear(alarm, subject, at)

    def _clear(self, alarm: AlarmType, subject: str, at: Instant, **details: object) -> None:
        alarm_open = self._open.pop((alarm, subject), None)
        if alarm_open is None:
            return
        if alarm_open.said_at is None:
            self._over.append(_say(Change.RAISED, alarm, subject, alarm_open, alarm_open.since))
        self._over.append(Notice(Change.CLEARED, alarm, subject, at, alarm_open.details | details))


def _say(change: Change, alarm: AlarmType, subject: str, alarm_open: _Open, at: Instant) -> Notice:
    """Names what no notice has named yet, up to a bound; the rest is named by the next."""
    if not alarm_open.items:
        return Notice(change, alarm, subject, at, dict(alarm_open.details))
    named = dict(list(alarm_open.unsaid.items())[:_MOST_REFERENCES])
    for reference in named:
        del alarm_open.unsaid[reference]
    return Notice(change, alarm, subject, at, {"items": len(alarm_open.items), "reasons": named}, tuple(named))


def _quarantine_alarm(kind: str) -> AlarmType:
    return AlarmType.NOTICE_UNDELIVERED if kind == Kind.NOTICE else AlarmType.QUARANTINE


def _item(kind: str, ticket_id: str | None) -> str:
    return f"{kind} {ticket_id}" if ticket_id else kind
