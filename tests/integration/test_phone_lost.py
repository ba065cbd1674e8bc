"""Calls whose webhooks are lost: Twilio's API is asked what became of them, until nothing is left to be known."""

import pytest

from gateway.core.delivery import Kind
from gateway.core.events import CallEnded, ChannelRecovered, ChannelTroubled, RecordingKept
from gateway.core.ticket import TicketState
from gateway.demo.caller.script import Behaviour, Caller, Desk, Scene
from tests.support.twilio_webhooks import CALL
from tests.support.voice_rig import ACME, NORTE, VoiceRig, voice_rig

BUSY = {ACME.dial: Desk(Behaviour.BUSY), NORTE.dial: Desk(Behaviour.BUSY)}
CALLS = frozenset({Kind.CALL})


async def called(rig: VoiceRig, **call: object) -> dict[str, object]:
    """A call comes in, and nothing more is ever heard of it; as Twilio's API has it."""
    await rig.post("voice", CALL)
    return rig.twilio.call(rig.clock.at, sid=CALL["CallSid"], **call)


async def test_the_end_of_a_call_is_learnt() -> None:
    async with voice_rig() as rig:
        await called(rig, status="completed", duration="25")
        began_at = rig.clock.at
        await rig.work_until(began_at + 170)
        assert rig.twilio.requests == []
        await rig.work_until(began_at + 300)
        ended = rig.event(CallEnded)
        assert (ended.outcome, ended.at) == ("abandoned", began_at + 25)
        assert await rig.store.next_due(CALLS) is None
        assert (await rig.case()).delivery.due_at <= rig.clock.at


async def test_a_call_in_progress_is_asked_after_again() -> None:
    async with voice_rig() as rig:
        call = await called(rig, status="in-progress", duration=None)
        began_at = rig.clock.at
        await rig.work_until(began_at + 1000)
        assert not rig.heard.of(CallEnded)
        assert 4 <= len(rig.twilio.requests) <= 6
        call.update(status="completed", duration="1000")
        await rig.work_until(began_at + 1400)
        assert rig.event(CallEnded).at == began_at + 1000


@pytest.mark.parametrize(
    ("leg", "outcome", "state"),
    [
        ({"status": "completed", "duration": "80"}, "answered", TicketState.HANDED_OFF),
        ({"status": "busy", "duration": "0"}, "abandoned", TicketState.WAITING),
        ({"status": "no-answer", "duration": "0"}, "abandoned", TicketState.WAITING),
    ],
    ids=["answered", "busy", "no-answer"],
)
async def test_how_a_leg_ended_is_learnt(leg: dict[str, str], outcome: str, state: TicketState) -> None:
    async with voice_rig() as rig:
        await called(rig, status="completed", duration="95")
        rig.twilio.call(
            rig.clock.at + 10, parent_call_sid=CALL["CallSid"], to=ACME.dial, direction="outbound-dial", **leg
        )
        await rig.work_until(rig.clock.at + 400)
        assert rig.event(CallEnded).outcome == outcome
        case = await rig.case()
        assert case.ticket is not None
        assert case.ticket.state is state


async def test_a_message_that_nobody_told_us_of_is_found() -> None:
    async with voice_rig() as rig:
        rig.routing.phones = ()
        await called(rig, status="completed", duration="20")
        message = rig.twilio.recording(rig.clock.at + 8, call_sid=CALL["CallSid"], duration="12")
        talk = rig.twilio.recording(rig.clock.at, call_sid=CALL["CallSid"], source="DialVerb")
        rig.recordings |= {message["sid"]: 12.0, talk["sid"]: 20.0}
        await rig.work_until(rig.clock.at + 400)
        assert rig.event(CallEnded).outcome == "voicemail"
        assert rig.event(RecordingKept).seconds == 12
        assert sum(len(each.attachments) for each in (await rig.case()).messages) == 1


async def test_an_api_that_is_away_is_told_and_asked_again() -> None:
    async with voice_rig() as rig:
        await called(rig, status="completed", duration="25")
        began_at = rig.clock.at
        rig.twilio.retry_after = 90.0
        await rig.work_until(began_at + 600)
        await rig.channel.troubles.said()
        assert rig.event(ChannelTroubled).part == "api"
        assert len(rig.twilio.requests) <= 5
        assert not rig.heard.of(CallEnded)
        rig.twilio.retry_after = None
        await rig.work_until(began_at + 800)
        await rig.channel.troubles.said()
        assert rig.event(CallEnded).outcome == "abandoned"
        assert rig.event(ChannelRecovered).part == "api"


async def test_a_call_that_twilio_does_not_know_ends_some_day() -> None:
    async with voice_rig() as rig:
        await rig.post("voice", CALL)
        await rig.work_until(rig.clock.at + 6 * 3600)
        assert rig.event(CallEnded).outcome == "abandoned"
        assert await rig.store.next_due(CALLS) is None


@pytest.mark.parametrize("hangs_up_after", [12.0, 60.0])
async def test_a_number_without_status_callbacks_loses_nothing(hangs_up_after: float) -> None:
    """Who sets up the number may forget that address: the end is learnt from the API then."""
    async with voice_rig() as rig:
        scene = Scene(Caller(hangs_up_after=hangs_up_after), {ACME.dial: Desk(rings_for=8)})
        played = await rig.call(scene, status_url=None)
        rig.twilio.call(rig.clock.at - hangs_up_after, sid=played.sid, duration=str(int(hangs_up_after)))
        await rig.work_until(rig.clock.at + 400)
        assert rig.event(CallEnded).outcome == ("abandoned" if hangs_up_after == 12 else "answered")
        assert await rig.store.next_due(CALLS) is None
