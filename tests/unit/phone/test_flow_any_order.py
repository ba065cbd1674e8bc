"""Whatever comes, in any order and any number of times: a call goes only forward, ends, and has one outcome."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.phone import inputs
from channels.phone.call import OVER, Call, LegResult, State
from tests.support.phone_calls import ACME, CATEGORIES, NORTE, WITH_KEY, Line, World

_RICH: dict[str, Any] = {
    "languages": ["es", "en"],
    "categories": CATEGORIES,
    "ask_reference": True,
    "star_leaves": True,
    "callback": {"offer": True},
}
_STATUSES = ("completed", "answered", "busy", "no-answer", "failed", "canceled", "")
_ANY_KEYS = ("", "1", "2", "5", "8", "9", "*", "4829157367", "4829157368")


def _rich_line() -> Line:
    desk = replace(WITH_KEY, provider="sur", dial="sip:cau@sur.es")
    return Line(World(ACME, desk, NORTE, call_back=True), **_RICH)


_at = st.floats(0, 5000)
_step = st.integers(0, 20)
_seconds = st.sampled_from([0.0, 3.0, 70.0])
_known = st.sampled_from([True, False, None])
_any_input: st.SearchStrategy[inputs.Input] = st.one_of(
    st.builds(inputs.Incoming, _at, st.just("CA1"), st.just(""), st.just("")),
    st.builds(inputs.Keys, _at, _step, st.sampled_from(_ANY_KEYS)),
    st.builds(inputs.Whispered, _at, _step),
    st.builds(inputs.WhisperKeys, _at, _step, st.sampled_from(_ANY_KEYS)),
    st.builds(inputs.DialEnded, _at, _step, st.sampled_from(_STATUSES), _known, _seconds, st.none(), st.booleans()),
    st.builds(inputs.LegReported, _at, _step, st.just("CA2"), st.sampled_from([*_STATUSES, "ringing", "in-progress"])),
    st.builds(inputs.RecordEnded, _at, _step, _seconds, st.booleans()),
    st.builds(inputs.Recorded, _at, st.sampled_from(["RE1", "RE2"]), _seconds),
    st.builds(inputs.RecordingAbsent, _at, _step),
    st.builds(inputs.HungUp, _at),
    st.builds(inputs.NothingMore, _at),
)
_sequences = st.lists(st.tuples(_any_input, st.booleans()), max_size=30)


def _with_step(received: inputs.Input, step: int) -> inputs.Input:
    """Of that step; the same where it has none."""
    changes: Any = {"step": step} if hasattr(received, "step") else {}
    return replace(received, **changes)


def _goes_forward(before: Call, after: Call) -> None:
    assert after.step >= before.step
    assert after.step > before.step or after.state is before.state or after.state in OVER
    assert before.outcome in (None, after.outcome)
    assert before.claimed in (None, after.claimed)
    assert len(after.recordings) >= len(before.recordings)
    for old, new in zip(before.legs, after.legs, strict=False):
        for name in ("sid", "rang_at", "picked_up_at", "accepted_at", "ended_at", "result"):
            assert getattr(old, name) in (None, getattr(new, name)), name
    if before.state in OVER:
        assert after.state in OVER
        assert after.ended_at == before.ended_at
        assert len(after.legs) == len(before.legs)
    if before.state is State.ENDED:
        assert after.state is State.ENDED


@given(_sequences)
def test_a_call_goes_only_forward_and_ends_with_one_outcome(sequence: list[tuple[inputs.Input, bool]]) -> None:
    line = _rich_line()
    for received, timely in sequence:
        before = line.call
        line.hear(_with_step(received, line.step) if timely else received)
        _goes_forward(before, line.call)
        assert (line.call.state is State.CLOSING) <= (line.call.outcome is not None)
        line.answer()
    line.hear(inputs.NothingMore(9999.0))
    assert line.call.state is State.ENDED
    assert line.call.outcome is not None
    assert line.call.ended_at is not None
    assert len(set(line.dialled)) == len(line.dialled)
    assert all(leg.result is not None for leg in line.call.legs)
    assert not any(leg.result is LegResult.ANSWERED for leg in line.call.legs[:-1])


@given(_sequences)
def test_what_comes_twice_changes_nothing_the_second_time(sequence: list[tuple[inputs.Input, bool]]) -> None:
    line = _rich_line()
    for received, timely in sequence:
        told = _with_step(received, line.step) if timely else received
        once = line.hear(told)
        assert line.hear(told) == once


@given(st.lists(st.tuples(st.sampled_from(_ANY_KEYS), st.sampled_from(_STATUSES), _known, _seconds), min_size=25))
def test_whatever_a_caller_who_stays_and_the_desks_do_the_last_words_come(
    choices: list[tuple[str, str, bool | None, float]],
) -> None:
    """A caller who never hangs up meets no loop: each answer leads on, and 25 lead to the end."""
    line = _rich_line()
    for keys, status, bridged, seconds in choices:
        before = line.step
        match line.call.state:
            case State.CLOSING:
                return
            case State.DIALLING:
                line.end_dial(status, bridged=bridged)
            case State.VOICEMAIL:
                line.end_record(seconds)
            case _:
                line.press(keys)
        assert line.step == before + 1
    assert line.call.state is State.CLOSING


_STATES = {
    State.LANGUAGE: "",
    State.MENU: "k",
    State.REFERENCE: "k9",
    State.DIALLING: "kk",
    State.LEAVING: "kkd",
    State.OFFER: "kkbbb",
    State.VOICEMAIL: "kkbbb2",
    State.CLOSING: "k8",
    State.GONE: "kkh",
    State.ENDED: "kh",
}
"""How each state is reached: `k` no key, a digit that key, `d` a desk in doubt, `b` a busy desk, `h` a hang-up."""


def _line_at(state: State) -> Line:
    line = _rich_line()
    for sign in _STATES[state]:
        if sign == "h":
            line.hang_up()
        elif sign in "db":
            line.end_dial("completed" if sign == "d" else "busy", bridged=True)
        else:
            line.press("" if sign == "k" else sign)
    assert line.call.state is state
    return line


_MOVES: dict[State, dict[str, State]] = {
    State.LANGUAGE: {"Keys": State.MENU, "HungUp": State.ENDED},
    State.MENU: {"Keys": State.DIALLING, "HungUp": State.ENDED},
    State.REFERENCE: {"Keys": State.REFERENCE, "HungUp": State.ENDED},
    State.DIALLING: {"DialEnded": State.DIALLING, "HungUp": State.GONE},
    State.LEAVING: {"Keys": State.DIALLING, "HungUp": State.ENDED},
    State.OFFER: {"Keys": State.CLOSING, "HungUp": State.ENDED},
    State.VOICEMAIL: {"RecordEnded": State.CLOSING, "HungUp": State.GONE},
    State.CLOSING: {"HungUp": State.ENDED},
    State.GONE: {"DialEnded": State.ENDED},
    State.ENDED: {},
}
"""The table in flow.py, for the inputs below; NothingMore ends every call."""


@pytest.mark.parametrize("state", list(_STATES), ids=str)
def test_every_input_in_every_state(state: State) -> None:
    step = _line_at(state).step
    received: tuple[inputs.Input, ...] = (
        inputs.Incoming(2000, "CA1", "", ""),
        inputs.Keys(2000, step, "1"),
        inputs.Whispered(2000, step),
        inputs.WhisperKeys(2000, step, "1"),
        inputs.DialEnded(2000, step, "busy"),
        inputs.LegReported(2000, step, "CA2", "completed"),
        inputs.RecordEnded(2000, step, 5.0),
        inputs.Recorded(2000, "RE1", 5.0),
        inputs.RecordingAbsent(2000, step),
        inputs.HungUp(2000),
        inputs.NothingMore(2000),
    )
    for each in received:
        line, name = _line_at(state), type(each).__name__
        before = line.call
        expected = State.ENDED if name == "NothingMore" else _MOVES[state].get(name, state)
        assert line.hear(each).state is expected, name
        moved = name in _MOVES[state] or name == "NothingMore"
        assert (line.call.step, line.call.outcome) == (before.step, before.outcome) or moved, name
        late = _with_step(each, step - 1)
        if late != each:
            after = _line_at(state).hear(late)
            assert (after.state, after.step, after.outcome) == (before.state, before.step, before.outcome), name
