"""How far a folder has been received: arithmetic of UIDs."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.email.imap.backoff import TRIES, until_fetching_again, until_reconnecting
from channels.email.imap.position import Position, Waiting
from channels.email.imap.uids import UidSet

UIDS = st.integers(1, 60)


@given(st.lists(st.tuples(UIDS, UIDS), max_size=12))
def test_ranges_hold_what_a_set_would_and_never_touch(pairs: list[tuple[int, int]]) -> None:
    ranges, plain = UidSet(), set[int]()
    for first, last in pairs:
        ranges = ranges.with_range(first, last)
        plain |= set(range(first, last + 1))
    assert {uid for uid in range(70) if uid in ranges} == plain
    assert all(last + 1 < first for (_, last), (first, _) in pairwise(ranges.ranges))
    assert ranges.last == max(plain, default=0)
    assert UidSet.parse(str(ranges)) == ranges == UidSet.of(plain)


def test_ranges_are_written_as_imap_writes_them() -> None:
    assert str(UidSet.of([5, 1, 2, 3, 9])) == "1:3,5,9"


def test_twenty_thousand_mails_take_a_few_bytes() -> None:
    position = Position(1)
    for begin in range(1, 20_000, 1000):
        position = position.settle(range(begin, begin + 1000))
    assert len(position.encode()) < 100


def test_what_is_unknown_is_what_nothing_was_done_about() -> None:
    position = Position(1).settle([1, 2, 4]).fail(3, now=0.0).skip(6)
    assert position.unknown([1, 2, 3, 4, 5, 6, 7]) == [5, 7]
    assert position.last_uid == 6
    assert Position(1).last_uid == 0


def test_a_mail_below_the_watermark_that_was_never_seen_is_unknown_too() -> None:
    assert Position(1).settle([1, 2, 9]).unknown([1, 2, 5, 9]) == [5]


def test_a_mail_that_fails_waits_longer_each_time_until_it_is_settled() -> None:
    position = Position(1).fail(3, now=100.0)
    assert position.waiting == {3: Waiting(1, 102.0)}
    assert (position.due(101.9), position.due(102.0), position.next_due()) == ([], [3], 102.0)
    position = position.fail(3, now=200.0)
    assert position.waiting == {3: Waiting(2, 210.0)}
    assert position.settle([3]) == Position(1).settle([3])
    assert position.skip(3).waiting == {}


def test_what_is_put_back_is_due_at_once_unless_it_is_known_or_a_search_shows_it() -> None:
    position = Position(1).settle([1]).fail(4, now=0.0).put_back([1, 2, 3, 4, 5], now=1.0)
    assert position.due(1.0) == [2, 3]
    assert position.unknown([5]) == [5]


def test_gaps_that_stay_empty_are_settled_and_mails_are_not() -> None:
    position = Position(1).settle([3, 7]).fail(5, now=0.0).fail(6, now=0.0)
    compact = position.settle_gaps([3, 6, 7, 9], up_to=8)
    assert str(compact.settled) == "3:5,7:8"
    assert list(compact.waiting) == [6]
    assert position.settle_gaps([3, 6, 7, 9], up_to=0) == position


@given(st.sets(UIDS), st.dictionaries(UIDS, st.tuples(st.integers(0, 9), st.floats(0, 1e10))), st.sets(UIDS))
def test_what_is_stored_comes_back(settled: set[int], waiting: dict[int, tuple[int, float]], skipped: set[int]) -> None:
    waits = {uid: Waiting(*each) for uid, each in waiting.items()}
    position = Position(4_294_967_295, UidSet.of(settled), waits, UidSet.of(skipped))
    assert Position.decode(position.encode()) == position


@pytest.mark.parametrize(("attempts", "seconds"), [(1, 2.0), (2, 10.0), (3, 50.0), (4, 250.0), (5, 1200.0)])
def test_a_mail_is_tried_for_half_an_hour(attempts: int, seconds: float) -> None:
    assert until_fetching_again(attempts) == seconds
    assert attempts < TRIES


@pytest.mark.parametrize(("failures", "middle"), [(0, 1.0), (1, 1.0), (2, 2.0), (5, 16.0), (6, 30.0), (5000, 30.0)])
def test_a_connection_is_tried_again_ever_later_give_or_take_a_fifth(failures: int, middle: float) -> None:
    assert until_reconnecting(failures, lambda: 0.0) == pytest.approx(0.8 * middle)
    assert until_reconnecting(failures, lambda: 0.5) == pytest.approx(middle)
    assert until_reconnecting(failures, lambda: 1.0) == pytest.approx(1.2 * middle)
