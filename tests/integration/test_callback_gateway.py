"""A whole gateway that calls people back, its desks as real processes: what the parts do for each other."""

from pathlib import Path

from gateway.demo.caller.script import Behaviour, Caller, Desk, Scene
from tests.support.callback_gateway import CallbackGateway, callback_gateway
from tests.support.phone_gateway import PHONES

_WITHIN = 30.0
ASKS = Scene(Caller(keys=("8",)))


async def test_callers_who_ask_and_desks_that_ask(tmp_path: Path) -> None:
    """One gateway for all of it, since a start costs more."""
    async with callback_gateway(tmp_path, tries=1) as back:
        await back.rig.start()
        reference = await _a_caller_is_called_back_and_the_desks_system_is_given_the_ticket(back)
        await _the_desk_that_has_the_ticket_has_its_requester_called_again(back, reference)
        await _who_is_not_reached_is_a_ticket_like_any_other(back)
        assert await back.phone.metric("relevo_callbacks_total") == 3
        assert await back.phone.metric("relevo_callback_waiting_seconds_count") == 2
        assert await back.rig.metric("relevo_ledger_unbalanced") == 0


async def _a_caller_is_called_back_and_the_desks_system_is_given_the_ticket(back: CallbackGateway) -> str:
    back.people[PHONES["acme"]] = Desk(Behaviour.BUSY)
    await back.phone.call(ASKS)
    await back.play()
    await back.play()
    assert back.rang == [PHONES["acme"], PHONES["norte"]]
    assert await back.outcomes(1) == ["reached"]
    await _has_one_ticket(back, "norte")
    (event,) = await back.rig.events("callback.answered")
    reference: str = event["subject"]
    return reference


async def _the_desk_that_has_the_ticket_has_its_requester_called_again(back: CallbackGateway, reference: str) -> None:
    assert await back.desk_asks("acme", reference) == 404
    assert await back.desk_asks("norte", reference) == 204
    await back.play()
    assert back.rang[2:] == [PHONES["norte"]]
    assert await back.outcomes(2) == ["reached", "reached"]


async def _who_is_not_reached_is_a_ticket_like_any_other(back: CallbackGateway) -> None:
    back.people = {number: Desk() for number in PHONES.values()}
    await back.phone.call(ASKS)
    await back.play()
    assert (await back.outcomes(3))[-1] == "not_reached"
    await _has_one_ticket(back, "acme")


async def _has_one_ticket(back: CallbackGateway, desk: str) -> None:
    async def missing() -> str | None:
        return None if len(await back.rig.clients[desk].tickets()) == 1 else f"the ticket at {desk}"

    await back.rig.until(missing, _WITHIN)
