"""The arithmetic of the bench."""

import pytest

from tests.bench.figures import Spread, as_good_as, economy, rate, settled_rate, spread
from tests.bench.load import LoadResult
from tests.bench.rounds import Measurement


def measurement(seconds: float, processor: float, settled: float = 0.0) -> Measurement:
    return Measurement(LoadResult(1000, seconds, 0.01, 0.02, 0.1), processor, settled or seconds)


def test_a_ratio_is_taken_within_each_round() -> None:
    base = [measurement(1.0, 1e-4), measurement(4.0, 1e-4), measurement(2.0, 1e-4)]
    measured = [measurement(2.0, 4e-4), measurement(8.0, 2e-4), measurement(8.0, 1e-4)]

    assert as_good_as(base, measured, rate) == Spread(0.5, 0.25, 0.5)
    assert as_good_as(base, measured, economy).middle == pytest.approx(0.5)


def test_what_is_settled_later_counts_until_then() -> None:
    assert settled_rate(measurement(1.0, 1e-4, settled=4.0)) == 250


def test_a_spread_is_shown_with_its_ends() -> None:
    assert spread([measurement(1.0, p) for p in (3e-4, 1e-4, 2e-4)], lambda each: each.processor).show(0, 1e6) == (
        "200 (100 to 300)"
    )
