"""Service hours, as they are written and understood: windows of local time, over midnight too, with holidays, right on
the days when the clocks change."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Protocol
from zoneinfo import ZoneInfo

from pydantic import Field, field_validator

from gateway.core.clock import Instant
from gateway.core.settings import Settings

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WINDOW = re.compile(r"([a-z,\-]+)\s+(\d{2}:\d{2})\s*-\s*(\d{2}:\d{2})")
_FORM = "days and times are needed, such as 'mon-fri 08:00-20:00', 'sat,sun 09:00-14:00' or 'mon-sun 00:00-24:00'"
_MIDNIGHT = time(0, 0)


class HoursLike(Protocol):
    """Hours as they are written."""

    @property
    def timezone(self) -> str: ...

    @property
    def open(self) -> tuple[str, ...]: ...

    @property
    def holidays(self) -> tuple[str, ...]: ...


@dataclass(frozen=True, slots=True)
class Window:
    """Open from `opens` on each of `days` (0 is Monday) until `closes`, on the next day where that isn't later."""

    days: frozenset[int]
    opens: time
    closes: time

    @property
    def over_midnight(self) -> bool:
        return self.closes <= self.opens


@dataclass(frozen=True, slots=True)
class Schedule:
    """Hours, understood."""

    zone: ZoneInfo
    windows: tuple[Window, ...]
    holidays: frozenset[date]

    def is_open(self, at: Instant) -> bool:
        """By the local wall clock; a window that began before a holiday runs to its end, and none begins on it."""
        local = datetime.fromtimestamp(at, self.zone)
        return any(self._is_within(window, local) for window in self.windows)

    def _is_within(self, window: Window, local: datetime) -> bool:
        today, now = local.date(), local.time()
        if not window.over_midnight:
            return self._begins(window, today) and window.opens <= now < window.closes
        yesterday = today - timedelta(days=1)
        return (self._begins(window, today) and now >= window.opens) or (
            self._begins(window, yesterday) and now < window.closes
        )

    def _begins(self, window: Window, day: date) -> bool:
        return day.weekday() in window.days and day not in self.holidays

    def changes(self, start: Instant, days: int) -> Iterator[Instant]:
        """Instants from `start` on between which nothing opens or closes, for so many days."""
        first = datetime.fromtimestamp(start, self.zone).date()
        times = {_MIDNIGHT, *(window.opens for window in self.windows), *(window.closes for window in self.windows)}
        for number in range(days + 1):
            for moment in times:
                at = datetime.combine(first + timedelta(days=number), moment, self.zone).astimezone(UTC).timestamp()
                if at >= start:
                    yield at


def parse_window(text: str) -> Window:
    """`mon-fri 08:00-20:00`. Raises ValueError."""
    match = _WINDOW.fullmatch(text.strip().lower())
    if match is None:
        raise ValueError(_FORM)
    return Window(_parse_days(match[1]), _parse_time(match[2]), _parse_time(match[3], end=True))


def _parse_days(text: str) -> frozenset[int]:
    days: set[int] = set()
    for part in text.split(","):
        names = part.split("-")
        if len(names) > 2 or any(name not in _DAYS for name in names):
            raise ValueError(f"{part!r} is no day; allowed: {', '.join(_DAYS)}, and ranges such as mon-fri")
        first, last = _DAYS.index(names[0]), _DAYS.index(names[-1])
        days.update((first + step) % 7 for step in range((last - first) % 7 + 1))
    return frozenset(days)


def _parse_time(text: str, *, end: bool = False) -> time:
    if end and text == "24:00":
        return _MIDNIGHT
    try:
        return time.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"{text} is no time of day; allowed: 00:00 to 23:59, and 24:00 as an end") from error


def parse_zone(name: str) -> ZoneInfo:
    """An IANA name. Raises ValueError."""
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, KeyError) as error:  # ZoneInfoNotFoundError is a KeyError
        raise ValueError(f"{name!r} is no time zone known here; allowed: IANA names such as Europe/Madrid") from error


def parse_holiday(text: str) -> date:
    """`2026-12-25`. Raises ValueError."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"{text!r} is no date; allowed: dates such as 2026-12-25") from error


@lru_cache(maxsize=256)
def _schedule(timezone: str, windows: tuple[str, ...], holidays: tuple[str, ...]) -> Schedule:
    return Schedule(
        parse_zone(timezone),
        tuple(parse_window(window) for window in windows),
        frozenset(parse_holiday(holiday) for holiday in holidays),
    )


def schedule(hours: HoursLike) -> Schedule:
    """The hours as a schedule. Raises ValueError."""
    return _schedule(hours.timezone, hours.open, hours.holidays)


def is_open(hours: HoursLike, at: Instant) -> bool:
    """Whether they work at that instant."""
    return schedule(hours).is_open(at)


def first_gap(needed: HoursLike | None, offered: HoursLike, start: Instant, days: int = 366) -> Instant | None:
    """The first instant from `start` at which `needed` (None: always) is open and `offered` is closed."""
    wanted = schedule(needed) if needed is not None else None
    given = schedule(offered)
    changes = {start, *given.changes(start, days), *(wanted.changes(start, days) if wanted else ())}
    return next(
        (at for at in sorted(changes) if (wanted is None or wanted.is_open(at)) and not given.is_open(at)), None
    )


class Hours(Settings):
    """When somebody works, in a time zone of its own."""

    timezone: str = Field(description="IANA name, such as Europe/Madrid.")
    open: tuple[str, ...] = Field(description="Such as 'mon-fri 08:00-20:00' or 'sat 09:00-14:00'.", min_length=1)
    holidays: tuple[str, ...] = Field((), description="Dates without service, such as 2026-12-25.")

    @field_validator("timezone")
    @classmethod
    def _is_a_zone(cls, name: str) -> str:
        parse_zone(name)
        return name

    @field_validator("open")
    @classmethod
    def _are_windows(cls, windows: tuple[str, ...]) -> tuple[str, ...]:
        for window in windows:
            parse_window(window)
        return windows

    @field_validator("holidays")
    @classmethod
    def _are_dates(cls, holidays: tuple[str, ...]) -> tuple[str, ...]:
        for holiday in holidays:
            parse_holiday(holiday)
        return holidays
