"""What webhooks say, by the parameters that Twilio's pages give."""

from collections.abc import Mapping
from typing import Any

import pytest

from channels.phone import inputs
from channels.phone.answers import Page
from channels.phone.hearing import NEEDS, PAGES, Heard, heard
from channels.phone.twilio.form import Form
from channels.phone.twilio.signed import Webhook

NOW = 1_800_000_000.0
SID = "CA" + "1b" * 16
LEG = "CA" + "2c" * 16
RE = "RE" + "3d" * 16


def told(page: Page, query: Mapping[str, str] | None = None, /, **form: str) -> Heard:
    said = {"CallSid": SID, "CallStatus": "in-progress", "From": "+34600111222", "To": "+34910000000", **form}
    return heard(page, Webhook(f"/channels/phone/{page}", Form(query or {"step": "3"}), Form(said), "key"), NOW)


INCOMING = inputs.Incoming(NOW, SID, "+34600111222", "+34910000000")


@pytest.mark.parametrize(
    ("page", "form", "expected"),
    [
        (Page.VOICE, {"CallStatus": "ringing"}, INCOMING),
        (
            Page.VOICE,
            {"StirVerstat": "TN-Validation-Passed-A"},
            inputs.Incoming(NOW, SID, "+34600111222", "+34910000000", "TN-Validation-Passed-A"),
        ),
        (Page.VOICE, {"CallStatus": "completed"}, inputs.HungUp(NOW)),
        (Page.KEYS, {"Digits": "12"}, inputs.Keys(NOW, 3, "12")),
        (Page.KEYS, {}, inputs.Keys(NOW, 3, "")),
        (Page.KEYS, {"Digits": "1", "CallStatus": "completed"}, inputs.HungUp(NOW)),
        (Page.DIAL, {"DialCallStatus": "busy"}, inputs.DialEnded(NOW, 3, "busy")),
        (
            Page.DIAL,
            {"DialCallStatus": "completed", "DialBridged": "true", "DialCallDuration": "63"},
            inputs.DialEnded(NOW, 3, "completed", True, 63.0),
        ),
        (
            Page.DIAL,
            {"DialCallStatus": "failed", "DialBridged": "false", "DialSipResponseCode": "503"},
            inputs.DialEnded(NOW, 3, "failed", False, None, 503),
        ),
        (
            Page.DIAL,
            {"DialCallStatus": "canceled", "CallStatus": "completed"},
            inputs.DialEnded(NOW, 3, "canceled", caller_gone=True),
        ),
        (Page.WHISPER, {}, inputs.Whispered(NOW, 3)),
        (Page.ACCEPT, {"Digits": "1"}, inputs.WhisperKeys(NOW, 3, "1")),
        (Page.VOICEMAIL, {}, inputs.RecordEnded(NOW, 3)),
        (Page.VOICEMAIL, {"Digits": "hangup"}, inputs.RecordEnded(NOW, 3, caller_gone=True)),
        (Page.RECORDING, {"RecordingStatus": "absent"}, inputs.RecordingAbsent(NOW, 3)),
        (Page.RECORDING, {"RecordingStatus": "failed"}, inputs.RecordingAbsent(NOW, 3)),
        (
            Page.RECORDING,
            {"RecordingStatus": "completed", "RecordingSid": RE, "RecordingDuration": "7"},
            inputs.Recorded(NOW, RE, 7.0),
        ),
    ],
)
def test_each_webhook_is_one_input(page: Page, form: dict[str, str], expected: inputs.Input) -> None:
    assert told(page, None, **{"RecordingSid": "", **form}).said == (expected,)


def test_a_record_that_has_ended_names_its_recording_too() -> None:
    said = told(Page.VOICEMAIL, RecordingSid=RE, RecordingDuration="7", CallStatus="completed").said
    assert said == (inputs.RecordEnded(NOW, 3, 7.0, True), inputs.Recorded(NOW, RE, 7.0))


@pytest.mark.parametrize("status", ["completed", "busy", "failed", "no-answer", "canceled"])
def test_a_final_status_of_the_call_is_a_hang_up(status: str) -> None:
    assert told(Page.STATUS, {"x": ""}, CallStatus=status).said == (inputs.HungUp(NOW),)


def test_progress_of_the_call_itself_says_nothing() -> None:
    assert told(Page.STATUS, {"x": ""}, CallStatus="in-progress").said == ()


def test_a_report_of_a_leg_is_about_its_call_at_its_own_time() -> None:
    report = {"CallSid": LEG, "CallStatus": "ringing", "Timestamp": "Fri, 15 Jan 2027 07:59:50 +0000"}
    of_leg = told(Page.STATUS, {"call": SID, "step": "2"}, **report)
    assert of_leg == Heard(SID, (inputs.LegReported(NOW - 10, 2, LEG, "ringing"),))


@pytest.mark.parametrize("timestamp", ["", "yesterday", "Fri, 15 Jan 2077 07:59:50 +0000"])
def test_a_report_without_a_time_or_from_the_future_is_of_now(timestamp: str) -> None:
    report: dict[str, Any] = {"CallSid": LEG, "CallStatus": "ringing", "Timestamp": timestamp}
    assert told(Page.STATUS, {"call": SID, "step": "2"}, **report).said == (inputs.LegReported(NOW, 2, LEG, "ringing"),)


@pytest.mark.parametrize("step", ["", "-1", "x", "1e3", "٣", "9" * 30])
def test_a_step_that_is_none_is_no_answers(step: str) -> None:
    assert told(Page.KEYS, {"step": step}).said == (inputs.Keys(NOW, 0, ""),)


def test_a_call_begins_wherever_its_caller_is_first_heard_of() -> None:
    form = {"DialCallStatus": "busy", "RecordingSid": "", "RecordingStatus": "absent"}
    begins = {page for page in PAGES if told(page, None, **form).incoming == INCOMING}
    assert begins == {Page.VOICE, Page.KEYS, Page.DIAL, Page.VOICEMAIL}
    assert not any(told(page, None, **form, CallStatus="completed").incoming for page in PAGES)


def test_what_a_page_needs_is_what_is_read() -> None:
    for page, needs in NEEDS.items():
        assert "CallSid" in needs
        assert page in (*PAGES, Page.TRANSCRIPTION)
