"""The store is away while people call: no error is played, they reach somebody, and have their tickets on return."""

from xml.etree import ElementTree as Xml

import pytest

from gateway.core.events import CallEnded, RecordingKept
from gateway.core.ticket import TicketState
from gateway.demo.caller.script import Behaviour, Desk, Scene
from tests.support.twilio_webhooks import CALL
from tests.support.voice_rig import ACME, NORTE, voice_rig

PROGRESS = CALL | {"CallStatus": "in-progress"}


def verbs(answer: str) -> list[str]:
    return [each.tag for each in Xml.fromstring(answer)]


async def test_a_caller_is_connected_all_the_same() -> None:
    async with voice_rig(ACME) as rig:
        rig.runner.away = True
        played = await rig.call(Scene(desks={ACME.dial: Desk()}))
        assert "caller and desk talk" in played.said
        assert "Ayuntamiento de Fuentelarga. Gracias por llamar." in played.said


async def test_both_desks_are_dialled_the_dead_one_excepted_and_a_message_is_taken() -> None:
    async with voice_rig() as rig:
        rig.runner.away = True
        status, answer = await rig.post("voice", CALL)
        assert status == 200
        assert verbs(answer) == ["Say", "Say", "Dial", "Say", "Record", "Say"]
        dial = next(each for each in Xml.fromstring(answer) if each.tag == "Dial")
        assert [each.text for each in dial] == [ACME.dial, NORTE.dial]
        rig.routing.phones = (NORTE,)
        assert ACME.dial not in (await rig.post("voice", CALL))[1]
        rig.routing.phones = ()
        assert verbs((await rig.post("voice", CALL))[1]) == ["Say", "Say", "Say", "Record", "Say"]


@pytest.mark.parametrize(
    ("path", "form", "expected"),
    [
        ("keys?step=1", PROGRESS | {"Digits": "1"}, ["Say", "Say", "Dial", "Say", "Record", "Say"]),
        ("dial?step=1", PROGRESS | {"DialCallStatus": "busy"}, ["Say", "Say", "Say", "Record", "Say"]),
        (
            "dial?step=1",
            PROGRESS | {"DialCallStatus": "completed", "DialBridged": "false"},
            ["Say", "Say", "Say", "Record", "Say"],
        ),
        ("dial?step=1", PROGRESS | {"DialCallStatus": "completed", "DialBridged": "true"}, ["Hangup"]),
        ("voicemail?step=1", PROGRESS | {"RecordingSid": "RE" + "3d" * 16, "RecordingDuration": "4"}, ["Say", "Say"]),
        ("voicemail?step=1", PROGRESS, ["Say", "Say", "Say", "Record", "Say"]),
        ("whisper?call=CA1&step=1", PROGRESS, []),
        ("accept?call=CA1&step=1", PROGRESS | {"Digits": "1"}, []),
    ],
    ids=["keys", "busy", "queue", "answered", "voicemail", "silence", "whisper", "accept"],
)
async def test_in_the_middle_of_a_call(path: str, form: dict[str, str], expected: list[str]) -> None:
    async with voice_rig() as rig:
        await rig.post("voice", CALL)
        rig.runner.away = True
        status, answer = await rig.post(path, form)
        assert (status, verbs(answer)) == (200, expected)


async def test_reports_are_not_said_to_be_kept() -> None:
    async with voice_rig() as rig:
        await rig.post("voice", CALL)
        rig.runner.away = True
        assert (await rig.post("status", CALL | {"CallStatus": "completed"}))[0] == 503


async def test_what_happened_is_learnt_on_return() -> None:
    async with voice_rig() as rig:
        await rig.channel.catching_up.look()  # the first look only says from when on
        rig.runner.away = True
        rig.clock.at += 100
        answered = rig.twilio.call(rig.clock.at, duration="90")
        dialled = {"parent_call_sid": answered["sid"], "direction": "outbound-dial"}
        rig.twilio.call(rig.clock.at + 5, to=ACME.dial, status="busy", duration="0", **dialled)
        rig.twilio.call(rig.clock.at + 9, to=NORTE.dial, status="completed", duration="70", **dialled)
        left = rig.twilio.call(rig.clock.at + 20, duration="40", **{"from": "+34611222333"})
        message = rig.twilio.recording(rig.clock.at + 30, call_sid=left["sid"], duration="9")
        rig.recordings[message["sid"]] = 9.0
        gone = rig.twilio.call(rig.clock.at + 30, duration="3")
        lasting = rig.twilio.call(rig.clock.at + 40, status="in-progress", duration=None)
        rig.twilio.call(rig.clock.at + 41, to="+34910009999")
        rig.twilio.call(rig.clock.at + 42, direction="outbound-api")
        rig.clock.at += 300
        rig.runner.away = False

        await rig.channel.catching_up.look()
        await rig.work()
        outcomes = {each.call: each.outcome for each in rig.heard.of(CallEnded)}
        assert outcomes == {answered["sid"]: "answered", left["sid"]: "voicemail", gone["sid"]: "abandoned"}
        assert rig.event(RecordingKept).call == left["sid"]
        cases = {case.ticket.metadata["call"]: case for case in await rig.cases() if case.ticket}
        taken = cases[answered["sid"]]
        assert taken.ticket is not None
        assert taken.ticket.state is TicketState.HANDED_OFF
        assert taken.handoffs[0].provider == "norte"
        assert cases[left["sid"]].ticket.requester.phone == "+34611222333"  # type: ignore[union-attr]

        for _ in range(3):  # a look goes back further than one of these, and not as far as all
            rig.clock.at += 600
            await rig.crash()
            await rig.channel.catching_up.look()
        assert len(await rig.cases()) == 3
        lasting.update(status="completed", duration="1900")
        await rig.channel.catching_up.look()
        assert len(await rig.cases()) == 4


async def test_a_message_left_after_the_store_went_away_in_the_middle_of_a_call() -> None:
    """The caller was at the menu; the static document took the message, and nobody tells of it."""
    async with voice_rig(languages=["es", "en"]) as rig:
        await rig.channel.catching_up.look()
        rig.clock.at += 100
        await rig.post("voice", CALL)
        rig.runner.away = True
        await rig.post("keys?step=1", PROGRESS | {"Digits": "1"})
        rig.clock.at += 60
        rig.runner.away = False
        await rig.post("status", CALL | {"CallStatus": "completed"})
        assert rig.event(CallEnded).outcome == "abandoned"
        message = rig.twilio.recording(rig.clock.at - 20, call_sid=CALL["CallSid"], duration="9")
        talk = rig.twilio.recording(rig.clock.at - 20, call_sid=CALL["CallSid"], source="DialVerb")
        rig.twilio.recording(rig.clock.at - 20)
        rig.recordings |= {message["sid"]: 9.0, talk["sid"]: 30.0}
        for _ in range(2):
            await rig.channel.catching_up.look()
            await rig.work()
        assert rig.event(RecordingKept).seconds == 9
        assert [len(each.attachments) for each in (await rig.case()).messages] == [0, 0, 1]


async def test_a_known_call_is_not_made_again() -> None:
    async with voice_rig() as rig:
        await rig.channel.catching_up.look()
        rig.clock.at += 100
        began_at = rig.clock.at
        played = await rig.call(Scene(desks={ACME.dial: Desk(Behaviour.BUSY), NORTE.dial: Desk()}))
        rig.twilio.call(began_at, sid=played.sid)
        await rig.channel.catching_up.look()
        assert rig.event(CallEnded).call == played.sid


async def test_calls_from_before_the_first_start_are_none_of_ours() -> None:
    async with voice_rig() as rig:
        rig.twilio.call(rig.clock.at - 500)
        await rig.channel.catching_up.look()
        await rig.channel.catching_up.look()
        assert await rig.cases() == []
