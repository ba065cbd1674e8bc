"""The way of a call back: a desk's agent, the requester, the two joined; and what happens where that fails."""

import pytest

from channels.phone.answers import DialRequester, Gather, Hangup, Say
from channels.phone.call import LegResult
from channels.phone.calling_back import inputs
from channels.phone.calling_back.callback import Answered, Outcome, Refusal, State
from tests.support.calls_back import NOON, REQUESTER, CallingBackLine, new_callback
from tests.support.phone_calls import ACME, NORTE, NUMBER, WITH_KEY


def test_an_agent_takes_it_the_requester_presses_the_key_and_they_speak() -> None:
    line = CallingBackLine()
    assert line.begin().state is State.DESK
    assert line.dialled == ["acme"]
    assert line.accept().state is State.REQUESTER
    assert line.answer().state is State.TALKING
    ended = line.end_requester(90, bridged=True)
    assert (ended.state, ended.outcome) == (State.ENDED, Outcome.REACHED)
    assert not ended.over, "the desk's line is open still, and costs"
    assert line.end_desk(seconds=120).over


@pytest.mark.parametrize(
    ("status", "result"),
    [
        ("busy", LegResult.BUSY),
        ("no-answer", LegResult.NO_ANSWER),
        ("failed", LegResult.FAILED),
        ("canceled", LegResult.FAILED),
        ("completed", LegResult.NOT_ACCEPTED),
    ],
)
def test_a_desk_that_does_not_take_it_leads_to_the_next_at_once(status: str, result: LegResult) -> None:
    line = CallingBackLine()
    line.begin()
    assert line.end_desk(status).state is State.DESK
    assert line.dialled == ["acme", "norte"]
    assert line.callback.legs[0].result is result


def test_a_desk_that_twilio_will_not_call_leads_to_the_next() -> None:
    line = CallingBackLine()
    line.hear(inputs.Due(NOON, line.callback.step))
    line.hear(inputs.Ordering(NOON, line.leg.step, 0))
    line.hear(inputs.OrderRefused(NOON, line.leg.step))
    assert (line.dialled, line.callback.legs[0].result) == (["acme", "norte"], LegResult.FAILED)


def test_another_key_than_the_desks_is_no_acceptance() -> None:
    line = CallingBackLine(WITH_KEY)
    line.begin()
    assert line.accept("2").state is State.DESK
    assert line.accept("1").state is State.REQUESTER


def test_where_no_agent_can_be_had_the_desks_are_called_again_after_a_pause_until_it_is_too_late() -> None:
    line = CallingBackLine(pause="10m")
    rounds = 0
    while line.callback.state is State.WAITING:
        line.begin()
        line.end_desk("busy")
        line.end_desk("no-answer")
        rounds += 1
    assert rounds == 3
    assert line.dialled == ["acme", "norte"] * 3
    assert (line.callback.outcome, line.callback.over) == (Outcome.NO_AGENT, True)
    assert line.now <= line.callback.until


def test_without_any_desk_it_is_tried_again() -> None:
    line = CallingBackLine()
    line.up = ()
    assert line.begin().state is State.WAITING
    line.up = (NORTE,)
    line.begin()
    assert line.dialled == ["norte"]


def test_a_requester_who_does_not_answer_is_called_so_many_times_and_no_more() -> None:
    line = CallingBackLine(tries=2)
    assert line.in_vain().state is State.WAITING
    assert line.callback.due_at - line.now == pytest.approx(300, abs=5)
    ended = line.in_vain()
    assert (ended.outcome, ended.tries) == (Outcome.NOT_REACHED, 2)


def test_a_machine_at_the_requesters_end_presses_no_key_and_is_nobody() -> None:
    line = CallingBackLine()
    line.begin()
    line.accept()
    line.hear(inputs.RequesterPickedUp(line.after(5), line.requester.step))
    assert line.end_requester(20).state is State.WAITING
    assert line.requester.answered is Answered.NOBODY


def test_whoever_does_not_want_the_call_is_not_called_again() -> None:
    line = CallingBackLine()
    line.begin()
    line.accept()
    declined = line.answer("9")
    assert (declined.state, declined.outcome) == (State.ENDED, Outcome.DECLINED)
    line.end_requester(12)
    assert line.end_desk(seconds=30).over
    assert line.callback.outcome is Outcome.DECLINED


def test_an_agent_who_hangs_up_while_the_phone_rings_reaches_nobody() -> None:
    line = CallingBackLine()
    line.begin()
    line.accept()
    assert line.end_desk(seconds=9).state is State.WAITING
    line.hear(inputs.RequesterKeys(line.now, line.requester.step, "1"))
    assert line.callback.state is State.WAITING


def test_who_pressed_the_key_as_the_agent_hung_up_was_not_joined_and_is_called_again() -> None:
    line = CallingBackLine()
    line.begin()
    line.accept()
    line.answer()
    assert line.end_requester(2, bridged=False).state is State.WAITING


def test_who_was_joined_though_our_question_was_never_heard_was_reached() -> None:
    """Twilio joins the two where it can't have the document for the end that it dialled."""
    line = CallingBackLine()
    line.begin()
    line.accept()
    ended = line.end_requester(45, bridged=True)
    assert (ended.outcome, line.requester.answered) == (Outcome.REACHED, Answered.JOINED)
    assert line.requester.joined_at == line.now - 45


def test_no_further_desk_is_called_once_the_hours_are_over() -> None:
    line = CallingBackLine(hours={"timezone": "Europe/Madrid", "open": ["mon-fri 08:00-12:01"]})
    line.begin()
    line.after(70)
    assert line.end_desk("no-answer").state is State.WAITING
    assert line.dialled == ["acme"]


def test_both_ends_are_told_in_any_order_and_each_counts_once() -> None:
    line = CallingBackLine()
    line.begin()
    line.accept()
    line.answer()
    assert line.end_desk(seconds=100).outcome is Outcome.REACHED
    line.end_requester(80, bridged=True)
    line.end_requester(800, bridged=False)
    line.hear(inputs.DeskEnded(line.now, line.leg.step, line.sid, "completed", 999.0))
    assert (line.leg.seconds, line.requester.seconds, line.callback.outcome) == (100, 80, Outcome.REACHED)


def test_of_two_lines_to_one_desk_only_the_one_whose_agent_accepted_counts() -> None:
    """An order whose answer was lost can come true twice."""
    line = CallingBackLine()
    line.begin()
    line.hear(inputs.PickedUp(line.after(5), line.leg.step, "CAother"))
    line.hear(inputs.AgentKeys(line.after(5), line.leg.step, "CAother", "1"))
    first = line.hear(inputs.DeskEnded(line.after(5), line.leg.step, line.sid, "completed"))
    assert first.state is State.REQUESTER
    assert line.speaker.to_agent(line.callback, line.leg.step, line.now)[-1] != Hangup()
    line.hear(inputs.DeskEnded(line.after(5), line.leg.step, "CAother", "completed"))
    assert line.callback.state is State.WAITING


def test_an_order_that_surely_came_to_nothing_may_be_made_again_for_as_long_as_there_is_time() -> None:
    line = CallingBackLine()
    line.hear(inputs.Due(NOON, line.callback.step))
    for _ in range(10):
        line.hear(inputs.Ordering(line.after(60), line.leg.step, 0))
        assert line.leg.open
        line.hear(inputs.NotOrdered(line.now, line.leg.step))
        assert not line.leg.open
    line.hear(inputs.Ordering(line.after(3600), line.leg.step, 0))
    assert line.callback.outcome is Outcome.NO_AGENT
    assert line.callback.over


def test_an_order_that_is_not_to_be_found_is_made_twice_and_no_more() -> None:
    line = CallingBackLine()
    line.hear(inputs.Due(NOON, line.callback.step))
    for orders in range(3):
        line.hear(inputs.Ordering(line.after(70), line.callback.legs[0].step, orders))
    assert line.dialled == ["acme", "norte"]


def test_of_two_who_order_the_same_call_at_once_one_goes_on() -> None:
    line = CallingBackLine()
    line.hear(inputs.Due(NOON, line.callback.step))
    first = line.hear(inputs.Ordering(NOON + 1, line.leg.step, 0))
    assert line.hear(inputs.Ordering(NOON + 2, line.leg.step, 0)) == first
    assert line.leg.ordered_at == NOON + 1


def test_nobody_is_called_outside_the_hours_and_the_wish_is_given_up_with_that_reason() -> None:
    line = CallingBackLine(hours={"timezone": "Europe/Madrid", "open": ["mon-fri 08:00-12:00"]}, pause="20m")
    assert line.begin().state is State.WAITING
    ended = line.begin()
    assert (ended.outcome, ended.refusal, ended.legs) == (Outcome.REFUSED, Refusal.HOURS, ())


def test_once_refused_nobody_is_called() -> None:
    line = CallingBackLine()
    refused = line.hear(inputs.Refused(NOON, Refusal.COSTLY))
    assert (refused.outcome, refused.refusal, refused.over) == (Outcome.REFUSED, Refusal.COSTLY, True)
    assert line.begin() == refused


def test_what_the_agent_hears_names_the_reference_and_the_key_and_no_person() -> None:
    line = CallingBackLine(WITH_KEY)
    line.begin()
    line.pick_up()
    gather, hang_up = line.at_desk()
    assert isinstance(gather, Gather)
    assert hang_up == Hangup()
    say = gather.prompts[0]
    assert isinstance(say, Say)
    assert "4 8 2, 9 1 5, 7 3 6 0" in say.text
    assert "Pulse 1" in say.text
    line.accept()
    dial = line.at_desk()[1]
    assert isinstance(dial, DialRequester)
    assert (dial.number, dial.caller_id, dial.timeout, dial.longest) == (REQUESTER, NUMBER, 30, 1800)


def test_an_agent_who_is_too_slow_is_cut_off() -> None:
    line = CallingBackLine(ACME)
    line.begin()
    line.pick_up()
    line.after(21)
    assert line.at_desk() == (Hangup(),)


def test_whoever_picks_up_is_told_who_calls_and_nothing_of_the_request() -> None:
    for asked_by, words in ((None, "nos pidió"), ("acme", "por su solicitud")):
        line = CallingBackLine(callback=new_callback(asked_by=asked_by))
        line.begin()
        line.accept()
        line.hear(inputs.RequesterPickedUp(line.after(5), line.requester.step))
        gather, hang_up = line.at_requester()
        assert isinstance(gather, Gather)
        assert hang_up == Hangup()
        say = gather.prompts[0]
        assert isinstance(say, Say)
        assert words in say.text
        assert "4 8 2" not in say.text
        line.hear(inputs.RequesterKeys(line.after(3), line.requester.step, "1"))
        assert line.at_requester() == ()
        assert line.end_requester(30, bridged=True).state is State.ENDED
        assert line.at_requester() == (Hangup(),)


def test_whoever_says_no_hears_that_it_is_heeded_and_so_does_the_agent() -> None:
    line = CallingBackLine()
    line.begin()
    line.accept()
    line.answer("9")
    say, hang_up = line.at_requester()
    assert isinstance(say, Say)
    assert "No volveremos a llamarle" in say.text
    told = line.speaker.to_agent_afterwards(line.callback, line.requester.step)
    assert isinstance(told[0], Say)
    assert "no desea" in told[0].text
    assert hang_up == told[1] == Hangup()
