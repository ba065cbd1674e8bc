"""How long to wait before the next try."""

import pytest

from routing.delivery.backoff import backoff, wait_to_be_woken

KEYS = [f"{number:032x}" for number in range(200)]


@pytest.mark.parametrize(
    ("attempts", "middle"), [(0, 0.5), (1, 0.5), (2, 1.0), (3, 2.0), (6, 16.0), (7, 30.0), (50, 30.0), (10_000, 30.0)]
)
def test_it_doubles_up_to_half_a_minute_give_or_take_a_fifth(attempts: int, middle: float) -> None:
    waits = [backoff(attempts, key) for key in KEYS]
    assert 0.8 * middle <= min(waits) < 0.85 * middle
    assert 1.15 * middle < max(waits) <= 1.2 * middle


def test_the_same_question_has_the_same_answer_and_another_attempt_another() -> None:
    assert backoff(3, "a") == backoff(3, "a")
    assert len({backoff(7, "a"), backoff(8, "a"), backoff(9, "a")}) == 3


def test_what_waits_to_be_woken_does_not_come_back_all_at_once() -> None:
    waits = [wait_to_be_woken(key) for key in KEYS]
    assert 24.0 <= min(waits) < max(waits) <= 36.0
