"""A text that goes out only moves forward, whatever Twilio tells, how often, and in which order."""

from dataclasses import replace
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.phone.messaging.sent import About, Sent, State, key_of, read, written
from tests.support.tickets import NOW

ABOUT = About("t" * 32, "4829157360", "m" * 32, 1, is_answer=True)
ORDERING = Sent(ABOUT, State.ORDERING, NOW)
_FORWARD = (State.TAKEN, State.SENT, State.DELIVERED, State.READ)


def _after(sent: Sent, *told: tuple[str, str]) -> Sent:
    for sid, status in told:
        sent = sent.moved(sid, status) or sent
    return sent


@pytest.mark.parametrize("order", list(permutations(("queued", "sent", "delivered"))), ids="-".join)
def test_the_furthest_counts_in_any_order(order: tuple[str, ...]) -> None:
    assert _after(ORDERING, *(("SM1", status) for status in order)).state is State.DELIVERED


@given(st.lists(st.tuples(st.sampled_from(["SM1", "SM2"]), st.sampled_from(["queued", "sent", "delivered", "read"]))))
def test_it_never_goes_back_and_is_one_message(told: list[tuple[str, str]]) -> None:
    sent = ORDERING
    for sid, status in told:
        after = sent.moved(sid, status)
        if after is not None:
            assert sent.sid in (None, after.sid)
            assert sent.state not in _FORWARD or _FORWARD.index(after.state) > _FORWARD.index(sent.state)
            sent = after


def test_what_failed_stays_failed_and_says_why() -> None:
    failed = _after(ORDERING, ("SM1", "sent")).moved("SM1", "undelivered", 30003)
    assert failed is not None
    assert (failed.state, failed.code) == (State.FAILED, 30003)
    assert failed.moved("SM1", "delivered") is None
    assert _after(ORDERING, ("SM1", "delivered")).moved("SM1", "failed", 30003) is None


def test_one_that_is_sent_anew_hears_no_more_of_the_first() -> None:
    anew = _after(ORDERING, ("SM1", "undelivered")).again().ordered(NOW + 9)
    assert (anew.state, anew.ordered_at, anew.earlier) == (State.ORDERING, NOW + 9, ("SM1",))
    assert anew.moved("SM1", "delivered") is None
    assert _after(anew, ("SM2", "queued")).sid == "SM2"


@pytest.mark.parametrize("status", ["", "receiving", "no such status"])
def test_a_status_that_says_nothing_changes_nothing(status: str) -> None:
    assert ORDERING.moved("SM1", status) is None


def test_it_is_kept_as_it_is() -> None:
    full = replace(ORDERING, state=State.FAILED, sid="SM1", code=30003, earlier=("SM0",))
    assert read(written(full)) == full
    assert read(written(ORDERING)) == ORDERING
    assert key_of("m", 2) == "m.2"
