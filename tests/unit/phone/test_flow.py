"""Calls from their beginning to their end, webhook by webhook."""

from dataclasses import replace
from typing import Any

import pytest

from channels.phone import inputs
from channels.phone.answers import Hangup
from channels.phone.call import Call, LegResult, Outcome, State
from gateway.core.dialling import Desk
from tests.support.phone_calls import ACME, CATEGORIES, NORTE, NUMBER, WITH_KEY, Line, World

_MENUS: dict[str, Any] = {"languages": ["es", "en"], "categories": CATEGORIES, "ask_reference": True}


def _told(call: Call) -> tuple[State, Outcome | None, list[LegResult | None]]:
    return call.state, call.outcome, [leg.result for leg in call.legs]


def test_the_primary_answers_and_the_caller_hangs_up() -> None:
    line = Line(World(ACME, NORTE))
    line.end_dial("completed", after=95, bridged=True, seconds=80.0, caller_gone=True)
    assert _told(line.call) == (State.ENDED, Outcome.ANSWERED, [LegResult.ANSWERED])
    assert line.call.ended_at == line.now


def test_the_primary_answers_and_its_agent_hangs_up() -> None:
    line = Line(World(ACME, NORTE))
    line.end_dial("completed", bridged=True, seconds=8.0)
    assert _told(line.call) == (State.CLOSING, Outcome.ANSWERED, [LegResult.ANSWERED])
    assert line.hang_up().state is State.ENDED


@pytest.mark.parametrize(
    ("status", "code", "result"),
    [
        ("busy", None, LegResult.BUSY),
        ("no-answer", None, LegResult.NO_ANSWER),
        ("failed", None, LegResult.FAILED),
        ("failed", 503, LegResult.FAILED),
        ("busy", 486, LegResult.BUSY),
        ("canceled", 487, LegResult.CANCELED),
        ("a word of tomorrow", None, LegResult.FAILED),
    ],
)
def test_a_desk_that_does_not_answer_leads_to_the_next_in_the_same_call(
    status: str, code: int | None, result: LegResult
) -> None:
    line = Line(World(ACME, NORTE))
    line.end_dial(status, sip_code=code)
    assert line.call.state is State.DIALLING
    assert line.dialled == ["acme", "norte"]
    assert (line.call.legs[0].result, line.call.legs[0].sip_code) == (result, code)


def test_a_desk_that_is_down_or_closed_is_not_dialled() -> None:
    world = World(NORTE)
    line = Line(world)
    assert line.dialled == ["norte"]


def test_the_route_is_asked_for_anew_before_each_desk() -> None:
    world = World(ACME, NORTE)
    line = Line(world)
    world.up = ()
    assert line.end_dial("busy").state is State.VOICEMAIL
    assert [call.language for call in world.asked_for] == ["es", "es"]


def test_no_desk_is_dialled_twice_in_one_call() -> None:
    line = Line(World(ACME))
    line.end_dial("busy")
    assert (line.dialled, line.call.state) == (["acme"], State.VOICEMAIL)


def test_a_queue_that_nobody_leaves_is_no_answer() -> None:
    line = Line(World(WITH_KEY, NORTE))
    line.whisper()
    line.end_dial("completed", after=31, bridged=False, seconds=30.0)
    assert line.call.legs[0].result is LegResult.NOT_ACCEPTED
    assert line.dialled == ["acme", "norte"]


def test_who_presses_the_key_has_answered() -> None:
    line = Line(World(WITH_KEY, NORTE))
    line.whisper()
    line.press_at_desk("7")
    assert line.leg.accepted_at is None
    line.press_at_desk("1")
    accepted_at = line.now
    line.press_at_desk("1")
    assert line.leg.accepted_at == accepted_at
    line.end_dial("completed", bridged=True, seconds=60.0)
    assert _told(line.call) == (State.CLOSING, Outcome.ANSWERED, [LegResult.ANSWERED])


def test_a_key_pressed_when_the_caller_had_just_hung_up_joined_nobody() -> None:
    line = Line(World(WITH_KEY, NORTE))
    line.whisper()
    line.press_at_desk("1")
    line.end_dial("completed", bridged=False, seconds=5.0, caller_gone=True)
    assert _told(line.call) == (State.ENDED, Outcome.ABANDONED, [LegResult.CANCELED])


def test_picked_up_and_joined_to_nobody_is_no_answer() -> None:
    line = Line(World(ACME, NORTE))
    line.end_dial("completed", bridged=False, seconds=1.0)
    assert line.call.legs[0].result is LegResult.NO_ANSWER
    assert line.dialled == ["acme", "norte"]


def test_a_key_pressed_after_the_caller_hung_up_takes_no_call() -> None:
    line = Line(World(WITH_KEY))
    line.hang_up()
    line.press_at_desk("1")
    assert line.speaker.answer_to(inputs.WhisperKeys(line.now, line.step, "1"), line.call) == (Hangup(),)
    line.hear(inputs.NothingMore(line.after(60)))
    assert line.call.outcome is Outcome.ABANDONED


def test_a_key_pressed_at_a_desk_that_was_given_up_takes_no_call() -> None:
    line = Line(World(WITH_KEY, replace(WITH_KEY, provider="norte")))
    late = inputs.WhisperKeys(line.now, line.step, "1")
    line.end_dial("no-answer")
    line.hear(late)
    assert line.leg.accepted_at is None
    assert line.speaker.answer_to(late, line.call) == (Hangup(),)


def test_the_result_of_a_dial_that_comes_again_says_nothing_of_the_message() -> None:
    line = Line(World(ACME))
    again = inputs.DialEnded(line.now, line.step, "busy")
    line.hear(again)
    line.hang_up()
    assert line.hear(again).state is State.GONE


def test_a_key_that_joined_nobody_while_the_caller_waits_leads_to_the_next() -> None:
    line = Line(World(WITH_KEY, NORTE))
    line.whisper()
    line.press_at_desk("1")
    line.end_dial("completed", bridged=False, seconds=5.0)
    assert line.dialled == ["acme", "norte"]


def test_who_was_joined_without_the_key_is_asked_about() -> None:
    line = Line(World(WITH_KEY, NORTE))
    assert line.end_dial("completed", bridged=True, seconds=40.0).state is State.LEAVING
    assert line.press("1").state is State.DIALLING
    assert [leg.result for leg in line.call.legs] == [LegResult.LEFT, None]


def test_the_star_key_leaves_a_queue_for_the_next_desk() -> None:
    line = Line(World(ACME, NORTE), star_leaves=True)
    assert line.end_dial("completed", bridged=True, seconds=40.0).state is State.LEAVING
    line.press("1")
    assert line.dialled == ["acme", "norte"]


def test_who_was_helped_before_the_agent_hung_up_just_waits() -> None:
    line = Line(World(ACME, NORTE), star_leaves=True)
    line.end_dial("completed", bridged=True, seconds=40.0)
    assert _told(line.press("")) == (State.CLOSING, Outcome.ANSWERED, [LegResult.ANSWERED])


def test_with_a_key_the_star_needs_no_question() -> None:
    line = Line(World(WITH_KEY), star_leaves=True)
    line.press_at_desk("1")
    assert line.end_dial("completed", bridged=True, seconds=40.0).state is State.CLOSING


def test_all_fail_and_the_caller_leaves_a_message() -> None:
    line = Line(World(ACME, NORTE))
    line.end_dial("no-answer")
    assert line.end_dial("busy").state is State.VOICEMAIL
    assert line.call.told_of_recording
    line.end_record(12.0)
    assert (line.call.state, line.call.outcome) == (State.CLOSING, Outcome.VOICEMAIL)
    line.hang_up()
    line.hear(inputs.Recorded(line.after(3), "RE1", 12.0))
    line.hear(inputs.Recorded(line.after(3), "RE1", 12.0))
    assert [each.sid for each in line.call.recordings] == ["RE1"]
    assert line.call.state is State.ENDED


def test_a_message_may_be_ended_by_hanging_up() -> None:
    line = Line(World())
    line.end_record(9.0, gone=True)
    assert (line.call.state, line.call.outcome) == (State.ENDED, Outcome.VOICEMAIL)


@pytest.mark.parametrize("first", ["hung_up", "recorded"])
def test_hang_up_and_recording_in_either_order(first: str) -> None:
    line = Line(World())
    recorded = inputs.Recorded(line.now + 20, "RE1", 9.0)
    if first == "recorded":
        line.hear(recorded)
        line.hang_up()
    else:
        assert line.hang_up().state is State.GONE
        line.hear(recorded)
    assert (line.call.state, line.call.outcome) == (State.ENDED, Outcome.VOICEMAIL)


def test_nothing_is_said_after_the_tone() -> None:
    line = Line(World())
    first = line.step
    assert line.end_record().state is State.VOICEMAIL
    assert line.step > first
    assert (line.end_record().state, line.call.outcome) == (State.CLOSING, Outcome.UNANSWERED)


def test_hung_up_at_the_tone_and_no_recording() -> None:
    line = Line(World())
    line.hang_up()
    line.hear(inputs.RecordingAbsent(line.after(1), line.step))
    assert (line.call.state, line.call.outcome) == (State.ENDED, Outcome.ABANDONED)


def test_the_absence_of_a_first_silent_recording_says_nothing_of_the_second() -> None:
    line = Line(World())
    silent = line.step
    line.end_record()
    line.hang_up()
    line.hear(inputs.RecordingAbsent(line.after(1), silent))
    assert line.call.state is State.GONE
    line.hear(inputs.Recorded(line.after(1), "RE2", 5.0))
    assert line.call.outcome is Outcome.VOICEMAIL


def test_a_recording_that_comes_after_all_is_kept_and_changes_no_outcome() -> None:
    line = Line(World())
    line.hang_up()
    line.hear(inputs.NothingMore(line.after(4000)))
    line.hear(inputs.Recorded(line.after(1), "RE1", 5.0))
    assert (line.call.outcome, len(line.call.recordings)) == (Outcome.ABANDONED, 1)


def test_without_voicemail_the_last_words_are_all_there_is() -> None:
    line = Line(World(), voicemail={"offer": False})
    assert (line.call.state, line.call.outcome) == (State.CLOSING, Outcome.UNANSWERED)
    assert not line.call.told_of_recording


# menus


def test_language_category_and_desk() -> None:
    line = Line(World(ACME), **_MENUS)
    assert line.call.state is State.LANGUAGE
    line.press("2")
    line.press("1")
    assert (line.call.language, line.call.category, line.dialled) == ("en", "fault", ["acme"])


def test_the_language_of_a_number_is_not_asked() -> None:
    line = Line(World(ACME), languages=["es", "en"], number_languages={NUMBER: "en"})
    assert (line.call.state, line.call.language) == (State.DIALLING, "en")


def test_who_presses_nothing_is_put_through_at_once() -> None:
    line = Line(World(ACME), **_MENUS)
    line.press("")
    line.press("")
    assert (line.call.language, line.call.category, line.call.state) == ("es", None, State.DIALLING)


def test_wrong_keys_are_bounded() -> None:
    line = Line(World(ACME), **_MENUS)
    states = [line.press(key).state for key in "7#50"]
    assert states == [State.LANGUAGE, State.MENU, State.MENU, State.DIALLING]


def test_a_reference_keyed_in_is_kept_and_proves_nothing() -> None:
    line = Line(World(ACME), ask_reference=True)
    line.press("9")
    assert line.press("4829157367").claimed == "4829157367"
    assert line.call.state is State.DIALLING


def test_wrong_references_are_bounded() -> None:
    line = Line(World(ACME), ask_reference=True)
    line.press("9")
    spoilt = ("4829157376", "٤" * 10)  # neighbours swapped, other digits
    assert [line.press(digits).state for digits in spoilt] == [State.REFERENCE] * 2
    line = Line(World(ACME), ask_reference=True)
    line.press("9")
    states = [line.press(digits).state for digits in ("4829157368", "", "12*")]
    assert states == [State.REFERENCE, State.REFERENCE, State.DIALLING]
    assert line.call.claimed is None


def test_called_back_instead_of_waiting() -> None:
    line = Line(World(ACME, call_back=True), callback={"offer": True})
    line.press("8")
    assert (line.call.state, line.call.outcome, line.dialled) == (State.CLOSING, Outcome.CALLBACK, [])


@pytest.mark.parametrize(
    ("keys", "state", "outcome"),
    [
        ("1", State.CLOSING, Outcome.CALLBACK),
        ("2", State.VOICEMAIL, None),
        ("51", State.CLOSING, Outcome.CALLBACK),
        ("55", State.VOICEMAIL, None),
    ],
)
def test_called_back_or_a_message_when_nobody_answers(keys: str, state: State, outcome: Outcome | None) -> None:
    line = Line(World(call_back=True), callback={"offer": True})
    line.press("")
    assert line.call.state is State.OFFER
    for key in keys:
        line.press(key)
    assert (line.call.state, line.call.outcome) == (state, outcome)


@pytest.mark.parametrize(("offer", "may"), [(True, False), (False, True)])
def test_whom_we_may_not_call_is_not_offered_it(offer: bool, may: bool) -> None:
    line = Line(World(ACME, call_back=may), callback={"offer": offer}, categories=CATEGORIES)
    assert [line.press("8").state for _ in "88"] == [State.MENU, State.DIALLING]


# what is kept


def test_a_ticket_is_needed_before_anything_is_dialled_and_for_whoever_hangs_up_earlier() -> None:
    asking = Line(World(ACME), categories=CATEGORIES)
    assert not asking.call.needs_ticket
    assert replace(asking.hang_up()).needs_ticket
    dialling = Line(World(ACME))
    assert dialling.call.needs_ticket
    assert not replace(dialling.call, ticket_id="t").needs_ticket


def test_what_is_dialled_stays_the_same_after_a_reload() -> None:
    world = World(ACME)
    line = Line(world)
    before = line.answer()
    world.up = (Desk("acme", "+34910000099", 30),)
    line.hear(inputs.Incoming(line.after(1), "CA1", "", ""))
    assert line.answer() == before


def test_who_hangs_up_in_the_menu_has_abandoned_it() -> None:
    line = Line(World(ACME), **_MENUS)
    line.press("1")
    line.hang_up()
    assert (line.call.outcome, line.call.left_in, line.call.ended_at) == (Outcome.ABANDONED, State.MENU, line.now)


# hang-ups while a desk is dialled


@pytest.mark.parametrize("hung_up_first", [True, False])
def test_hang_up_and_the_result_of_the_dial_in_either_order(hung_up_first: bool) -> None:
    line = Line(World(ACME, NORTE))
    if hung_up_first:
        assert line.hang_up().state is State.GONE
    line.end_dial("no-answer", caller_gone=True)
    line.hang_up()
    assert _told(line.call) == (State.ENDED, Outcome.ABANDONED, [LegResult.CANCELED])
    assert line.call.left_in is State.DIALLING


def test_a_hang_up_told_before_the_result_does_not_hide_that_somebody_answered() -> None:
    line = Line(World(ACME))
    line.hang_up()
    line.end_dial("completed", bridged=True, seconds=300.0)
    assert line.call.outcome is Outcome.ANSWERED


@pytest.mark.parametrize(
    ("desk", "key", "outcome"),
    [
        (ACME, "", Outcome.ANSWERED),
        (WITH_KEY, "", Outcome.ABANDONED),
        (WITH_KEY, "1", Outcome.ANSWERED),
    ],
)
def test_a_result_that_never_comes_is_replaced_by_what_is_known(desk: Desk, key: str, outcome: Outcome) -> None:
    line = Line(World(desk))
    line.hear(inputs.LegReported(line.after(5), line.step, "CA2", "in-progress"))
    if key:
        line.press_at_desk(key)
    line.hang_up()
    line.hear(inputs.NothingMore(line.after(60)))
    assert (line.call.state, line.call.outcome) == (State.ENDED, outcome)


@pytest.mark.parametrize("desks", [(ACME,), ()], ids=["a dial", "a message"])
def test_a_result_that_comes_after_all_changes_no_outcome(desks: tuple[Desk, ...]) -> None:
    line = Line(World(*desks))
    line.hang_up()
    settled = line.hear(inputs.NothingMore(line.after(4000)))
    assert settled.outcome is Outcome.ABANDONED
    assert line.end_dial("completed", bridged=True, seconds=9.0) == settled
    assert line.end_record(9.0) == settled


def test_reports_of_legs_in_any_order_fill_in_once() -> None:
    line = Line(World(ACME, NORTE))
    first = line.step
    line.end_dial("busy")
    second = line.step
    for at, step, status in ((30, first, "completed"), (12, first, "ringing"), (11, first, "initiated"), (40, 99, "x")):
        line.hear(inputs.LegReported(at, step, "CA2", status))
    line.hear(inputs.LegReported(50, second, "CA3", "answered"))
    line.hear(inputs.LegReported(51, second, "CA4", "in-progress"))
    assert [(leg.sid, leg.rang_at, leg.picked_up_at) for leg in line.call.legs] == [
        ("CA2", 12, None),
        ("CA3", None, 50),
    ]
