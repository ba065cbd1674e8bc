"""Messages after the tone: fetched with the account's credentials, attached to the ticket, then handed over with it."""

import asyncio
from dataclasses import replace

import pytest

from gateway.core.delivery import ClaimRequest, Kind
from gateway.core.events import CallEnded, RecordingKept, RecordingMissed
from gateway.demo.caller.script import Behaviour, Caller, Desk, Scene
from tests.support.twilio_api import ACCOUNT_SID, Served
from tests.support.twilio_webhooks import CALL
from tests.support.voice_rig import ACME, NORTE, VoiceRig, voice_rig

BUSY = {ACME.dial: Desk(Behaviour.BUSY), NORTE.dial: Desk(Behaviour.BUSY)}
RECORDINGS = f"/2010-04-01/Accounts/{ACCOUNT_SID}/Recordings"


def told(ends_message: str = "#") -> Scene:
    return Scene(Caller(message=12, ends_message=ends_message), BUSY)


async def is_held(rig: VoiceRig) -> bool:
    return (await rig.case()).delivery.due_at > rig.clock.at + 600


@pytest.mark.parametrize("ends", ["#", "", "hangup"])
async def test_it_is_in_the_ticket_before_that_is_handed_over(ends: str) -> None:
    async with voice_rig() as rig:
        played = await rig.call(told(ends))
        assert Kind.CALL in rig.owed
        assert await is_held(rig)
        await rig.work()
        case = await rig.case()
        assert case.delivery.due_at <= rig.clock.at
        opening, account, message = case.messages
        assert "Llamada telefónica" in opening.body
        assert "dejó un mensaje" in account.body
        assert message.body == "Mensaje que dejó quien llamaba, de 12 s."
        (file,) = message.attachments
        assert (file.name, file.media_type) == ("mensaje-1.mp3", "audio/mpeg")
        assert rig.blobs.contents[file.digest].startswith(b"\xff\xf3")
        assert rig.event(RecordingKept).seconds == 12
        assert rig.event(CallEnded).told_of_recording
        assert "quedará grabado" in played.said


async def test_it_is_deleted_at_twilio_once_it_is_kept() -> None:
    async with voice_rig(voicemail={"delete": True}) as rig:
        await rig.call(told())
        (sid,) = rig.recordings
        rig.twilio.recording(rig.clock.at, sid=sid)
        await rig.work()
        assert rig.twilio.recordings == []
        assert [request.method for request in rig.twilio.requests] == ["GET", "DELETE"]
        assert len((await rig.case()).messages) == 3


async def test_it_stays_at_twilio_unless_that_is_wanted() -> None:
    async with voice_rig() as rig:
        await rig.call(told())
        await rig.work()
        assert [request.method for request in rig.twilio.requests] == ["GET"]


async def test_one_that_is_late_is_waited_for() -> None:
    async with voice_rig() as rig:
        await rig.call(told())
        (sid,) = rig.recordings
        not_yet = rig.twilio.files[f"{RECORDINGS}/{sid}.mp3"] = Served(status=404)
        await rig.work_until(rig.clock.at + 60)
        assert await is_held(rig)
        rig.twilio.files[f"{RECORDINGS}/{sid}.mp3"] = replace(not_yet, status=200, content=b"\xff\xf3late")
        await rig.work_until(rig.clock.at + 59)
        assert not await is_held(rig)
        assert len((await rig.case()).messages) == 3


async def test_one_that_does_not_come_follows_later() -> None:
    """The ticket waits for two minutes; the recording is tried for an hour."""
    async with voice_rig() as rig:
        await rig.call(told())
        ended_at = rig.event(CallEnded).at
        (sid,) = rig.recordings
        rig.twilio.files[f"{RECORDINGS}/{sid}.mp3"] = Served(status=503)
        await rig.work_until(ended_at + 119)
        assert await is_held(rig)
        await rig.work_until(ended_at + 121)
        assert not await is_held(rig)
        assert len((await rig.case()).messages) == 2
        rig.twilio.files[f"{RECORDINGS}/{sid}.mp3"] = Served(b"\xff\xf3late")
        await rig.work_until(ended_at + 900)
        assert len((await rig.case()).messages) == 3


async def test_one_that_never_comes_is_told() -> None:
    async with voice_rig() as rig:
        await rig.call(told())
        (sid,) = rig.recordings
        rig.twilio.files[f"{RECORDINGS}/{sid}.mp3"] = Served(status=404)
        await rig.work_until(rig.clock.at + 4500)
        assert rig.event(RecordingMissed).reason == "it was answered with 404"
        assert await rig.store.next_due(frozenset({Kind.CALL})) is None


async def test_one_that_is_no_recording_is_not_taken() -> None:
    async with voice_rig() as rig:
        await rig.call(told())
        (sid,) = rig.recordings
        rig.twilio.files[f"{RECORDINGS}/{sid}.mp3"] = Served(b"<script>", "text/html")
        await rig.work()
        assert rig.event(RecordingMissed).reason == "it is of a type that isn't taken"
        assert not await is_held(rig)


async def test_what_a_machine_wrote_down_follows_it() -> None:
    async with voice_rig(voicemail={"transcribe": True}) as rig:
        await rig.call(Scene(Caller(message=12, ends_message="#", words="No puedo entrar."), BUSY))
        await rig.work()
        texts = [message.body for message in (await rig.case()).messages]
        assert sum("No puedo entrar." in text for text in texts) == 1
        assert any("transcrito una máquina" in text for text in texts)
        await rig.call(Scene(Caller(message=12, ends_message="#", words=""), BUSY))
        assert sum("transcrito" in m.body for case in await rig.cases() for m in case.messages) == 1


async def test_what_a_machine_wrote_down_comes_again_and_is_there_once() -> None:
    async with voice_rig() as rig:
        rig.routing.phones = ()
        await rig.post("voice", CALL)
        transcribed = {"TranscriptionSid": "TR" + "7a" * 16, "TranscriptionStatus": "completed"}
        for text in ("Llámenme.", "Llámenme.", "Otra cosa."):
            form = CALL | transcribed | {"TranscriptionText": text}
            assert (await rig.post("transcription?step=1", form))[0] == 200
        assert sum("transcrito" in message.body for message in (await rig.case()).messages) == 1
        rig.runner.away = True
        assert (await rig.post("transcription?step=1", CALL | transcribed | {"TranscriptionText": "x"}))[0] == 503


async def test_two_gateways_that_fetch_it_at_once_keep_it_once() -> None:
    async with voice_rig() as rig:
        await rig.call(told())
        rig.serve_recordings()
        now = rig.clock.at
        (cases,) = await rig.store.claim([ClaimRequest(frozenset({Kind.CALL}), 1, now, now + 30)])
        handle = rig.channel.handlers()[Kind.CALL]
        await asyncio.gather(handle(cases[0]), handle(cases[0]))
        assert [len(message.attachments) for message in (await rig.case()).messages] == [0, 0, 1]
        assert rig.event(RecordingKept)


async def test_a_gateway_that_dies_while_it_fetches_keeps_it_once() -> None:
    async with voice_rig() as rig:
        await rig.call(told())
        (sid,) = rig.recordings
        rig.twilio.files[f"{RECORDINGS}/{sid}.mp3"] = Served(status=503)
        await rig.work()
        await rig.crash()
        rig.twilio.files[f"{RECORDINGS}/{sid}.mp3"] = Served(b"\xff\xf3there")
        await rig.work_until(rig.clock.at + 30)
        assert [len(message.attachments) for message in (await rig.case()).messages] == [0, 0, 1]
