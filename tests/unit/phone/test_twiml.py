"""Answers as the documents that Twilio reads."""

from xml.etree import ElementTree

from channels.phone import inputs
from channels.phone.answers import Play, Say
from channels.phone.twiml import TwiML
from gateway.core.dialling import Desk
from tests.support.phone_calls import ACME, CATEGORIES, WITH_KEY, Line, World, voice_settings

_BASE = "https://cau.example.org/channels/phone"


def _root(line: Line, received: inputs.Input | None = None) -> ElementTree.Element:
    answer = line.speaker.answer_to(received, line.call) if received else line.answer()
    return ElementTree.fromstring(TwiML(line.settings, _BASE).write(answer, line.call.sid))


def test_a_question_listens_to_one_key_and_goes_on_without() -> None:
    root = _root(Line(World(ACME), categories=CATEGORIES))
    gather, redirect = root
    assert gather.tag == "Gather"
    assert gather.attrib == {
        "action": f"{_BASE}/keys?step=1",
        "input": "dtmf",
        "method": "POST",
        "numDigits": "1",
        "timeout": "5",
    }
    assert [each.tag for each in gather] == ["Say"] * 4
    assert (redirect.tag, redirect.text) == ("Redirect", f"{_BASE}/keys?step=1")


def test_voices_speak_their_language() -> None:
    gather = _root(Line(World(ACME), languages=["es", "en"]))[0]
    voices = [(each.get("voice"), each.get("language")) for each in gather[1:]]
    assert voices == [("Polly.Lucia", "es-ES"), ("Polly.Amy", "en-GB")]
    mexican = {"voices": {"es": {"voice": "Polly.Mia", "locale": "es-MX"}}}
    said = ElementTree.fromstring(TwiML(voice_settings(**mexican), _BASE).write((Say("Hola", "es"),), "CA1"))[0]
    assert (said.get("voice"), said.get("language")) == ("Polly.Mia", "es-MX")


def test_a_number_is_dialled_with_all_that_is_asked_for_about_it() -> None:
    *_, dial = _root(Line(World(WITH_KEY), star_leaves=True))
    assert dial.attrib == {"action": f"{_BASE}/dial?step=1", "method": "POST", "timeout": "15", "hangupOnStar": "true"}
    (number,) = dial
    assert (number.tag, number.text) == ("Number", WITH_KEY.dial)
    assert number.get("url") == f"{_BASE}/whisper?call=CA1&step=1"
    assert number.get("statusCallback") == f"{_BASE}/status?call=CA1&step=1"
    assert number.get("statusCallbackEvent") == "initiated ringing answered completed"


def test_without_a_key_there_is_no_whisper_and_a_sip_address_is_dialled_as_one() -> None:
    *_, dial = _root(Line(World(Desk("acme", "sip:cau@acme.es", 15, caller_id="+34910000009"))))
    assert dial.get("callerId") == "+34910000009"
    (sip,) = dial
    assert (sip.tag, sip.text, sip.get("url")) == ("Sip", "sip:cau@acme.es", None)


def test_the_whisper_ends_in_a_hang_up_and_the_key_in_an_empty_document() -> None:
    line = Line(World(WITH_KEY))
    line.whisper()
    gather, hangup = _root(line, inputs.Whispered(line.now, line.step))
    assert (gather.tag, hangup.tag) == ("Gather", "Hangup")
    assert gather.get("action") == f"{_BASE}/accept?call=CA1&step=1"
    assert [each.tag for each in gather] == ["Say", "Pause"] * 5
    line.press_at_desk("1")
    assert list(_root(line, inputs.WhisperKeys(line.now, line.step, "1"))) == []


def test_a_message_is_recorded_and_its_absence_told() -> None:
    *_, record, redirect = _root(Line(World(), voicemail={"longest": "2m", "transcribe": True}))
    assert record.attrib == {
        "action": f"{_BASE}/voicemail?step=1",
        "finishOnKey": "#",
        "maxLength": "120",
        "method": "POST",
        "playBeep": "true",
        "recordingStatusCallback": f"{_BASE}/recording?step=1",
        "recordingStatusCallbackEvent": "completed absent failed",
        "timeout": "5",
        "transcribe": "true",
        "transcribeCallback": f"{_BASE}/transcription?step=1",
    }
    assert redirect.text == f"{_BASE}/voicemail?step=1"
    *_, record, _ = _root(Line(World()))
    assert record.get("transcribe") is record.get("transcribeCallback") is None


def test_a_recorded_prompt_is_fetched_from_us() -> None:
    played = ElementTree.fromstring(TwiML(voice_settings(), _BASE).write((Play("greeting", "en"),), "CA1"))[0]
    assert (played.tag, played.text) == ("Play", f"{_BASE}/audio/greeting/en")


def test_t37_nothing_that_is_said_or_named_becomes_markup() -> None:
    hostile = "</Say><Dial>+1900</Dial>&\"'"
    said = ElementTree.fromstring(TwiML(voice_settings(), _BASE).write((Say(hostile, "es"),), "CA1"))
    assert [(each.tag, each.text, len(each)) for each in said] == [("Say", hostile, 0)]
    desk = Desk("acme", "sip:a&b@acme.es", 15, caller_id=hostile)
    *_, dial = _root(Line(World(desk)))
    assert dial.get("callerId") == hostile
    assert [(each.tag, each.text) for each in dial] == [("Sip", "sip:a&b@acme.es")]


def test_a_document_that_is_alike_for_many_calls_names_the_one_that_it_is_for() -> None:
    line = Line(World(WITH_KEY))
    twiml = TwiML(line.settings, _BASE)
    addresses = [
        [number.get("url") for number in ElementTree.fromstring(twiml.write(line.answer(), call)).iter("Number")]
        for call in ("CA1", "CA2", "CA1")
    ]
    assert addresses == [[f"{_BASE}/whisper?call={call}&step=1"] for call in ("CA1", "CA2", "CA1")]
