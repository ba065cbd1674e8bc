"""A call that nobody told us of, by what Twilio's lists say."""

from typing import Any

import pytest

from channels.phone.call import LegResult, Outcome, State
from channels.phone.missed import missed_call
from channels.phone.twilio.records import CallRecord, RecordingRecord
from tests.support.phone_calls import ACME, CALLER, NORTE, NUMBER, WITH_KEY, voice_settings

AT = 1_800_000_000.0
RECORD = CallRecord("CA1", None, CALLER, NUMBER, "inbound", "completed", AT, 90.0)


def leg(called: str, status: str, seconds: float, after: float) -> CallRecord:
    return CallRecord(f"CA{called[-1]}", "CA1", CALLER, called, "outbound-dial", status, AT + after, seconds)


def missed(*legs: CallRecord, recordings: tuple[RecordingRecord, ...] = (), desks: Any = (ACME, NORTE)) -> Any:
    return missed_call(voice_settings(), RECORD, legs, recordings, {desk.dial: desk for desk in desks}, AT + 500)


def test_legs_are_in_the_order_in_which_they_were_dialled() -> None:
    call = missed(leg(NORTE.dial, "completed", 60.0, 20), leg(ACME.dial, "busy", 0.0, 5))
    assert [(each.desk.provider, each.result) for each in call.legs] == [
        ("acme", LegResult.BUSY),
        ("norte", LegResult.ANSWERED),
    ]
    assert (call.outcome, call.state, call.ended_at) == (Outcome.ANSWERED, State.ENDED, AT + 90)
    assert call.needs_ticket


@pytest.mark.parametrize(
    ("status", "seconds", "result"),
    [
        ("busy", 0.0, LegResult.BUSY),
        ("no-answer", 0.0, LegResult.NO_ANSWER),
        ("failed", 0.0, LegResult.FAILED),
        ("canceled", 0.0, LegResult.CANCELED),
        ("completed", 0.0, LegResult.FAILED),
    ],
)
def test_what_was_not_answered(status: str, seconds: float, result: LegResult) -> None:
    call = missed(leg(ACME.dial, status, seconds, 5))
    assert (call.legs[0].result, call.outcome) == (result, Outcome.ABANDONED)


def test_what_picked_up_is_no_answer_where_a_key_would_have_told() -> None:
    call = missed(leg(WITH_KEY.dial, "completed", 40.0, 5), desks=(WITH_KEY,))
    assert (call.legs[0].result, call.outcome) == (LegResult.NOT_ACCEPTED, Outcome.ABANDONED)


def test_a_number_that_is_no_desks_any_more_is_left_out() -> None:
    call = missed(leg("+34910009999", "completed", 40.0, 5))
    assert (call.legs, call.outcome) == ((), Outcome.ABANDONED)


def test_a_message_goes_before_all() -> None:
    left = RecordingRecord("RE1", "CA1", "completed", AT + 70, 12.0, "RecordVerb")
    call = missed(leg(ACME.dial, "completed", 40.0, 5), recordings=(left,))
    assert call.outcome is Outcome.VOICEMAIL
    assert [(each.sid, each.seconds) for each in call.recordings] == [("RE1", 12.0)]
