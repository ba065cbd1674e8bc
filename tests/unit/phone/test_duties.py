"""When a ticket is released, when a call is over, and when somebody has to look at it: by its state and the time."""

from dataclasses import replace

import pytest

from channels.phone import inputs
from channels.phone.call import Call, Fetching, Outcome, State
from channels.phone.duties import is_over, is_releasable, may_miss, next_look
from tests.support.phone_calls import ACME, Line, World


def ended(*, by: str = "hanging up") -> Call:
    line = Line(World(ACME))
    if by == "a message":
        line.end_dial("busy")
        line.end_record(5.0)
        line.hear(inputs.Recorded(line.now, "RE1", 5.0))
    elif by == "gone at the tone":
        line.end_dial("busy")
    elif by == "gone while it rang":
        return replace(line.hang_up(), ticket_id="t")
    else:
        line.end_dial("completed", bridged=True)
    return replace(line.hang_up(), ticket_id="t")


def fetched(call: Call, fetching: Fetching) -> Call:
    return replace(call, recordings=tuple(replace(each, fetching=fetching) for each in call.recordings))


def after(call: Call, seconds: float) -> float:
    assert call.ended_at is not None
    return call.ended_at + seconds


def test_a_call_without_a_message_is_released_at_its_end() -> None:
    call = ended()
    assert is_releasable(call, after(call, 0))
    assert not is_over(call)
    assert is_over(replace(call, released=True))


@pytest.mark.parametrize("fetching", [Fetching.KEPT, Fetching.MISSED, Fetching.DELETED])
def test_with_a_message_once_that_is_settled(fetching: Fetching) -> None:
    call = ended(by="a message")
    assert not is_releasable(call, after(call, 1))
    assert is_releasable(fetched(call, fetching), after(call, 1))


def test_or_after_two_minutes() -> None:
    call = ended(by="a message")
    assert not is_releasable(call, after(call, 110))
    assert is_releasable(call, after(call, 120))
    released = replace(call, released=True)
    assert not is_over(released)
    assert is_over(fetched(released, Fetching.MISSED))


def test_a_recording_that_is_known_of_late_is_waited_for_from_then() -> None:
    call = ended(by="a message")
    late = replace(call, recordings=(replace(call.recordings[0], known_at=after(call, 500)),))
    assert not is_releasable(late, after(call, 600))
    assert is_releasable(late, after(call, 620))


def test_who_is_gone_at_the_tone_is_waited_for_two_minutes() -> None:
    call = ended(by="gone at the tone")
    assert call.state is State.GONE
    assert not is_releasable(call, after(call, 119))
    assert is_releasable(call, after(call, 120))
    assert next_look(call, after(call, 1)) == after(call, 120)
    assert next_look(replace(call, released=True), after(call, 121)) == after(call, 3600)


def test_how_a_leg_ended_is_waited_for_a_minute() -> None:
    call = ended(by="gone while it rang")
    assert not is_releasable(call, after(call, 500))
    assert next_look(call, after(call, 1)) == after(call, 60)


def test_a_live_call_is_looked_at_every_three_minutes() -> None:
    call = Line(World(ACME)).call
    assert not is_releasable(call, call.began_at + 10_000)
    assert next_look(call, call.began_at) == call.began_at + 180
    assert next_look(call, call.began_at + 500) == call.began_at + 680


def test_tries_come_farther_and_farther_apart() -> None:
    call = ended(by="a message")
    pauses = [
        (next_look(call, after(call, seconds), undone=True) or 0) - after(call, seconds) for seconds in (0, 60, 100)
    ]
    assert pauses == [5, 15, 20]
    released = replace(call, released=True)
    assert (next_look(released, after(call, 3000), undone=True) or 0) - after(call, 3000) == 300
    assert not may_miss(call, after(call, 3599))
    assert may_miss(call, after(call, 3600))


def test_nothing_is_looked_at_when_nothing_is_left() -> None:
    call = replace(ended(), released=True)
    assert next_look(call, after(call, 1)) is None


def test_who_is_to_be_called_back_is_released_by_that() -> None:
    call = replace(ended(), outcome=Outcome.CALLBACK)
    assert not is_releasable(call, after(call, 9000))
    assert is_over(call)
    assert next_look(call, after(call, 1)) is None
