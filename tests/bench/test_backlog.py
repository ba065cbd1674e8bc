"""Whether what waits grows."""

import pytest

from tests.bench.backlog import Sample, growth, holds, slope
from tests.bench.metrics import Looked, read

PAGE = """\
# TYPE relevo_intake_messages_total counter
relevo_intake_messages_total{channel="web",outcome="new"} 40.0
relevo_intake_messages_total{channel="web",outcome="duplicate"} 7.0
# TYPE relevo_handoff_seconds histogram
relevo_handoff_seconds_bucket{le="+Inf",provider="acme"} 20.0
relevo_handoff_seconds_count{provider="acme"} 20.0
relevo_handoff_seconds_sum{provider="acme"} 3.0
relevo_handoff_seconds_bucket{le="+Inf",provider="norte"} 10.0
relevo_handoff_seconds_count{provider="norte"} 10.0
relevo_handoff_seconds_sum{provider="norte"} 1.5
# TYPE relevo_oldest_waiting_seconds gauge
relevo_oldest_waiting_seconds 0.25
"""


def waiting(*counts: int) -> list[Sample]:
    return [Sample(float(second), count, 0.1, 0.1) for second, count in enumerate(counts)]


def test_the_metrics_of_all_providers_are_added_and_duplicates_left_out() -> None:
    assert read(PAGE) == Looked(accepted=40, handed_off=30, handoff_seconds=4.5, oldest=0.25)


def test_a_sample_counts_from_the_beginning_and_its_lag_from_the_last() -> None:
    first, last = Looked(100, 100, 9.0, 0.0), Looked(400, 380, 49.0, 0.0)

    sample = Sample.between(first, last, Looked(700, 680, 109.0, 0.4), 2.0)

    assert (sample.waiting, sample.oldest) == (20, 0.4)
    assert sample.lag == pytest.approx(60.0 / 300)


def test_without_a_hand_off_there_is_no_lag() -> None:
    looked = Looked(400, 380, 49.0, 0.0)

    assert Sample.between(looked, looked, looked, 1.0).lag is None


def test_the_slope_is_that_of_the_least_squares_line() -> None:
    assert slope([(0.0, 1.0), (1.0, 3.0), (2.0, 5.0)]) == pytest.approx(2.0)
    assert slope([(0.0, 1.0), (1.0, 3.0), (2.0, 1.0)]) == pytest.approx(0.0)
    assert slope([(3.0, 9.0)]) == 0.0


def test_the_beginning_does_not_count() -> None:
    assert growth(waiting(0, 100, *[100] * 10)) == pytest.approx(0.0)


def test_what_sways_holds_and_what_grows_does_not() -> None:
    assert holds(waiting(*[30, 60, 20] * 20), rate=300)
    assert not holds(waiting(*range(0, 240, 4)), rate=300)


def test_a_pile_that_has_stopped_growing_does_not_hold_either() -> None:
    assert not holds(waiting(*[301] * 60), rate=300)


def test_nothing_seen_is_nothing_shown() -> None:
    assert not holds([], rate=300)
