"""SIGKILL between a webhook and its answer: Twilio asks again, and the call goes on where it was; or it never asks
again, and the call leaves its ticket all the same."""

import signal
from pathlib import Path

import aiohttp
import pytest

from tests.support.phone_gateway import PhoneGateway, phone_gateway
from tests.support.twilio_webhooks import CALL

_WITHIN = 30.0
PROGRESS = CALL | {"CallStatus": "in-progress"}
WEBHOOKS = (
    ("voice", CALL),
    ("dial?step=1", PROGRESS | {"DialCallStatus": "busy"}),
    ("dial?step=2", PROGRESS | {"DialCallStatus": "completed", "DialBridged": "true", "DialCallDuration": "60"}),
    ("status", CALL | {"CallStatus": "completed"}),
)
"""Of a call that the second desk answers. Relevo is killed over the first two."""
MOMENTS = ("before_commit", "after_commit")


@pytest.mark.parametrize("moment", MOMENTS)
async def test_a_call_goes_on_after_each_death(moment: str, tmp_path: Path) -> None:
    """Asked again after a restart: a step that was kept isn't made twice, and one that wasn't is made then."""
    deadly = f"keep_call.{moment}:1"
    async with phone_gateway(tmp_path) as phone:
        await phone.rig.start(deadly)
        for number, (path, form) in enumerate(WEBHOOKS):
            post = phone.signed(path, form)
            if number == 1:
                phone.rig.relevo.signal(signal.SIGKILL)
                await phone.rig.ended(_WITHIN)
                await phone.rig.start_relevo(deadly)
            if number < 2:
                with pytest.raises(aiohttp.ClientError):
                    await phone.send(post)
                assert await phone.rig.ended(_WITHIN) < 0
                await phone.rig.start_relevo()
            assert (await phone.send(post))[0] == 200
        assert (await phone.send(phone.signed(*WEBHOOKS[-1])))[0] == 200
        await _is_one_ticket_at(phone, "norte")


async def test_a_call_that_is_cut_by_it_leaves_its_ticket(tmp_path: Path) -> None:
    """The caller heard nothing and hung up; nobody asks again. Twilio's API tells after the start."""
    async with phone_gateway(tmp_path, languages=["es", "en"]) as phone:
        await phone.rig.start("keep_call.after_commit:1")
        with pytest.raises(aiohttp.ClientError):
            await phone.send(phone.signed("voice", CALL))
        assert await phone.rig.ended(_WITHIN) < 0
        phone.twilio.call(phone.rig.clock.now(), sid=CALL["CallSid"], duration="1")
        await phone.rig.start_relevo()
        await _is_one_ticket_at(phone, "acme")
        (ended,) = await phone.rig.events("call.ended")
        assert (ended["data"]["outcome"], ended["data"]["left_in"]) == ("abandoned", "language")


async def _is_one_ticket_at(phone: PhoneGateway, desk: str) -> None:
    async def missing() -> str | None:
        return None if len(await phone.rig.clients[desk].tickets()) == 1 else f"the ticket at {desk}"

    await phone.rig.until(missing, _WITHIN)
    assert len(await phone.rig.tickets()) == 1
    assert [len(await phone.rig.clients[each].tickets()) for each in phone.rig.names if each != desk] == [0]
