"""The alarms that are on, and what of them has been said. Pure: no I/O, time is handed in."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from gateway.alarms.notices import AlarmType, Change, Notice
from gateway.core.clock import Instant

_SAY_GROWTH_EVERY = 60.0
_MOST_REFERENCES = 500


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


class OpenAlarms:
    """An alarm is on from its first `raised` to its `clear`, by type and subject; those about items have none."""

    def __init__(self) -> None:
        self._open: dict[tuple[AlarmType, str], _Open] = {}
        self._over: list[Notice] = []
        self._passing: dict[tuple[AlarmType, str], Instant] = {}
        """Until when, of items that end by themselves, the earliest first."""

    def __iter__(self) -> Iterator[tuple[AlarmType, str]]:
        return iter(list(self._open))

    def items(self, alarm: AlarmType) -> frozenset[str]:
        """The items that the alarm is about."""
        alarm_open = self._open.get((alarm, ""))
        return frozenset(alarm_open.items) if alarm_open else frozenset()

    def raised(self, alarm: AlarmType, subject: str, at: Instant, **details: object) -> None:
        """What is on already is not said again; its facts are kept as last heard."""
        self._raised(alarm, subject, at).details.update(details)

    def item_raised(self, alarm: AlarmType, item: str, reference: str | None, reason: str, at: Instant) -> None:
        """The item is one of those that the alarm is about."""
        alarm_open = self._raised(alarm, "", at)
        alarm_open.items[item] = reference or item
        alarm_open.unsaid[reference or item] = reason

    def passing_raised(
        self, alarm: AlarmType, item: str, reference: str | None, reason: str, at: Instant, *, lasts: float
    ) -> None:
        """The same for what no event will ever end: after `lasts` seconds, always as many for one alarm, it is over."""
        self.item_raised(alarm, item, reference, reason, at)
        self._passing.pop((alarm, item), None)
        self._passing[alarm, item] = at + lasts

    def clear(self, alarm: AlarmType, subject: str, at: Instant, **details: object) -> None:
        """It is over, if it was on."""
        alarm_open = self._open.pop((alarm, subject), None)
        if alarm_open is None:
            return
        if alarm_open.said_at is None:
            self._over.append(_say(Change.RAISED, alarm, subject, alarm_open, alarm_open.since))
        self._over.append(Notice(Change.CLEARED, alarm, subject, at, alarm_open.details | details))

    def clear_item(self, alarm: AlarmType, item: str, at: Instant) -> None:
        """The alarm is no longer about the item; without the last of them it is over."""
        alarm_open = self._open.get((alarm, ""))
        if alarm_open is None or item not in alarm_open.items:
            return
        if len(alarm_open.items) == 1:
            self.clear(alarm, "", at)
        else:
            alarm_open.unsaid.pop(alarm_open.items.pop(item), None)

    def clear_missed(self, alarm: AlarmType, item: str, at: Instant) -> None:
        """The same for what was looked for in vain; what is news still may have come since the look."""
        alarm_open = self._open.get((alarm, ""))
        if alarm_open is not None and alarm_open.items.get(item) not in alarm_open.unsaid:
            self.clear_item(alarm, item, at)

    def clear_all(self, alarm: AlarmType, at: Instant) -> None:
        """Whatever its subject."""
        for each, subject in self:
            if each is alarm:
                self.clear(alarm, subject, at)

    def notices(self, now: Instant) -> list[Notice]:
        """What is to be said now, and has not been said; it counts as said from here on."""
        self._let_pass(now)
        notices, self._over = self._over, []
        for (alarm, subject), alarm_open in self._open.items():
            if alarm_open.said_at is None:
                notices.append(_say(Change.RAISED, alarm, subject, alarm_open, alarm_open.since))
                alarm_open.said_at = now
            elif alarm_open.unsaid and now - alarm_open.said_at >= _SAY_GROWTH_EVERY:
                notices.append(_say(Change.GREW, alarm, subject, alarm_open, now))
                alarm_open.said_at = now
        return notices

    def _raised(self, alarm: AlarmType, subject: str, at: Instant) -> _Open:
        return self._open.setdefault((alarm, subject), _Open(at, {}))

    def _let_pass(self, now: Instant) -> None:
        while self._passing:
            (alarm, item), until = next(iter(self._passing.items()))
            if until > now:
                return
            del self._passing[alarm, item]
            self.clear_item(alarm, item, now)


def _say(change: Change, alarm: AlarmType, subject: str, alarm_open: _Open, at: Instant) -> Notice:
    """Names what no notice has named yet, up to a bound; the rest is named by the next."""
    if not alarm_open.items:
        return Notice(change, alarm, subject, at, dict(alarm_open.details))
    named = dict(list(alarm_open.unsaid.items())[:_MOST_REFERENCES])
    for reference in named:
        del alarm_open.unsaid[reference]
    return Notice(change, alarm, subject, at, {"items": len(alarm_open.items), "reasons": named}, tuple(named))
