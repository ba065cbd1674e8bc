"""Whole calls through the real listener, to desks that do this or that: each leaves exactly one ticket, with the right
events, and a backup's phone rings within the bound that is computed beforehand."""

from dataclasses import replace

import pytest

from channels.phone.promise.bounds import ringing
from channels.phone.speaking import Speaker
from gateway.core.delivery import Case
from gateway.core.dialling import Desk as Phone
from gateway.core.events import CallAnswered, CallChose, CallDialled, CallEnded, CallEvent, CallLegEnded, CallReceived
from gateway.core.handoff import HandoffState
from gateway.core.ticket import TicketState
from gateway.demo.caller.script import Behaviour, Caller, Desk, Scene
from tests.support.phone_calls import CATEGORIES
from tests.support.voice_rig import ACME, ANA, NORTE, NUMBER, VoiceRig, bodies, voice_rig

QUEUE = replace(ACME, accept_key="1", accept_within=20.0)
SIP = replace(ACME, dial="sip:cau@acme.example")
ANSWERED = [CallDialled, CallAnswered, CallLegEnded]
IN_VAIN = [CallDialled, CallLegEnded]
NOBODY = {ACME.dial: Desk(Behaviour.RINGS), NORTE.dial: Desk(Behaviour.BUSY)}


def kinds(events: list[CallEvent]) -> list[type[CallEvent]]:
    return [type(each) for each in events]


def holder(case: Case) -> str | None:
    """Who has the ticket, since an agent of his is or was on the line."""
    assert case.ticket is not None
    if case.ticket.state is not TicketState.HANDED_OFF:
        return None
    (copy,) = case.handoffs
    assert copy.state is HandoffState.PICKED_UP
    return copy.provider


def rang_after(rig: VoiceRig, provider: str) -> float:
    """Seconds from the call's beginning until that desk's phone was dialled."""
    received = rig.event(CallReceived)
    return next(each.at for each in rig.heard.of(CallDialled) if each.provider == provider) - received.at


async def test_the_primary_answers() -> None:
    async with voice_rig() as rig:
        played = await rig.call(Scene(desks={ACME.dial: Desk(rings_for=6, talks_for=90)}))
        case = await rig.case()
        assert kinds(rig.events(played.sid)) == [CallReceived, *ANSWERED, CallEnded]
        assert holder(case) == "acme"
        ended = rig.event(CallEnded)
        assert (ended.outcome, ended.provider, ended.failovers, ended.abandoned) == ("answered", "acme", 0, False)
        assert ended.waiting == pytest.approx(played.seconds - 90, abs=12)
        assert ended.talking == pytest.approx(90, abs=1)
        assert ended.ticket_id == case.ticket.id if case.ticket else None
        assert "Llamada telefónica del +34600111222 al +34910000000." in case.messages[0].body
        assert "hablaron durante 1 min 30 s" in case.messages[1].body
        assert case.ticket is not None
        assert case.ticket.requester.phone == ANA


@pytest.mark.parametrize(
    ("first", "phone", "result", "sip_code"),
    [
        (Desk(Behaviour.BUSY), ACME, "busy", None),
        (Desk(Behaviour.RINGS), ACME, "no_answer", None),
        (Desk(rings_for=16), ACME, "no_answer", None),
        (Desk(Behaviour.FAILS), ACME, "failed", None),
        (Desk(Behaviour.FAILS), SIP, "failed", 503),
        (Desk(Behaviour.BUSY), SIP, "busy", 486),
        (Desk(Behaviour.QUEUE), QUEUE, "not_accepted", None),
        (Desk(Behaviour.QUEUE, rings_for=14), QUEUE, "not_accepted", None),
        (Desk(key="9"), QUEUE, "not_accepted", None),
    ],
    ids=["busy", "rings-out", "rings-too-long", "failed", "sip-503", "sip-486", "queue", "late-queue", "wrong-key"],
)
async def test_the_backup_answers_in_the_same_call(
    first: Desk, phone: Phone, result: str, sip_code: int | None
) -> None:
    async with voice_rig(phone, NORTE) as rig:
        played = await rig.call(Scene(desks={phone.dial: first, NORTE.dial: Desk(rings_for=4)}))
        case = await rig.case()
        assert kinds(rig.events(played.sid)) == [CallReceived, *IN_VAIN, *ANSWERED, CallEnded]
        failed, answered = rig.heard.of(CallLegEnded)
        assert (failed.provider, failed.result, failed.sip_code) == ("acme", result, sip_code)
        assert (answered.provider, answered.result) == ("norte", "answered")
        assert holder(case) == "norte"
        assert rig.event(CallEnded).failovers == 1
        bound = ringing(rig.settings, Speaker(rig.settings, "Ayuntamiento de Fuentelarga"), [phone, NORTE])
        assert rang_after(rig, "norte") + 1.0 <= bound.seconds  # the simulator's set-up of a call


async def test_an_agent_presses_the_key() -> None:
    async with voice_rig(QUEUE, NORTE) as rig:
        played = await rig.call(Scene(desks={QUEUE.dial: Desk()}))
        assert "Pulse 1 para atenderla" in played.said
        assert kinds(rig.events(played.sid)) == [CallReceived, *ANSWERED, CallEnded]
        assert holder(await rig.case()) == "acme"


async def test_nobody_is_dialled_who_is_down_or_closed() -> None:
    async with voice_rig(NORTE) as rig:
        played = await rig.call(Scene(desks={ACME.dial: Desk(), NORTE.dial: Desk()}))
        assert [each.provider for each in rig.heard.of(CallDialled)] == ["norte"]
        assert ACME.dial not in played.said
        assert rig.routing.asked[0][:2] == ("phone", "es")


async def test_a_caller_leaves_a_queue_by_the_star() -> None:
    async with voice_rig(star_leaves=True) as rig:
        scene = Scene(
            Caller(keys=("1",), leaves_queue_after=40), {ACME.dial: Desk(Behaviour.QUEUE), NORTE.dial: Desk()}
        )
        await rig.call(scene)
        assert [(each.provider, each.result) for each in rig.heard.of(CallLegEnded)] == [
            ("acme", "left"),
            ("norte", "answered"),
        ]
        assert holder(await rig.case()) == "norte"


async def test_without_any_desk_there_is_the_voicemail() -> None:
    async with voice_rig() as rig:
        rig.routing.phones = ()
        played = await rig.call(Scene(Caller(message=9)))
        await rig.work()
        assert not rig.heard.of(CallDialled)
        assert rig.event(CallEnded).outcome == "voicemail"
        assert played.sid in (await rig.case()).ticket.metadata["call"]  # type: ignore[union-attr]


async def test_nobody_answers_and_nothing_is_said() -> None:
    async with voice_rig() as rig:
        played = await rig.call(Scene(Caller(message=0), NOBODY))
        case = await rig.case()
        assert kinds(rig.events(played.sid)) == [CallReceived, *IN_VAIN, *IN_VAIN, CallEnded]
        assert rig.event(CallEnded).outcome == "unanswered"
        assert "Nadie contestó" in case.messages[-1].body
        assert await waits_since_end(rig, case)


async def test_nobody_answers_and_there_is_no_voicemail() -> None:
    async with voice_rig(voicemail={"offer": False}) as rig:
        played = await rig.call(Scene(desks=NOBODY))
        assert "hemos registrado su solicitud" in played.said
        assert rig.event(CallEnded).outcome == "unanswered"
        assert await waits_since_end(rig, await rig.case())


MENU = {"languages": ["es", "en"], "categories": CATEGORIES}


async def test_menus() -> None:
    async with voice_rig(**MENU) as rig:
        played = await rig.call(Scene(Caller(keys=("2", "1")), {ACME.dial: Desk()}))
        case = await rig.case()
        assert case.ticket is not None
        assert (case.ticket.language, case.ticket.category) == ("en", "fault")
        assert [(each.what, each.value) for each in rig.heard.of(CallChose)] == [
            ("language", "en"),
            ("category", "fault"),
        ]
        assert "Chosen by key: faults." in case.messages[0].body
        assert case.ticket.subject == "Phone call: faults"
        assert "Para español, pulse 1." in played.said
        assert rig.routing.asked[-1] == ("phone", "en", "fault", 1)


@pytest.mark.parametrize("keys", [("7", "1", "9", "5"), ("7", "7", "6", "5"), ("", "")], ids=["one", "two", "none"])
async def test_menus_with_wrong_keys_or_none_go_on(keys: tuple[str, ...]) -> None:
    async with voice_rig(**MENU) as rig:
        await rig.call(Scene(Caller(keys=keys), {ACME.dial: Desk()}))
        case = await rig.case()
        assert holder(case) == "acme"
        assert case.ticket is not None
        assert (case.ticket.language, case.ticket.category) == ("es", None)


async def test_a_category_has_its_priority() -> None:
    categories = [{"id": "outage", "name": "averías", "priority": "urgent"}]
    async with voice_rig(categories=categories) as rig:
        await rig.call(Scene(Caller(keys=("1",)), {ACME.dial: Desk()}))
        case = await rig.case()
        assert case.ticket is not None
        assert case.ticket.priority.label == "urgent"
        assert rig.routing.asked[-1][3].label == "urgent"


async def test_a_call_is_answered_in_the_language_of_its_number() -> None:
    async with voice_rig(languages=["es", "en"], number_languages={NUMBER: "en"}) as rig:
        played = await rig.call(Scene(desks={ACME.dial: Desk()}))
        assert "Thank you for calling Ayuntamiento de Fuentelarga." in played.said
        assert "Phone call from" in bodies((await rig.case()).messages)


async def test_a_withheld_number_is_nobodys() -> None:
    async with voice_rig() as rig:
        await rig.call(Scene(Caller(number="+266696687"), {ACME.dial: Desk()}))
        case = await rig.case()
        assert case.ticket is not None
        assert case.ticket.requester.phone is None
        assert "con número oculto" in case.messages[0].body


async def waits_since_end(rig: VoiceRig, case: Case) -> bool:
    """The ticket is owed to a provider from the call's end on, with the whole of its contracted time."""
    ticket = case.ticket
    assert ticket is not None
    assert ticket.state is TicketState.WAITING
    ended_at = rig.event(CallEnded).at
    return ticket.due_at - 5.0 == pytest.approx(ended_at, abs=0.01) and case.delivery.due_at <= rig.clock.at
