"""What else the channel serves: the organisation's own recordings, the last words of the static document; and that no
error of ours is ever played."""

from pathlib import Path

import pytest

from channels.phone.audio import Audio
from gateway.core.errors import StartError
from gateway.demo.caller.script import Caller, Desk, Scene
from tests.support.phone_calls import voice_settings
from tests.support.twilio_webhooks import CALL
from tests.support.voice_rig import ACME, VoiceRig, voice_rig

SOUND = b"\xff\xf3\x18\xc4" + bytes(100)


def recorded(folder: Path, name: str = "hola.mp3") -> str:
    (folder / name).write_bytes(SOUND)
    return str(folder / name)


async def get(rig: VoiceRig, path: str) -> tuple[int, str, bytes]:
    async with rig.session.get(f"{rig.url}/channels/phone/{path}") as response:
        return response.status, response.content_type, await response.read()


async def test_own_recordings_are_played_and_served(tmp_path: Path) -> None:
    audio = {"greeting": {"es": recorded(tmp_path)}, "goodbye": {"es": recorded(tmp_path, "adios.wav")}}
    async with voice_rig(audio=audio) as rig:
        played = await rig.call(Scene(desks={ACME.dial: Desk()}))
        assert f"plays {rig.url}/channels/phone/audio/greeting/es" in played.said
        assert await get(rig, "audio/greeting/es") == (200, "audio/mpeg", SOUND)
        assert await get(rig, "audio/goodbye/es") == (200, "audio/wav", SOUND)
        for missing in ("audio/greeting/en", "audio/notice/es", "audio/x/y"):
            assert (await get(rig, missing))[0] == 404


@pytest.mark.parametrize("name", ["gone.mp3", "hola.ogg"])
def test_a_recording_that_can_not_be_played_is_told_at_the_start(name: str, tmp_path: Path) -> None:
    recorded(tmp_path, "hola.ogg")
    audio = Audio(voice_settings(audio={"greeting": {"es": str(tmp_path / name)}}))
    with pytest.raises(StartError, match=name):
        audio.read()


async def test_the_last_words_of_the_static_document(tmp_path: Path) -> None:
    async with voice_rig(languages=["es", "en"]) as rig:
        status, media_type, spanish = await get(rig, "thanks/es?RecordingUrl=x&Digits=hangup")
        assert (status, media_type) == (200, "text/xml")
        assert "Hemos recibido su mensaje" in spanish.decode()
        assert b"We have your message" in (await get(rig, "thanks/en"))[2]
        assert (await get(rig, "thanks/fr"))[0] == 404


async def test_the_notice_is_said_and_noted() -> None:
    async with voice_rig(notice="Esta llamada puede grabarse.") as rig:
        played = await rig.call(Scene(Caller(), {ACME.dial: Desk()}))
        assert "Esta llamada puede grabarse." in played.said
        assert "ha oído el aviso" in (await rig.case()).messages[0].body


async def test_a_call_whose_record_can_not_be_read_is_connected_all_the_same() -> None:
    async with voice_rig() as rig:
        await rig.post("voice", CALL)
        rig.spoil(CALL["CallSid"])
        status, answer = await rig.post("keys?step=1", CALL | {"CallStatus": "in-progress", "Digits": "1"})
        assert status == 200
        assert ACME.dial in answer
        await rig.work_until(rig.clock.at + 200)
        (item,) = await rig.store.quarantined()
        assert item.reason == "the call's record can't be read: ValidationError"


async def test_webhooks_of_a_call_that_nobody_knows() -> None:
    """Its first ones were lost: wherever it is first heard of, it begins; a desk's end, and its end, begin nothing."""
    async with voice_rig() as rig:
        _, answer = await rig.post("whisper?call=CA1&step=1", CALL | {"CallStatus": "in-progress"})
        assert "<Hangup" in answer
        await rig.post("status", CALL | {"CallStatus": "completed"})
        assert await rig.cases() == []
        _, answer = await rig.post("dial?step=7", CALL | {"CallStatus": "in-progress", "DialCallStatus": "busy"})
        assert ACME.dial in answer
        assert len(await rig.cases()) == 1


async def test_another_channels_call_is_none_of_this_ones() -> None:
    async with voice_rig() as rig:
        await rig.post("voice", CALL)
        rig.spoil(CALL["CallSid"], channel="other")
        status, answer = await rig.post("status", CALL | {"CallStatus": "completed"})
        assert status == 200
        assert len(await rig.cases()) == 1
        assert "<Dial" not in answer
