"""Service hours: local time, midnight, holidays, and the days on which the clocks change."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from gateway.core.hours import Hours, first_gap, is_open, parse_window, schedule


def hours(*windows: str, zone: str = "Europe/Madrid", holidays: tuple[str, ...] = ()) -> Hours:
    return Hours(timezone=zone, open=windows, holidays=holidays)


def local(text: str, zone: str = "Europe/Madrid", fold: int = 0) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold).timestamp()


WORK = hours("mon-fri 08:00-20:00", "sat 09:00-14:00")


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("2026-07-22T08:00", True),
        ("2026-07-22T07:59:59", False),
        ("2026-07-22T19:59:59", True),
        ("2026-07-22T20:00", False),
        ("2026-07-25T09:30", True),  # a Saturday
        ("2026-07-25T14:00", False),
        ("2026-07-26T12:00", False),
    ],
)
def test_windows_are_closed_at_their_end(at: str, expected: bool) -> None:
    assert is_open(WORK, local(at)) is expected


def test_the_zone_is_the_providers() -> None:
    at = local("2026-07-22T08:30")
    assert is_open(WORK, at)
    assert not is_open(hours("mon-fri 08:00-20:00", zone="America/Bogota"), at)


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("2026-07-24T21:59", False),
        ("2026-07-24T22:00", True),  # a Friday
        ("2026-07-25T05:59", True),
        ("2026-07-25T06:00", False),
        ("2026-07-25T22:30", False),
        ("2026-07-24T05:00", False),
    ],
)
def test_a_window_over_midnight_belongs_to_the_day_it_begins_on(at: str, expected: bool) -> None:
    assert is_open(hours("fri 22:00-06:00"), local(at)) is expected


def test_the_whole_week_can_be_open() -> None:
    always = hours("mon-sun 00:00-24:00")
    assert all(is_open(always, local("2026-07-20T00:00") + 60 * minute) for minute in range(0, 7 * 24 * 60, 7))


def test_days_may_run_over_the_week_and_be_listed() -> None:
    assert parse_window("sat-mon 08:00-09:00").days == {5, 6, 0}
    assert parse_window("mon,wed-thu 08:00-09:00").days == {0, 2, 3}


def test_nothing_begins_on_a_holiday_and_what_began_before_it_runs_on() -> None:
    nights = hours("mon-sun 22:00-06:00", "mon-sun 09:00-17:00", holidays=("2026-12-25",))
    assert is_open(nights, local("2026-12-25T05:00"))
    assert not is_open(nights, local("2026-12-25T10:00"))
    assert not is_open(nights, local("2026-12-25T23:00"))
    assert not is_open(nights, local("2026-12-26T05:00"))
    assert is_open(nights, local("2026-12-26T10:00"))


def test_when_the_clocks_go_forward_the_missing_hour_is_not_worked() -> None:
    early = hours("sun 01:00-04:00")
    opened = sum(is_open(early, local("2026-03-29T00:00") + 60 * minute) for minute in range(6 * 60))
    assert opened == 2 * 60


def test_when_the_clocks_go_back_the_hour_is_worked_twice() -> None:
    early = hours("sun 01:00-04:00")
    opened = sum(is_open(early, local("2026-10-25T00:00") + 60 * minute) for minute in range(6 * 60))
    assert opened == 4 * 60
    assert is_open(early, local("2026-10-25T02:30", fold=0))
    assert is_open(early, local("2026-10-25T02:30", fold=1))


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"timezone": "Europe/Madird"}, "no time zone known"),
        ({"timezone": "../etc/passwd"}, "no time zone known"),
        ({"open": ("weekdays 08:00-20:00",)}, "is no day"),
        ({"open": ("mon-fri 8-20",)}, "days and times are needed"),
        ({"open": ("mon-fri 08:00-25:00",)}, "25:00 is no time of day"),
        ({"open": ("mon-fri 24:00-08:00",)}, "24:00 is no time of day"),
        ({"open": ("mon-tue-wed 08:00-09:00",)}, "is no day"),
        ({"holidays": ("25/12/2026",)}, "is no date"),
    ],
)
def test_what_cannot_be_understood_is_refused_with_what_is_allowed(wrong: dict[str, object], words: str) -> None:
    good: dict[str, object] = {"timezone": "Europe/Madrid", "open": ("mon 08:00-09:00",)}
    with pytest.raises(ValidationError, match=words) as error:
        Hours(**{**good, **wrong})
    assert "llowed" in str(error.value) or "such as" in str(error.value)


def test_the_first_gap_between_two_schedules_is_found() -> None:
    start = local("2026-07-20T00:00")
    assert first_gap(WORK, hours("mon-sat 08:00-20:00"), start) is None
    assert first_gap(WORK, hours("mon-fri 09:00-20:00", "sat 09:00-14:00"), start) == local("2026-07-20T08:00")
    holiday = hours("mon-sat 08:00-20:00", holidays=("2026-08-17",))
    assert first_gap(WORK, holiday, start) == local("2026-08-17T08:00")
    assert first_gap(None, WORK, start) == start


_CLOCK = st.integers(0, 23).map(lambda hour: f"{hour:02d}:00")
_WINDOWS = st.lists(
    st.builds(
        lambda day, opens, closes: f"{day} {opens}-{closes}",
        st.sampled_from(["mon", "tue-thu", "fri,sun", "sat-mon"]),
        _CLOCK,
        _CLOCK,
    ),
    min_size=1,
    max_size=3,
).map(tuple)


@given(_WINDOWS, _WINDOWS, st.integers(0, 365 * 24 * 4))
def test_between_two_changes_nothing_opens_or_closes(
    one: tuple[str, ...], other: tuple[str, ...], quarter: int
) -> None:
    """So looking at the changes alone finds every gap."""
    start = local("2026-01-01T00:00") + 900 * quarter
    needed, offered = hours(*one), hours(*other, zone="America/Caracas")
    found = first_gap(needed, offered, start, days=8)
    at = start
    while at < start + 7 * 86400 and not (is_open(needed, at) and not is_open(offered, at)):
        at += 900
    if at < start + 7 * 86400:
        assert found is not None
        assert at - 900 < found <= at
    elif found is not None:
        assert is_open(needed, found)
        assert not is_open(offered, found)


def test_a_schedule_is_parsed_once() -> None:
    assert schedule(WORK) is schedule(WORK)
