"""Calls that are ordered at Twilio: each is made once, whatever becomes of the order, of the webhooks, or of us."""

import asyncio
from typing import Any

import pytest
from aiohttp import web

from gateway.core.delivery import Kind
from gateway.core.events import CallbackDialled, CallbackLegEnded, ChannelRecovered, ChannelTroubled
from gateway.demo.caller.script import Behaviour, Desk
from tests.support.callback_rig import LEASE, CallbackRig, callback_rig
from tests.support.voice_rig import ACME, ANA, NORTE


def orders(phone: CallbackRig) -> list[web.Request]:
    """What Twilio was asked to call."""
    return [each for each in phone.rig.twilio.requests if each.method == "POST" and each.path.endswith("/Calls.json")]


async def asked(phone: CallbackRig) -> CallbackRig:
    """Somebody has asked; the call back begins with the first order."""
    await phone.ask()
    phone.rig.clock.at += 60
    return phone


async def until_ordered(phone: CallbackRig) -> None:
    while not orders(phone):
        assert await phone.step()


@pytest.mark.parametrize("fault", ["fails_after_commit", "drops_after_commit"])
async def test_an_order_that_twilio_took_and_did_not_confirm_is_not_made_again(fault: str) -> None:
    async with callback_rig() as phone:
        setattr(phone.rig.twilio, fault, True)
        await asked(phone)
        await phone.run()
        assert len(orders(phone)) == 1
        assert phone.ended_last == ("reached", None)


async def test_one_that_was_not_confirmed_and_whose_reports_are_lost_is_found_in_twilios_list() -> None:
    async with callback_rig(people={ACME.dial: Desk(Behaviour.BUSY)}) as phone:
        phone.rig.twilio.fails_after_commit = True
        phone.loses_reports = True
        await asked(phone)
        await until_ordered(phone)
        phone.rig.twilio.fails_after_commit = False
        await phone.run()
        assert phone.rang == [ACME.dial, NORTE.dial]
        assert phone.rig.heard.of(CallbackLegEnded)[0].result == "busy"
        assert phone.ended_last == ("reached", None)


async def test_an_order_that_came_to_nothing_is_made_again_once_that_is_certain() -> None:
    async with callback_rig() as phone:
        phone.rig.twilio.fails_before_commit = True
        await asked(phone)
        await until_ordered(phone)
        phone.rig.twilio.fails_before_commit = False
        await phone.run(within=50)
        assert len(orders(phone)) == 1, "Twilio may still be about to make it"
        await phone.run()
        assert len(orders(phone)) == 2
        assert len(phone.rig.heard.of(CallbackDialled)) == 1
        assert phone.ended_last == ("reached", None)


async def test_where_orders_always_fail_the_desk_counts_as_one_that_can_not_be_reached() -> None:
    async with callback_rig(within="10m") as phone:
        phone.rig.twilio.fails_before_commit = True
        await asked(phone)
        await phone.run()
        assert phone.ended_last == ("no_agent", None)
        assert {each.result for each in phone.rig.heard.of(CallbackLegEnded)} == {"failed"}
        assert await phone.is_released()


async def test_an_order_that_twilio_has_no_time_for_waits_as_long_as_it_says() -> None:
    async with callback_rig() as phone:
        phone.rig.twilio.retry_after = 120.0
        await asked(phone)
        await until_ordered(phone)
        phone.rig.twilio.retry_after = None
        await phone.run(within=115)
        assert len(orders(phone)) == 1
        await phone.run()
        assert len(orders(phone)) == 2
        assert phone.ended_last == ("reached", None)


async def test_with_twilios_api_away_the_ticket_goes_its_ordinary_way_in_time() -> None:
    async with callback_rig(within="10m") as phone:
        phone.rig.twilio.retry_after = 30.0
        await asked(phone)
        began_at = phone.rig.clock.at
        await phone.run()
        assert phone.ended_last == ("no_agent", None)
        assert phone.rig.clock.at - began_at < 700
        assert phone.rang == []


async def test_an_order_that_nobody_can_tell_of_does_not_hold_the_ticket() -> None:
    """Twilio took it, its answer was lost, and it can't be asked any more."""
    async with callback_rig(within="10m") as phone:
        phone.rig.twilio.drops_after_commit = True
        await asked(phone)
        began_at = phone.rig.clock.at
        await until_ordered(phone)
        (order,) = phone.rig.twilio.orders
        phone.rig.twilio.orders.clear()
        phone.rig.twilio.retry_after = 30.0
        await phone.run()
        assert phone.ended_last == ("no_agent", None)
        assert await phone.is_released()
        ended_at = phone.ended.at
        assert ended_at - began_at < 700
        phone.rig.twilio.orders.append(order)
        await phone.play()
        assert ANA not in phone.said, "an agent who comes after all has nobody called"


async def test_a_desk_that_twilio_refuses_to_call_leads_to_the_next_and_operations_are_told() -> None:
    async with callback_rig() as phone:
        phone.rig.twilio.refuses_with = 21216
        await asked(phone)
        await until_ordered(phone)
        phone.rig.twilio.refuses_with = None
        await phone.run()
        assert phone.rang == [NORTE.dial]
        (troubled,) = phone.rig.heard.of(ChannelTroubled)
        assert (troubled.part, "acme" in troubled.reason, "+34" in troubled.reason) == ("calls", True, False)


async def test_with_a_wrong_token_operations_are_told_and_it_goes_on_once_that_is_mended() -> None:
    async with callback_rig() as phone:
        phone.rig.twilio.refuses_with = 20003
        await asked(phone)
        await until_ordered(phone)
        phone.rig.twilio.refuses_with = None
        await phone.run()
        assert phone.rang == [ACME.dial]
        assert "token" in phone.rig.event(ChannelTroubled).reason
        assert phone.rig.event(ChannelRecovered).part == "calls"
        assert phone.ended_last == ("reached", None)


@pytest.mark.parametrize("twilio_has_it", [False, True], ids=["before", "after"])
async def test_killed_as_a_call_is_ordered_it_is_looked_for_and_not_made_twice(twilio_has_it: bool) -> None:
    """SIGKILL between the commit that says so and Twilio's answer: only the store lives on."""
    async with callback_rig() as phone:
        rig = phone.rig
        await asked(phone)
        await phone.step()
        await phone.step()
        (case,) = await phone.claim()
        working = asyncio.ensure_future(rig.channel.handlers()[Kind.CALLBACK](case))
        for _ in range(10_000):
            if rig.twilio.orders if twilio_has_it else (await phone.made()).seconds:
                break
            await asyncio.sleep(0)
        working.cancel()
        await rig.crash()
        assert len(rig.twilio.orders) == twilio_has_it
        rig.clock.at += LEASE + 1
        await phone.run()
        assert len(rig.twilio.calls) == 1
        assert phone.rang == [ACME.dial]
        assert phone.ended_last == ("reached", None)


async def test_killed_between_any_two_steps_it_goes_on() -> None:
    async with callback_rig(people={ACME.dial: Desk(Behaviour.BUSY)}) as phone:
        await asked(phone)
        for _ in range(20):
            await phone.rig.crash()
            await phone.step()
        assert phone.rang == [ACME.dial, NORTE.dial]
        assert phone.ended_last == ("reached", None)


async def test_reports_that_come_late_and_in_the_wrong_order_change_nothing() -> None:
    async with callback_rig() as phone:
        phone.late_reports = True
        await asked(phone)
        await phone.run()
        assert phone.told()[-2:] == ["callback.answered", "callback.ended"]
        assert phone.ended_last == ("reached", None)
        assert (await phone.callback()).over


async def test_a_call_whose_end_nobody_reports_is_asked_after() -> None:
    async with callback_rig(people={ACME.dial: Desk(Behaviour.RINGS)}) as phone:
        phone.loses_reports = True
        await asked(phone)
        await phone.run()
        assert phone.rang == [ACME.dial, NORTE.dial]
        assert phone.ended_last == ("reached", None)
        callback = await phone.callback()
        assert callback.over, "and what it cost is known"
        assert (await phone.made()).seconds == 300


async def test_t13_webhooks_that_are_sent_again_call_nobody_and_change_nothing() -> None:
    async with callback_rig() as phone:
        async with phone.posted() as posted:
            await asked(phone)
            await phone.run()
        assert len(posted) > 8
        seen, told = len(phone.rig.twilio.requests), phone.told()
        kept = (await phone.callback(), await phone.rig.case(), await phone.made())
        for post in [*posted, *reversed(posted)]:
            status, _ = await phone.rig.send(post)
            assert status == 200
        await phone.run()
        assert phone.told() == told
        assert (await phone.callback(), await phone.rig.case(), await phone.made()) == kept
        assert len(phone.rig.twilio.requests) == seen


async def test_fifty_identical_webhooks_at_once_are_one_acceptance() -> None:
    async with callback_rig() as phone:
        await asked(phone)
        await until_ordered(phone)
        (order,) = phone.rig.twilio.orders
        form = form_of(order.sid, ACME.dial)
        path = order.url.removeprefix(f"{phone.rig.url}/channels/phone/")
        await phone.rig.post(path, form)
        accept = path.replace("callback/desk", "callback/accept")
        answers = await asyncio.gather(*(phone.rig.post(accept, {**form, "Digits": "1"}) for _ in range(50)))
        assert {status for status, _ in answers} == {200}
        assert len({text for _, text in answers}) == 1
        assert f">{ANA}</Number>" in answers[0][1]
        assert phone.told().count("callback.requester_dialled") == 1


async def test_the_status_of_a_call_that_nobody_knows_is_of_no_account() -> None:
    async with callback_rig() as phone:
        for page in ("desk", "accept", "greeting", "join", "over"):
            path = f"callback/{page}?call=CBnothing&step=3"
            status, text = await phone.rig.post(path, {**form_of("CA" + "9" * 32, ACME.dial), "DialCallStatus": "busy"})
            assert (status, "Hangup" in text) == (200, True)


def form_of(sid: str, to: str) -> dict[str, Any]:
    numbers = {"From": "+34910000000", "To": to}
    return {"AccountSid": "AC" + "0a" * 16, "CallSid": sid, "CallStatus": "in-progress", **numbers}


async def test_with_the_store_away_nobody_is_joined_and_it_is_tried_again() -> None:
    """What can't be kept isn't done: the agent's line is cut, which Twilio tells us later."""
    async with callback_rig() as phone:
        await asked(phone)
        await until_ordered(phone)
        phone.rig.runner.away = True
        await phone.play()
        assert ANA not in phone.said
        phone.rig.runner.away = False
        await phone.run()
        assert phone.rang == [ACME.dial, NORTE.dial]
        assert phone.ended_last == ("reached", None)


async def test_an_agent_who_presses_the_key_and_hangs_up_at_once_has_nobody_called() -> None:
    async with callback_rig() as phone:
        await asked(phone)
        await until_ordered(phone)
        order = phone.rig.twilio.orders.pop()
        form, path = form_of(order.sid, ACME.dial), order.url.removeprefix(f"{phone.rig.url}/channels/phone/")
        await phone.rig.post(path, form)
        gone = {**form, "CallStatus": "completed", "Digits": "1"}
        _, text = await phone.rig.post(path.replace("callback/desk", "callback/accept"), gone)
        assert ANA not in text
        assert "callback.requester_dialled" not in phone.told()
