"""The caller simulator does what Twilio's pages say that Twilio does. What it posts passes the guard of the channel."""

from collections.abc import Mapping
from dataclasses import replace

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from channels.phone.twilio.form import Form
from channels.phone.twilio.media import RECORDING_TYPES, Media, NotFetched, Wanted, recording_url
from channels.phone.twilio.rest import Account, TwilioApi
from gateway.core.clock import SystemClock
from gateway.core.texts import Saying
from gateway.demo.caller.language import TEXTS
from gateway.demo.caller.pace import CallerHungUp, Pace, at_once
from gateway.demo.caller.scenes import SCENES
from gateway.demo.caller.script import Behaviour, Caller, Desk, Scene
from gateway.demo.caller.studio import Studio
from gateway.demo.caller.transcript import Told, Who, shown
from tests.support.blobs import MemoryBlobs
from tests.support.twilio_api import sid
from tests.support.twilio_webhooks import TRUST
from tests.support.twiml_gateway import NOW, TwimlGateway, twiml_gateway

FIRST, SECOND = "+34910000001", "sip:guardia@backup.example"
DIAL = f"""<Dial action="/dial?step=1" timeout="15" callerId="+34910000000">
  <Number statusCallback="/leg" statusCallbackEvent="initiated ringing answered completed">{FIRST}</Number></Dial>
  <Say>unreachable</Say>"""
WHISPERED = DIAL.replace("<Number ", '<Number url="/whisper" ')
WHISPER = {
    "whisper": '<Gather numDigits="1" timeout="5" action="/accept"><Say>Pulse 1.</Say></Gather><Hangup/>',
    "accept": "",
}
RECORD = """<Record action="/voicemail" maxLength="120" timeout="5" recordingStatusCallback="/recording"
  recordingStatusCallbackEvent="completed absent"/><Redirect>/voicemail?step=2</Redirect>"""


async def dialled(
    desk: Desk, answers: Mapping[str, str | int] | None = None, caller: Caller | None = None
) -> tuple[TwimlGateway, Form]:
    """What the Dial's action was told."""
    async with twiml_gateway({"voice": DIAL, **(answers or {})}) as gateway:
        await gateway.call(Scene(caller or Caller(), {FIRST: desk}))
    assert not gateway.told.refused
    (form,) = gateway.forms("dial?step=1")
    return gateway, form


class TestDial:
    async def test_a_desk_that_answers_talks_and_hangs_up(self) -> None:
        gateway, form = await dialled(Desk(rings_for=6, talks_for=90), {"dial?step=1": "<Say>Adiós.</Say><Hangup/>"})
        assert (form["DialCallStatus"], form["DialBridged"], form["DialCallDuration"]) == ("completed", "true", "90")
        legs = gateway.forms("leg")
        assert [each["CallStatus"] for each in legs] == ["initiated", "ringing", "in-progress", "completed"]
        assert [each["SequenceNumber"] for each in legs] == ["0", "1", "2", "3"]
        assert {each["CallSid"] for each in legs} == {form["DialCallSid"]}
        assert {each["ParentCallSid"] for each in legs} == {form["CallSid"]}
        (end,) = gateway.forms("status")
        assert (end["CallStatus"], end["CallDuration"]) == ("completed", str(1 + 6 + 90))
        assert gateway.asked[-1][0] == "status"

    @pytest.mark.parametrize(
        ("desk", "status", "seconds"),
        [
            (Desk(Behaviour.BUSY), "busy", 1),
            (Desk(Behaviour.FAILS), "failed", 1),
            (Desk(Behaviour.RINGS), "no-answer", 16),
            (Desk(rings_for=15), "no-answer", 16),
        ],
    )
    async def test_a_desk_that_does_not_answer(self, desk: Desk, status: str, seconds: int) -> None:
        gateway, form = await dialled(desk)
        assert (form["DialCallStatus"], form["DialBridged"]) == (status, "false")
        assert "DialCallDuration" not in form
        assert gateway.forms("leg")[-1]["CallStatus"] == status
        assert gateway.forms("status")[0]["CallDuration"] == str(seconds)

    async def test_a_sip_desk_says_what_its_server_said(self) -> None:
        voice = f'<Dial action="/dial"><Sip>{SECOND}</Sip></Dial>'
        async with twiml_gateway({"voice": voice}) as gateway:
            await gateway.call(Scene(desks={SECOND: Desk(Behaviour.FAILS)}))
        assert gateway.forms("dial")[0]["DialSipResponseCode"] == "503"

    async def test_the_next_desk_is_dialled_by_the_actions_answer(self) -> None:
        next_one = DIAL.replace(FIRST, SECOND).replace("Number", "Sip").replace("/dial?step=1", "/dial?step=2")
        async with twiml_gateway({"voice": DIAL, "dial?step=1": next_one}) as gateway:
            await gateway.call(Scene(desks={FIRST: Desk(Behaviour.BUSY), SECOND: Desk()}))
        assert [place for place, _ in gateway.asked if place.startswith("dial")] == ["dial?step=1", "dial?step=2"]
        assert gateway.forms("dial?step=2")[0]["DialCallStatus"] == "completed"

    async def test_only_who_presses_the_key_is_joined(self) -> None:
        gateway, form = await dialled(Desk(), {"voice": WHISPERED, **WHISPER})
        assert form["DialBridged"] == "true"
        (accepted,) = gateway.forms("accept")
        assert (accepted["Digits"], accepted["CallSid"]) == ("1", form["DialCallSid"])
        assert gateway.forms("whisper")[0]["ParentCallSid"] == form["CallSid"]

    async def test_a_queue_or_a_machine_presses_nothing(self) -> None:
        gateway, form = await dialled(Desk(Behaviour.QUEUE), {"voice": WHISPERED, **WHISPER})
        assert (form["DialCallStatus"], form["DialBridged"]) == ("completed", "false")
        assert not gateway.forms("accept")

    async def test_a_queue_that_nobody_leaves_is_left_by_star_or_limit(self) -> None:
        star = DIAL.replace("<Dial ", '<Dial hangupOnStar="true" ')
        _, form = await dialled(Desk(Behaviour.QUEUE), {"voice": star}, Caller(leaves_queue_after=40))
        assert form["DialCallDuration"] == "40"
        limited = DIAL.replace("<Dial ", '<Dial timeLimit="30" ')
        _, form = await dialled(Desk(Behaviour.QUEUE), {"voice": limited})
        assert form["DialCallDuration"] == "30"
        assert form["CallStatus"] == "in-progress"

    @pytest.mark.parametrize(("after", "status"), [(4, "canceled"), (20, "completed")])
    async def test_a_caller_who_hangs_up_is_told_to_the_action(self, after: float, status: str) -> None:
        gateway, form = await dialled(
            Desk(rings_for=6), {"dial?step=1": "<Redirect>/more</Redirect>"}, Caller(hangs_up_after=after)
        )
        assert (form["CallStatus"], form["DialCallStatus"]) == ("completed", status)
        assert not gateway.forms("more")
        assert gateway.forms("status")[0]["CallDuration"] == str(after)


class TestGather:
    ASK = '<Gather numDigits="1" timeout="6" action="/keys"><Say>Pulse 1.</Say></Gather><Redirect>/nothing</Redirect>'

    async def asked(self, voice: str, *keys: str) -> TwimlGateway:
        async with twiml_gateway({"voice": voice}) as gateway:
            await gateway.call(Scene(Caller(keys=keys)))
        assert not gateway.told.refused
        return gateway

    @pytest.mark.parametrize(("keyed", "digits"), [("1", "1"), ("12", "1"), ("9", "9"), ("*", "*")])
    async def test_keys_go_to_the_action(self, keyed: str, digits: str) -> None:
        gateway = await self.asked(self.ASK, keyed)
        assert gateway.forms("keys")[0]["Digits"] == digits
        assert not gateway.forms("nothing")

    @pytest.mark.parametrize("keyed", ["", "#"])
    async def test_without_keys_the_next_verb_follows_after_the_timeout(self, keyed: str) -> None:
        gateway = await self.asked(self.ASK, keyed)
        assert not gateway.forms("keys")
        assert gateway.forms("nothing")
        assert int(gateway.forms("status")[0]["CallDuration"]) >= 6

    async def test_an_empty_result_may_be_asked_for(self) -> None:
        gateway = await self.asked(self.ASK.replace("<Gather ", '<Gather actionOnEmptyResult="true" '))
        assert gateway.forms("keys")[0]["Digits"] == ""

    @pytest.mark.parametrize(
        ("keyed", "digits", "waits"),
        [("4829157360", "4829157360", False), ("48291#", "48291", False), ("48", "48", True)],
    )
    async def test_a_reference_ends_with_its_last_digit_the_hash_key_or_a_silence(
        self, keyed: str, digits: str, waits: bool
    ) -> None:
        gateway = await self.asked(self.ASK.replace('"1"', '"10"'), keyed)
        assert gateway.forms("keys")[0]["Digits"] == digits
        assert (int(gateway.forms("status")[0]["CallDuration"]) > 6) is waits

    async def test_who_hangs_up_while_listening_asks_for_nothing_more(self) -> None:
        async with twiml_gateway({"voice": self.ASK}) as gateway:
            await gateway.call(Scene(Caller(keys=("1",), hangs_up_after=0.1)))
        assert [place for place, _ in gateway.asked] == ["voice", "status"]


class TestRecord:
    async def left(self, **caller: object) -> TwimlGateway:
        async with twiml_gateway({"voice": RECORD, "voicemail": "<Hangup/>"}) as gateway:
            await gateway.call(Scene(Caller(**caller)))  # type: ignore[arg-type]
        assert not gateway.told.refused
        return gateway

    async def test_a_message_ends_when_the_caller_hangs_up(self) -> None:
        gateway = await self.left(message=12.0)
        (form,) = gateway.forms("voicemail")
        assert (form["Digits"], form["CallStatus"], form["RecordingDuration"]) == ("hangup", "completed", "12")
        (recording,) = gateway.forms("recording")
        assert recording["RecordingStatus"] == "completed"
        assert recording["RecordingUrl"].endswith(f"/Recordings/{form['RecordingSid']}")
        assert gateway.recordings == {form["RecordingSid"]: 12.0}

    async def test_a_message_ends_by_key_by_silence_or_by_its_limit(self) -> None:
        (form,) = (await self.left(ends_message="#")).forms("voicemail")
        assert (form["Digits"], form["CallStatus"]) == ("#", "in-progress")
        (form,) = (await self.left(ends_message="", message=500.0)).forms("voicemail")
        assert "Digits" not in form
        assert form["RecordingDuration"] == "120"

    async def test_an_empty_one_calls_no_action_and_is_reported_absent(self) -> None:
        gateway = await self.left(message=0.0)
        assert not gateway.forms("voicemail")
        assert gateway.forms("voicemail?step=2")
        assert gateway.forms("recording")[0]["RecordingStatus"] == "absent"

    async def test_it_is_transcribed_where_that_is_asked_for(self) -> None:
        record = RECORD.replace("<Record ", '<Record transcribe="true" transcribeCallback="/words" ')
        for words, status in (("Hola.", "completed"), ("", "failed")):
            async with twiml_gateway({"voice": record}) as gateway:
                await gateway.call(Scene(Caller(words=words)))
            (form,) = gateway.forms("words")
            assert (form["TranscriptionText"], form["TranscriptionStatus"]) == (words, status)

    async def test_it_is_fetched_from_the_studio_and_deleted_there(self) -> None:
        recordings = {sid("RE"): 12.0}
        account = Account(TRUST.account_sid, TRUST.auth_token, allow_private=True)
        app = web.Application()
        app.add_routes(Studio(TRUST.account_sid, TRUST.auth_token, recordings).routes())
        async with TestServer(app) as served:
            account = replace(account, api=str(served.make_url("")).removesuffix("/"))
            media, api = Media(account, MemoryBlobs(SystemClock())), TwilioApi(account, SystemClock())
            (recording,) = recordings
            wanted = Wanted(recording_url(account, recording), "mensaje.mp3", RECORDING_TYPES, 100_000)
            attachment = await media.fetch(wanted)
            await api.delete_recording(recording)
            with pytest.raises(NotFetched, match="404"):
                await media.fetch(wanted)
            stranger = Media(replace(account, auth_token="not the account's"), MemoryBlobs(SystemClock()))
            with pytest.raises(NotFetched, match="401"):
                await stranger.fetch(wanted)
            for each in (api, media, stranger):
                await each.close()
        assert (attachment.media_type, attachment.size) == ("audio/mpeg", 36 * 333)
        assert not recordings


class TestWhenAnswersAreBad:
    @pytest.mark.parametrize("answer", [500, 403, "<Unknown/>", "<Say>", '<Pause length="x"/>'])
    async def test_the_line_is_cut(self, answer: str | int) -> None:
        async with twiml_gateway({"voice": answer}) as gateway:
            transcript = await gateway.call(Scene())
        assert transcript[-1].who is Who.NETWORK
        assert "no good answer" in transcript[-1].words
        assert gateway.forms("status")[0]["CallStatus"] == "completed"

    async def test_the_fallback_is_asked_where_there_is_one(self) -> None:
        async with twiml_gateway({"voice": 500, "fallback": "<Say>Un momento.</Say>"}) as gateway:
            await gateway.call(Scene(), replace(gateway.line, fallback_url=f"{gateway.url}/fallback"))
        (form,) = gateway.forms("fallback")
        assert (form["ErrorCode"], form["ErrorUrl"]) == ("11200", f"{gateway.url}/voice")

    async def test_documents_that_lead_to_one_another_end(self) -> None:
        async with twiml_gateway({"voice": "<Redirect>/voice</Redirect>"}) as gateway:
            transcript = await gateway.call(Scene())
        assert "without end" in transcript[-1].words

    async def test_a_query_that_is_not_sorted_breaks_the_signature_as_it_does_at_twilio(self) -> None:
        async with twiml_gateway({"voice": "<Redirect>/next?step=1&amp;call=CA1</Redirect>"}) as gateway:
            await gateway.call(Scene())
        assert len(gateway.told.refused) == 1


async def test_reports_may_come_late_and_backwards() -> None:
    async with twiml_gateway({"voice": DIAL}) as gateway:
        await gateway.call(Scene(desks={FIRST: Desk()}), replace(gateway.line, late_reports=True))
    assert [place for place, _ in gateway.asked] == ["voice", "dial?step=1", "status", "leg", "leg", "leg", "leg"]
    assert [each["SequenceNumber"] for each in gateway.forms("leg")] == ["3", "2", "1", "0"]


@pytest.mark.parametrize("name", SCENES)
async def test_each_scene_is_a_whole_call(name: str) -> None:
    second = DIAL.replace(FIRST, SECOND).replace("Number", "Sip").replace("/dial?step=1", "/second")
    answers = {"voice": WHISPERED, **WHISPER, "dial?step=1": second, "second": RECORD}
    words, staged = SCENES[name]
    async with twiml_gateway(answers) as gateway:
        transcript = await gateway.call(staged(FIRST, SECOND, Caller()))
    assert len(gateway.forms("status")) == 1
    english, spanish = TEXTS.get("en"), TEXTS.get("es")
    assert spanish(words) != words
    assert all(shown(each, spanish) != shown(each, english) for each in transcript)


def test_a_line_of_the_transcript_reads_well() -> None:
    line = Told(72.4, Who.CALLER, Saying("presses {keys}", keys="1"))
    assert shown(line, TEXTS.get("es")) == "01:12  Llamante  pulsa 1"
    assert shown(line, TEXTS.get("en")) == "01:12  Caller   presses 1"


async def test_in_real_time_the_call_sleeps_as_long_as_it_lasts() -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    pace = Pace(NOW, 10.0, sleep)
    await pace.wait(4)
    with pytest.raises(CallerHungUp):
        await pace.wait(100)
    assert slept == [4, 6]
    assert pace.now == NOW + 10
    await at_once(5)
