"""One outage's account."""

import pytest

from tests.bench.parts.takeover import figures
from tests.bench.takeover.books import NEVER, Phase, settle
from tests.bench.takeover.client import Asked
from tests.bench.takeover.phases import Account

OUTAGE = (100.0, 114.0)


def account(
    asked: list[Asked], handed_off: dict[str, float], taken: list[str], held: list[str] | None = None
) -> tuple[Phase, list[float]]:
    return settle(0.7, asked, OUTAGE, handed_off, (taken, taken if held is None else held))


def test_requests_count_that_the_outage_touched() -> None:
    asked = [
        Asked(99.0, 99.1, "before", 0),
        Asked(99.9, 99.95, "under way", 0),
        Asked(105.0, 105.1, "during", 0),
        Asked(114.0, 114.1, "after", 0),
    ]
    at = {"before": 99.2, "under way": 100.4, "during": 105.3, "after": 114.2}

    phase, seconds = account(asked, at, list(at))

    assert seconds == [pytest.approx(0.5), pytest.approx(0.3)]
    assert phase.requests == 2
    assert phase.longest == pytest.approx(0.5)


def test_tries_and_failures_are_the_clients() -> None:
    asked = [Asked(101.0, 106.5, "late", 2), Asked(102.0, None, "refused", 4)]

    phase, seconds = account(asked, {"late": 106.5}, ["late"])

    assert (phase.tries, phase.failed_tries, phase.given_up) == (7, 6, 1)
    assert seconds == [pytest.approx(5.5), NEVER]
    assert phase.longest is None


def test_a_desk_that_has_what_its_client_was_told_has_failed_is_no_success() -> None:
    """The client gave up, and the desk that thawed made a ticket of it."""
    phase, seconds = account([Asked(101.0, None, "thawed", 4)], {"thawed": 115.0}, ["thawed", "thawed"])

    assert seconds == [NEVER]
    assert (phase.doubles, phase.left_open) == (1, 1)


def test_a_double_of_the_outage_and_a_rescued_ticket_are_told_apart() -> None:
    asked = [Asked(99.0, 99.1, "rescued", 0), Asked(101.0, 101.2, "double", 0)]
    taken = ["rescued", "rescued", "double", "double", "another phase's", "another phase's"]

    phase, _ = account(asked, {"rescued": 99.1, "double": 101.2}, taken, held=["rescued", "double", "double"])

    assert (phase.doubles, phase.rescued, phase.left_open) == (1, 1, 1)


def test_what_was_acknowledged_and_no_desk_holds_is_lost() -> None:
    asked = [Asked(101.0, 101.1, "gone", 0), Asked(102.0, 102.1, "there", 0), Asked(103.0, None, None, 4)]

    phase, _ = account(asked, {"there": 102.1}, ["gone", "there"], held=["there"])

    assert phase.lost == 1


def test_the_seconds_of_all_phases_are_counted_with_never_last() -> None:
    phase, _ = account([], {}, [])

    found = figures([Account(phase, [0.021, NEVER]), Account(phase, [0.019, 3.0])])

    assert found.seconds == [(0.02, 2), (3.0, 1), (None, 1)]
    assert len(found.phases) == 2
