"""People who ask to be called back, through the real listener: a desk's agent is called, then they are; what fails is
tried again; and each ticket ends with somebody who has it."""

from dataclasses import replace

import pytest

from gateway.core.delivery import Kind
from gateway.core.events import CallbackAnswered, CallbackDialled, CallbackEnded, CallbackLegEnded
from gateway.core.handoff import HandoffState
from gateway.core.ticket import TicketState
from gateway.demo.caller.script import Behaviour, Caller, Desk, Scene
from tests.support.callback_rig import CallbackRig, callback_rig
from tests.support.voice_rig import ACME, ANA, NORTE, NUMBER, bodies

REACHED = [
    "callback.asked",
    "callback.dialled",
    "callback.leg_ended",
    "callback.requester_dialled",
    "callback.answered",
]


async def handed_to(phone: CallbackRig) -> str | None:
    """The provider who has the ticket, since one of its agents has spoken with the requester."""
    case = await phone.rig.case()
    assert case.ticket is not None
    if case.ticket.state is not TicketState.HANDED_OFF:
        return None
    (copy,) = case.handoffs
    assert copy.state is HandoffState.PICKED_UP
    return copy.provider


async def test_who_asks_is_called_back_by_an_agent_and_they_speak() -> None:
    async with callback_rig(people={ANA: Desk(talks_for=75)}) as phone:
        asked = await phone.ask()
        assert "Le devolveremos la llamada" in asked.said
        await phone.run()
        assert phone.told() == [*REACHED, "callback.ended"]
        assert phone.rang == [ACME.dial]
        assert await handed_to(phone) == "acme"
        ended = phone.ended
        assert (ended.outcome, ended.provider, ended.tries, ended.refusal) == ("reached", "acme", 1, None)
        assert ended.talking == pytest.approx(75, abs=2)
        assert phone.rig.event(CallbackAnswered).waited < 60
        case = await phone.rig.case()
        assert "Llamada devuelta" in case.messages[-1].body
        assert "hablaron 1 min 15 s" in case.messages[-1].body
        assert len(await phone.rig.cases()) == 1


async def test_the_ticket_is_held_until_its_call_back_has_ended() -> None:
    async with callback_rig() as phone:
        await phone.ask()
        while not phone.rang:
            assert not await phone.is_released()
            await phone.step()
        await phone.run()
        assert await handed_to(phone) == "acme"
        assert await phone.rig.store.next_due(frozenset({Kind.RECORD})) is not None


async def test_the_requester_sees_the_number_that_he_called_and_the_agent_hears_the_reference() -> None:
    async with callback_rig() as phone:
        await phone.ask()
        await phone.run()
        reference = phone.ended.reference
        assert reference is not None
        assert " ".join(reference[:3]) in phone.said
        assert f"dials {ANA}" in phone.said
        callback = await phone.callback()
        assert callback.caller_id == NUMBER
        posted = [each for each in phone.rig.twilio.requests if each.method == "POST"]
        assert len(posted) == 1


@pytest.mark.parametrize(
    ("first", "result"),
    [
        (Desk(Behaviour.BUSY), "busy"),
        (Desk(Behaviour.RINGS), "no_answer"),
        (Desk(Behaviour.FAILS), "failed"),
        (Desk(Behaviour.QUEUE), "not_accepted"),
        (Desk(key="7"), "not_accepted"),
    ],
    ids=["busy", "rings-out", "failed", "queue", "wrong-key"],
)
async def test_the_next_desks_agent_is_called_at_once(first: Desk, result: str) -> None:
    async with callback_rig(people={ACME.dial: first}) as phone:
        await phone.ask()
        await phone.run()
        assert phone.rang == [ACME.dial, NORTE.dial]
        failed, answered = phone.rig.heard.of(CallbackLegEnded)
        assert (failed.provider, failed.result) == ("acme", result)
        assert (answered.provider, answered.result) == ("norte", "answered")
        assert await handed_to(phone) == "norte"
        began, again = phone.rig.heard.of(CallbackDialled)
        assert again.at - began.at < 60


async def test_the_agents_of_whoever_has_the_ticket_are_called_first() -> None:
    """Ana was called back by an agent of the second desk, and asks again about the same request."""
    both_busy = {ACME.dial: Desk(Behaviour.BUSY), NORTE.dial: Desk(Behaviour.BUSY)}
    line = {"ask_reference": True}
    async with callback_rig(people={ACME.dial: Desk(Behaviour.BUSY)}, line=line) as phone:
        await phone.ask()
        await phone.run()
        assert await handed_to(phone) == "norte"
        phone.people[ACME.dial] = Desk()
        again = Caller(keys=("9", phone.ended.reference or "", "1"))
        await phone.rig.call(Scene(again, both_busy))
        await phone.run()
        assert phone.rang == [ACME.dial, NORTE.dial, NORTE.dial]
        assert len(await phone.rig.cases()) == 1


async def test_a_desk_that_asks_for_its_own_key_is_taken_by_no_other() -> None:
    keyed = replace(ACME, accept_key="5", accept_within=30.0)
    async with callback_rig(keyed, NORTE, people={ACME.dial: Desk(key="5")}) as phone:
        await phone.ask()
        await phone.run()
        assert "Pulse 5" in phone.said
        assert await handed_to(phone) == "acme"


async def test_without_an_agent_the_desks_are_called_again_until_it_is_too_late_and_the_ticket_goes_its_way() -> None:
    busy = {ACME.dial: Desk(Behaviour.BUSY), NORTE.dial: Desk(Behaviour.RINGS)}
    async with callback_rig(people=busy, within="20m", pause="8m") as phone:
        await phone.ask()
        asked_at = phone.rig.clock.at
        await phone.run()
        assert phone.rang == [ACME.dial, NORTE.dial] * 3
        assert (phone.ended.outcome, phone.ended.tries) == ("no_agent", 0)
        assert phone.rig.clock.at - asked_at <= 1200 + 120
        case = await phone.rig.case()
        account = case.messages[-1].body.splitlines()
        assert account[:2] == ["Centro 1: comunicaba. (3 veces)", "Centro 2: no contestó. (3 veces)"]
        assert "ningún agente la atendió" in case.messages[-1].body
        assert "La persona espera una llamada." in case.messages[-1].body
        assert await phone.is_released()


async def test_an_agent_who_comes_in_the_second_round_reaches_the_person() -> None:
    async with callback_rig(people={ACME.dial: Desk(Behaviour.RINGS), NORTE.dial: Desk(Behaviour.RINGS)}) as phone:
        await phone.ask()
        await phone.run(within=60)
        assert phone.rang == [ACME.dial, NORTE.dial]
        phone.people[ACME.dial] = Desk()
        await phone.run()
        assert phone.rang == [ACME.dial, NORTE.dial, ACME.dial]
        assert await handed_to(phone) == "acme"


@pytest.mark.parametrize(
    ("person", "words"),
    [
        (Desk(Behaviour.RINGS), "la persona no contestó"),
        (Desk(Behaviour.BUSY), "la persona no contestó"),
        (Desk(Behaviour.QUEUE), "descolgaron, pero nadie pulsó la tecla"),
    ],
    ids=["rings-out", "busy", "machine"],
)
async def test_a_person_who_is_not_reached_is_called_again_so_many_times(person: Desk, words: str) -> None:
    async with callback_rig(people={ANA: person}, tries=2) as phone:
        await phone.ask()
        await phone.run()
        assert (phone.ended.outcome, phone.ended.tries) == ("not_reached", 2)
        assert phone.rang == [ACME.dial, ACME.dial]
        case = await phone.rig.case()
        assert words in bodies(case.messages)
        assert await handed_to(phone) is None
        assert await phone.is_released()
        assert "No hemos podido hablar con la persona" in phone.said


async def test_a_person_who_answers_the_second_time_is_spoken_with() -> None:
    async with callback_rig(people={ANA: Desk(Behaviour.BUSY)}) as phone:
        await phone.ask()
        await phone.run(within=120)
        phone.people[ANA] = Desk()
        await phone.run()
        assert (phone.ended.outcome, phone.ended.tries) == ("reached", 2)


async def test_an_agent_who_hangs_up_before_the_person_answers_is_tried_again_later() -> None:
    async with callback_rig(people={ACME.dial: Desk(stays_for=12), ANA: Desk(rings_for=20)}) as phone:
        await phone.ask()
        await phone.run(within=120)
        assert "callback.answered" not in phone.told()
        phone.people[ACME.dial] = Desk()
        await phone.run()
        assert phone.ended.outcome == "reached"


async def test_a_talk_that_nobody_ends_is_cut() -> None:
    async with callback_rig(
        people={ANA: Desk(talks_for=9_000), ACME.dial: Desk(stays_for=9_000)}, longest="5m"
    ) as phone:
        await phone.ask()
        await phone.run()
        assert phone.ended.talking == pytest.approx(300, abs=5)


async def test_nobody_is_called_while_the_caller_is_still_on_the_line() -> None:
    async with callback_rig() as phone:
        rig = phone.rig
        await rig.post("voice", {**CALL_OF_ANA, "CallSid": "CA" + "5a" * 16})
        await rig.post("keys?step=1", {**CALL_OF_ANA, "CallSid": "CA" + "5a" * 16, "Digits": "8"})
        await phone.run(within=30)
        assert phone.rang == []
        await rig.post("status", {**CALL_OF_ANA, "CallSid": "CA" + "5a" * 16, "CallStatus": "completed"})
        await phone.run()
        assert phone.rang == [ACME.dial]
        assert len(rig.heard.of(CallbackEnded)) == 1


CALL_OF_ANA = {
    "AccountSid": "AC" + "0a" * 16,
    "CallStatus": "in-progress",
    "Direction": "inbound",
    "From": ANA,
    "To": NUMBER,
}
