"""Whatever comes, in any order and any number of times: a call back goes only forward, ends, and has one outcome."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.phone.calling_back import inputs
from channels.phone.calling_back.callback import Callback, Outcome, Refusal, State
from channels.phone.calling_back.guard import seconds_of
from tests.support.calls_back import CallingBackLine, stepped
from tests.support.phone_calls import ACME, NORTE, WITH_KEY

_STATUSES = ("completed", "busy", "no-answer", "failed", "canceled", "")
_SIDS = ("CA2", "CA3", "CA4", "CAother")
_at = st.floats(1_784_541_600.0, 1_784_545_000.0)
_step = st.integers(0, 12)
_sid = st.sampled_from(_SIDS)
_digits = st.sampled_from(["", "1", "2", "9"])
_seconds = st.sampled_from([0.0, 3.0, 70.0])
_any_input: st.SearchStrategy[inputs.Input] = st.one_of(
    st.builds(inputs.Due, _at, _step),
    st.builds(inputs.Refused, _at, st.sampled_from(Refusal)),
    st.builds(inputs.Ordering, _at, _step, st.integers(0, 2)),
    st.builds(inputs.NotOrdered, _at, _step),
    st.builds(inputs.OrderRefused, _at, _step),
    st.builds(inputs.Ordered, _at, _step, _sid),
    st.builds(inputs.PickedUp, _at, _step, _sid),
    st.builds(inputs.AgentKeys, _at, _step, _sid, _digits),
    st.builds(inputs.RequesterPickedUp, _at, _step),
    st.builds(inputs.RequesterKeys, _at, _step, _digits),
    st.builds(inputs.RequesterEnded, _at, _step, st.sampled_from([True, False, None]), _seconds),
    st.builds(inputs.DeskEnded, _at, _step, _sid, st.sampled_from(_STATUSES), _seconds),
)
_sequences = st.lists(st.tuples(_any_input, st.booleans()), max_size=40)


def _line() -> CallingBackLine:
    return CallingBackLine(ACME, WITH_KEY, NORTE, tries=2)


def _timely(line: CallingBackLine, received: inputs.Input) -> inputs.Input:
    """Of the step that such an input would be of now."""
    leg = line.callback.legs[-1] if line.callback.legs else None
    if isinstance(received, inputs.RequesterPickedUp | inputs.RequesterKeys | inputs.RequesterEnded):
        return stepped(received, leg.requester.step if leg and leg.requester else 0)
    return stepped(received, line.callback.step if leg is None or isinstance(received, inputs.Due) else leg.step)


def _goes_forward(before: Callback, after: Callback) -> None:
    assert after.step >= before.step
    assert after.step > before.step or after.state in (before.state, State.TALKING)
    assert before.outcome in (None, after.outcome)
    assert before.refusal in (None, after.refusal)
    assert after.tries >= before.tries
    for old, new in zip(before.legs, after.legs, strict=False):
        for name in ("picked_up_at", "accepted_at", "ended_at", "result"):
            assert getattr(old, name) in (None, getattr(new, name)), name
        was, known = old.requester, new.requester
        assert was is None or known is not None
        assert was is None or known is None or was.joined_at in (None, known.joined_at)
    if before.state is State.ENDED:
        assert (after.state, after.step, len(after.legs)) == (State.ENDED, before.step, len(before.legs))


@given(_sequences)
def test_a_call_back_goes_only_forward_and_never_calls_too_often(sequence: list[tuple[inputs.Input, bool]]) -> None:
    line = _line()
    for received, timely in sequence:
        before = line.callback
        after = line.hear(_timely(line, received) if timely else received)
        _goes_forward(before, after)
        assert after.tries <= line.settings.tries
        assert (after.state is State.ENDED) == (after.outcome is not None)
        assert (after.outcome is Outcome.REFUSED) == (after.refusal is not None)
        called = [(leg.round, leg.desk.provider) for leg in after.legs]
        assert len(set(called)) == len(called), "a desk is called once in a round"
        assert sum(leg.requester is not None and leg.requester.ended_at is None for leg in after.legs) <= 1
        assert not (after.over and any(leg.open for leg in after.legs))
        assert seconds_of(after, line.settings) >= 0


@given(_sequences)
def test_what_comes_twice_changes_nothing_the_second_time(sequence: list[tuple[inputs.Input, bool]]) -> None:
    """But for an order, which is made again on purpose, and what isn't ordered any more."""
    line = _line()
    for received, timely in sequence:
        told = _timely(line, received) if timely else received
        once = line.hear(told)
        if not isinstance(told, inputs.Ordering | inputs.NotOrdered):
            assert line.hear(told) == once


@given(
    st.lists(
        st.tuples(st.sampled_from(_STATUSES), _digits, _digits, st.sampled_from([True, False])),
        min_size=30,
        max_size=40,
    )
)
def test_whatever_desks_and_requester_do_it_ends(choices: list[tuple[str, str, str, bool]]) -> None:
    line = _line()
    for status, agent, requester, bridged in choices:
        match line.callback.state:
            case State.ENDED:
                break
            case State.WAITING:
                line.begin()
            case State.DESK:
                line.accept(agent)
                if line.callback.state is State.DESK:
                    line.end_desk(status)
            case State.REQUESTER:
                line.answer(requester)
                line.end_requester(5, bridged=bridged)
                line.end_desk()
    assert line.callback.state is State.ENDED
    assert line.callback.over


_MOVES: dict[State, dict[str, State]] = {
    State.WAITING: {"Due": State.DESK, "Refused": State.ENDED},
    State.DESK: {
        "Refused": State.ENDED,
        "OrderRefused": State.DESK,
        "DeskEnded": State.DESK,
        "AgentKeys": State.REQUESTER,
    },
    State.REQUESTER: {
        "RequesterKeys": State.TALKING,
        "RequesterEnded": State.WAITING,
        "DeskEnded": State.WAITING,
    },
    State.TALKING: {"RequesterEnded": State.ENDED, "DeskEnded": State.ENDED},
    State.ENDED: {},
}
"""The table in flow.py, for the inputs below."""
_INPUTS: dict[str, Callable[[float, str], inputs.Input]] = {
    "Due": lambda at, sid: inputs.Due(at, 0),
    "Refused": lambda at, sid: inputs.Refused(at, Refusal.SPEND),
    "Ordering": lambda at, sid: inputs.Ordering(at, 0, 1),
    "NotOrdered": lambda at, sid: inputs.NotOrdered(at, 0),
    "OrderRefused": lambda at, sid: inputs.OrderRefused(at, 0),
    "Ordered": lambda at, sid: inputs.Ordered(at, 0, sid),
    "PickedUp": lambda at, sid: inputs.PickedUp(at, 0, sid),
    "AgentKeys": lambda at, sid: inputs.AgentKeys(at, 0, sid, "1"),
    "RequesterPickedUp": lambda at, sid: inputs.RequesterPickedUp(at, 0),
    "RequesterKeys": lambda at, sid: inputs.RequesterKeys(at, 0, "1"),
    "RequesterEnded": lambda at, sid: inputs.RequesterEnded(at, 0, None, 5.0),
    "DeskEnded": lambda at, sid: inputs.DeskEnded(at, 0, sid, "busy", 5.0),
}


@pytest.mark.parametrize("state", list(_MOVES), ids=str)
def test_every_input_in_every_state(state: State) -> None:
    for name, make in _INPUTS.items():
        line = _line().line_at(state)
        before = line.callback
        sid = line.sid if line.callback.legs else "CA2"
        after = line.hear(_timely(line, make(line.now, sid)))
        assert after.state is _MOVES[state].get(name, state), name
        moves = name in _MOVES[state]
        assert (after.step > before.step or after.state is State.TALKING) if moves else after.step == before.step, name
        late = stepped(make(line.now, "CAother"), 0)
        if hasattr(late, "step"):
            line = _line().line_at(state)
            before = line.callback
            assert line.hear(late) == before, name
