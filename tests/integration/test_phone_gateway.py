"""A whole gateway with a phone, its desks as real processes: what becomes of calls beyond the channel."""

import asyncio
import contextlib
import sqlite3
import time
from pathlib import Path
from typing import Any

from gateway.demo.caller.script import Behaviour, Caller, Desk, Scene
from tests.support.phone_gateway import PHONES, PhoneGateway, phone_gateway
from tests.support.twilio_api import AUTH_TOKEN
from tests.support.twilio_webhooks import CALL
from tests.support.voice_rig import ANA

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WITHIN = 30.0
ALL_BUSY = {phone: Desk(Behaviour.BUSY) for phone in PHONES.values()}
ALL_ANSWER = {phone: Desk() for phone in PHONES.values()}


def _first_is_closed(content: dict[str, Any]) -> None:
    """The desk that the policy names first has no hours today, nor tomorrow."""
    day = _DAYS[(time.gmtime().tm_wday + 3) % 7]
    content["providers"]["sur"]["hours"] = {"timezone": "UTC", "open": [f"{day} 10:00-11:00"]}
    content["policies"][0]["providers"] = ["sur", "acme", "norte"]


async def test_calls_and_what_becomes_of_them(tmp_path: Path) -> None:
    """One gateway for all the scenes, since a start costs more than all of them."""
    async with phone_gateway(tmp_path, tuple(PHONES), _first_is_closed) as phone:
        await phone.rig.start()
        await _the_desk_that_answered_gets_the_ticket_into_its_own_system(phone)
        await _a_message_goes_to_a_desk_with_its_recording(phone)
        await _who_hangs_up_leaves_a_ticket_for_a_desk(phone)
        await _fifty_identical_webhooks_at_once_make_one_ticket(phone)
        await _a_desk_that_is_down_is_not_dialled(phone)
        assert await phone.metric("relevo_calls_total") == 4
        assert await phone.metric("relevo_call_failovers_total") == 1
        assert await phone.metric("relevo_call_waiting_seconds_count") == 4
        assert await phone.metric("relevo_webhooks_refused_total") == 0
        assert await phone.rig.metric("relevo_ledger_unbalanced") == 0
        dialled = [event["data"]["provider"] for event in await phone.rig.events("call.dialled")]
        assert dialled == ["acme", "acme", "norte", "acme", "acme", "norte"]  # "sur" is closed
        told = phone.rig.log.read_text(encoding="utf-8") + str(await phone.rig.ops.events())
        assert "call.ended" in told
        assert not [secret for secret in (ANA, AUTH_TOKEN, "34600111222") if secret in told]


async def _arrived(phone: PhoneGateway, desk: str, sid: str) -> str:
    """What that desk's own system was given of that call's ticket, once it has it, and no other desk."""
    (received,) = [each for each in await phone.rig.events("call.received") if each["data"]["call"] == sid]
    reference = received["subject"]

    async def missing() -> str | None:
        return None if _given_to(phone, desk, reference) else f"the ticket at {desk}"

    await phone.rig.until(missing, _WITHIN)
    assert {other for other in PHONES if _given_to(phone, other, reference)} == {desk}
    (content,) = _given_to(phone, desk, reference)
    return content


def _given_to(phone: PhoneGateway, desk: str, reference: str) -> list[str]:
    (file,) = (phone.rig.directory / desk).glob("*.db")
    with contextlib.closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as book:
        return [row[0] for row in book.execute("SELECT content FROM tickets WHERE reference = ?", (reference,))]


async def _the_desk_that_answered_gets_the_ticket_into_its_own_system(phone: PhoneGateway) -> None:
    given = await _arrived(phone, "acme", await phone.call(Scene(desks=ALL_ANSWER)))
    assert "Llamada telefónica del +34600111222" in given
    assert "La llamada se atendió" in given


async def _a_message_goes_to_a_desk_with_its_recording(phone: PhoneGateway) -> None:
    given = await _arrived(phone, "acme", await phone.call(Scene(Caller(message=9), ALL_BUSY)))
    assert '"mensaje-1.mp3"' in given


async def _who_hangs_up_leaves_a_ticket_for_a_desk(phone: PhoneGateway) -> None:
    scene = Scene(Caller(hangs_up_after=14), {PHONES["acme"]: Desk(Behaviour.RINGS)})
    assert "colgó" in await _arrived(phone, "acme", await phone.call(scene))


async def _fifty_identical_webhooks_at_once_make_one_ticket(phone: PhoneGateway) -> None:
    before = len(await phone.rig.tickets())
    answers = await asyncio.gather(*(phone.send(phone.signed("voice", CALL)) for _ in range(50)))
    assert set(answers) == {answers[0]}
    assert PHONES["acme"] in answers[0][1]
    assert len(await phone.rig.tickets()) == before + 1


async def _a_desk_that_is_down_is_not_dialled(phone: PhoneGateway) -> None:
    await phone.rig.desks["acme"].stop()

    async def missing() -> str | None:
        states = {each["name"]: each["state"] for each in await phone.rig.ops.providers()}
        return None if states["acme"] == "down" else f"acme to be down: {states}"

    await phone.rig.until(missing, _WITHIN)
    sid = await phone.call(Scene(desks=ALL_ANSWER))
    await _arrived(phone, "norte", sid)
