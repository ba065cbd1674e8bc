"""T35 through the real listener: strangers who ask to be called back make no money of it, and bother nobody twice."""

import asyncio
from typing import Any

import pytest

from gateway.core.delivery import Kind
from gateway.core.events import CallbackEnded, ChannelRecovered, ChannelTroubled
from gateway.core.ids import new_id
from gateway.demo.caller.script import Behaviour, Caller, Desk
from tests.support.callback_rig import ASKS, CallbackRig, callback_rig
from tests.support.twilio_webhooks import CALL
from tests.support.voice_rig import ACME, ANA, NORTE, NUMBER

ANYBODY = "+34910000009"
NOBODY = {ACME.dial: Desk(Behaviour.RINGS), NORTE.dial: Desk(Behaviour.RINGS)}


async def ask_at_any_rate(phone: CallbackRig, number: str, **further: str) -> None:
    """As if the wish had been offered to that number: the guard stands behind the menu, too."""
    sid = "CA" + new_id()
    form = {**CALL, "CallSid": sid, "From": number, "Caller": number, "CallStatus": "in-progress", **further}
    await phone.rig.post("voice", form)
    await phone.rig.post("keys?step=1", {**form, "Digits": "8"})
    await phone.rig.post("status", {**form, "CallStatus": "completed"})


def orders(phone: CallbackRig) -> int:
    """Calls that Twilio was asked to make."""
    return sum(each.method == "POST" and each.path.endswith("/Calls.json") for each in phone.rig.twilio.requests)


@pytest.mark.parametrize(
    "number",
    [
        *("+34803111222", "+34902111222", "+14155552671", "+881612345678", NUMBER, NORTE.dial, "anonymous"),
        *("+266696687", "sip:a@b.es", "sip:+34600111222;isub=1@evil.example", "client:+34600111222"),
    ],
)
async def test_t35_a_costly_foreign_or_withheld_number_is_not_even_offered_it(number: str) -> None:
    async with callback_rig() as phone:
        played = await phone.ask(Caller(number, keys=("8",), hangs_up_after=60))
        assert "Si prefiere que le devolvamos la llamada" not in played.said
        await phone.run()
        assert orders(phone) == 0


async def test_t35_outside_the_hours_it_is_not_offered() -> None:
    async with callback_rig(hours={"timezone": "Europe/Madrid", "open": ["mon-fri 09:00-14:00"]}) as phone:
        phone.rig.clock.at = 1_784_541_600.0 + 3 * 3600  # 15:00
        played = await phone.ask(Caller(ANA, keys=("8",), hangs_up_after=60))
        assert "Si prefiere que le devolvamos la llamada" not in played.said
        await phone.run()
        assert orders(phone) == 0


@pytest.mark.parametrize(
    ("verstat", "offered"),
    [("TN-Validation-Passed-A", True), ("TN-Validation-Passed-B", False), ("TN-Validation-Failed", False), ("", False)],
)
async def test_t35_where_attestation_is_wanted_only_vouched_for_numbers_are_called(verstat: str, offered: bool) -> None:
    async with callback_rig(verification="attestation") as phone:
        await ask_at_any_rate(phone, ANA, StirVerstat=verstat)
        await phone.run()
        assert bool(orders(phone)) is offered


async def test_t35_a_number_is_called_back_for_one_request_at_a_time() -> None:
    async with callback_rig(people=NOBODY) as phone:
        await phone.ask()
        await phone.run(within=60)
        await phone.ask()
        await phone.run(within=60)
        (refused,) = phone.rig.heard.of(CallbackEnded)
        assert (refused.outcome, refused.refusal) == ("refused", "busy")
        case = next(each for each in await phone.rig.cases() if each.ticket and each.ticket.id == refused.ticket_id)
        assert "ya se está llamando a ese número" in case.messages[-1].body
        assert await phone.is_released()
        await phone.run()
        await phone.ask()
        phone.people[ACME.dial] = Desk()
        await phone.run()
        assert phone.rig.heard.of(CallbackEnded)[-1].outcome == "reached", "afterwards it may be called again"


async def test_t35_a_number_is_called_so_many_times_a_day_and_others_are_called_still() -> None:
    async with callback_rig(most_a_day_each=2, people={ANYBODY: Desk()}) as phone:
        for _ in range(3):
            await phone.ask()
            await phone.run(within=600)
        assert [each.refusal for each in phone.rig.heard.of(CallbackEnded)] == [None, None, "most_a_day_each"]
        await phone.ask(Caller(ANYBODY, keys=("8",)))
        await phone.run(within=600)
        assert phone.ended_last == ("reached", None)
        phone.rig.clock.at += 86_400
        await phone.ask()
        await phone.run(within=600)
        assert phone.ended_last == ("reached", None)


async def test_t35_whoever_asks_too_often_uses_up_nobody_elses_calls() -> None:
    async with callback_rig(most_a_day=3, most_a_day_each=1, people={ANYBODY: Desk()}) as phone:
        for _ in range(5):
            await phone.ask()
            await phone.run(within=600)
        assert (await phone.made()).calls == 1
        await phone.ask(Caller(ANYBODY, keys=("8",)))
        await phone.run(within=600)
        assert phone.ended_last == ("reached", None)


async def test_t35_so_many_calls_a_day_in_all() -> None:
    async with callback_rig(most_a_day=2) as phone:
        for number in (ANA, ANYBODY, "+34910000008"):
            phone.people[number] = Desk()
            await phone.ask(Caller(number, keys=("8",)))
            await phone.run(within=600)
        assert [each.refusal for each in phone.rig.heard.of(CallbackEnded)] == [None, None, "most_a_day"]
        assert orders(phone) == 2
        assert "most_a_day" in phone.rig.event(ChannelTroubled).reason
        phone.rig.clock.at += 86_400
        await phone.ask()
        await phone.run(within=600)
        assert phone.ended_last == ("reached", None)
        assert phone.rig.event(ChannelRecovered).part == "limits of calling back"


async def test_t35_the_days_money_is_never_overspent_and_what_was_not_used_is_there_again() -> None:
    """One call may take ten minutes of two lines; the money is for forty."""
    money: dict[str, Any] = {"longest": "10m", "price_a_minute": 1.0, "spend_a_day": 40.0}
    async with callback_rig(people={ANA: Desk(talks_for=600), ACME.dial: Desk(stays_for=900)}, **money) as phone:
        for _ in range(2):
            await phone.ask()
            await phone.run(within=1500)
            assert (await phone.made()).seconds / 60 <= 40
        assert [each.refusal for each in phone.rig.heard.of(CallbackEnded)] == [None, "spend"]
        assert orders(phone) == 1
    async with callback_rig(people={ANA: Desk(talks_for=30)}, most_a_day_each=10, **money) as phone:
        for _ in range(5):
            await phone.ask()
            await phone.run(within=1500)
        assert {each.refusal for each in phone.rig.heard.of(CallbackEnded)} == {None}, "short calls leave enough"


async def test_t35_what_was_spent_within_a_day_counts_though_it_was_asked_for_before() -> None:
    """The desks let it ring at first, so that the talk was an hour after the wish."""
    money: dict[str, Any] = {"longest": "10m", "price_a_minute": 1.0, "spend_a_day": 40.0}
    slow: dict[str, Any] = {"within": "2h", "pause": "1h", "people": NOBODY | {ANA: Desk(talks_for=600)}}
    async with callback_rig(**money, **slow) as phone:
        await phone.ask()
        began_at = phone.rig.clock.at
        await phone.run(within=600)
        phone.people[ACME.dial] = Desk(stays_for=900)
        await phone.run(within=4000)
        phone.rig.clock.at = began_at + 86_400 + 600
        await phone.ask()
        await phone.run(within=600)
        told = [(each.outcome, each.refusal) for each in phone.rig.heard.of(CallbackEnded)]
        assert told == [("reached", None), ("refused", "spend")]


async def test_t35_two_who_ask_at_the_same_moment_do_not_spend_the_same_money() -> None:
    """Both were asked before either's call was counted; what may be spent is kept before it is looked at."""
    money: dict[str, Any] = {"longest": "10m", "price_a_minute": 1.0, "spend_a_day": 40.0}
    async with callback_rig(people={ANYBODY: Desk()}, **money) as phone:
        await phone.ask()
        await phone.ask(Caller(ANYBODY, keys=("8",)))
        handle = phone.rig.channel.handlers()[Kind.CALLBACK]
        phone.rig.clock.at += 60
        for _ in ("the wishes", "the waits", "the orders"):
            due = [case for _ in range(2) for case in await phone.claim()]
            assert len(due) == 2
            await asyncio.gather(*(handle(case) for case in due))
        assert orders(phone) <= 1
        await phone.run()
        assert (await phone.made()).seconds <= 2400
        assert "spend" in [each.refusal for each in phone.rig.heard.of(CallbackEnded)]


async def test_t35_whoever_did_not_ask_says_so_by_a_key_and_is_not_called_again() -> None:
    """Somebody has shown another's number, and asked for a call."""
    async with callback_rig(people={ANA: Desk(key="9")}) as phone:
        await phone.ask()
        await phone.run()
        assert phone.ended_last == ("declined", None)
        assert "Si no desea esta llamada, pulse 9" in phone.said
        assert "No volveremos a llamarle" in phone.said
        assert orders(phone) == 1
        case = await phone.rig.case()
        assert "no desea que le llamemos" in case.messages[-1].body


async def test_t35_an_unsigned_wish_calls_nobody() -> None:
    async with callback_rig() as phone:
        form = {**CALL, "CallStatus": "in-progress"}
        status, _ = await phone.rig.post("voice", form, token="somebody else's token")
        assert status == 403
        for page in ("desk", "accept", "greeting", "join", "over", "status"):
            status, _ = await phone.rig.post(f"callback/{page}?call=CB1&step=2", form, token="somebody else's token")
            assert status == 403
        await phone.run()
        assert orders(phone) == 0


async def test_t35_where_it_is_not_offered_the_key_means_nothing() -> None:
    async with callback_rig(offer=False) as phone:
        await phone.ask(ASKS)
        await phone.run()
        assert orders(phone) == 0
