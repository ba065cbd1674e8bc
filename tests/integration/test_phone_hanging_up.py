"""Callers who hang up at each step: the call leaves its one ticket, which is owed to a provider at once."""

from typing import Any

import pytest

from channels.phone.call import State
from gateway.core.delivery import Kind
from gateway.core.events import CallEnded, CallLegEnded, CallReceived, TicketReceived
from gateway.core.ticket import TicketState
from gateway.demo.caller.script import Behaviour, Caller, Desk, Scene
from tests.support.phone_calls import CATEGORIES
from tests.support.voice_rig import ACME, NORTE, VoiceRig, voice_rig

MENU: dict[str, Any] = {"languages": ["es", "en"], "categories": CATEGORIES, "ask_reference": True}
WITH_CALLBACK: dict[str, Any] = {"callback": {"offer": True}}
RINGING = {ACME.dial: Desk(Behaviour.RINGS), NORTE.dial: Desk(Behaviour.RINGS)}
BUSY = {ACME.dial: Desk(Behaviour.BUSY), NORTE.dial: Desk(Behaviour.BUSY)}


@pytest.mark.parametrize(
    ("step", "settings", "caller", "desks"),
    [
        (State.LANGUAGE, MENU, Caller(hangs_up_after=0.5), {}),
        (State.LANGUAGE, MENU, Caller(hangs_up_after=8), {}),
        (State.MENU, MENU, Caller(keys=("1",), hangs_up_after=14), {}),
        (State.REFERENCE, MENU, Caller(keys=("1", "9"), hangs_up_after=30), {}),
        (State.DIALLING, {}, Caller(hangs_up_after=12), RINGING),
        (State.DIALLING, {}, Caller(hangs_up_after=30), RINGING),
        (State.OFFER, WITH_CALLBACK, Caller(hangs_up_after=26), BUSY),
        (State.VOICEMAIL, {}, Caller(hangs_up_after=16), BUSY),
    ],
    ids=["greeting", "language", "menu", "reference", "ringing", "ringing-at-the-second", "offer", "before-the-tone"],
)
async def test_before_anybody_answers(
    step: State, settings: dict[str, Any], caller: Caller, desks: dict[str, Desk]
) -> None:
    async with voice_rig(**settings) as rig:
        await rig.call(Scene(caller, desks))
        await rig.work_until(rig.clock.at + 4000)
        case = await rig.case()
        ended = rig.event(CallEnded)
        assert (ended.outcome, ended.abandoned, ended.left_in) == ("abandoned", True, step.value)
        assert ended.waiting == pytest.approx(caller.hangs_up_after, abs=1)
        assert "colgó" in case.messages[-1].body
        assert case.ticket is not None
        assert case.ticket.state is TicketState.WAITING
        assert case.delivery.due_at <= rig.clock.at
        assert rig.event(TicketReceived)
        assert rig.event(CallReceived)


async def test_who_hangs_up_before_the_tone_is_waited_for_two_minutes() -> None:
    """There may be a recording still; nobody tells that there is none until Twilio does, or its API."""
    async with voice_rig() as rig:
        await rig.call(Scene(Caller(hangs_up_after=16), BUSY))
        hung_up_at = rig.clock.at
        assert (await rig.case()).delivery.due_at > hung_up_at + 3600
        await rig.work_until(hung_up_at + 119)
        assert (await rig.case()).delivery.due_at > hung_up_at + 3600
        await rig.work_until(hung_up_at + 121)
        assert (await rig.case()).delivery.due_at == pytest.approx(hung_up_at + 120, abs=1)


async def test_while_talking() -> None:
    async with voice_rig() as rig:
        await rig.call(Scene(Caller(hangs_up_after=60), {ACME.dial: Desk(talks_for=500)}))
        ended = rig.event(CallEnded)
        assert (ended.outcome, ended.provider, ended.left_in) == ("answered", "acme", "dialling")
        case = await rig.case()
        assert case.ticket is not None
        assert case.ticket.state is TicketState.HANDED_OFF


async def test_while_the_last_words_are_said() -> None:
    async with voice_rig() as rig:
        await rig.call(Scene(Caller(hangs_up_after=108), {ACME.dial: Desk(talks_for=90)}))
        ended = rig.event(CallEnded)
        assert (ended.outcome, ended.left_in) == ("answered", None)


async def test_while_it_is_asked_whether_that_was_all() -> None:
    async with voice_rig(star_leaves=True) as rig:
        await rig.call(Scene(Caller(hangs_up_after=112), {ACME.dial: Desk(talks_for=90)}))
        assert (rig.event(CallEnded).outcome, rig.event(CallEnded).left_in) == ("answered", "leaving")
        assert rig.event(CallLegEnded).result == "answered"


async def test_a_message_that_ends_with_hanging_up_is_kept() -> None:
    async with voice_rig() as rig:
        await rig.call(Scene(Caller(message=7, ends_message="hangup"), BUSY))
        assert rig.event(CallEnded).outcome == "voicemail"
        assert await _files(rig) == []
        await rig.work()
        assert await _files(rig) == ["mensaje-1.mp3"]
        assert (await rig.case()).delivery.kind is Kind.TICKET


async def _files(rig: VoiceRig) -> list[str]:
    return [file.name for message in (await rig.case()).messages for file in message.attachments]
