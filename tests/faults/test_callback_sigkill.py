"""SIGKILL while somebody is called back: the desk's agent is called once, and the requester, too."""

from pathlib import Path

from gateway.demo.caller.script import Caller, Scene
from tests.support.callback_gateway import callback_gateway
from tests.support.phone_gateway import PHONES

_WITHIN = 30.0


async def test_killed_before_twilios_answer_is_kept_the_call_is_found_and_not_made_again(tmp_path: Path) -> None:
    async with callback_gateway(tmp_path) as back:
        await back.rig.start("callback.after:1")
        await back.phone.call(Scene(Caller(keys=("8",))))
        assert await back.rig.ended(_WITHIN) < 0
        await back.rig.start_relevo()
        await back.play()
        assert await back.outcomes(1) == ["reached"]
        assert back.rang == [PHONES["acme"]]
        assert len(back.twilio.calls) == 1


async def test_killed_as_the_wish_is_kept_the_person_is_called_back_all_the_same(tmp_path: Path) -> None:
    """Over the call's second webhook, the key; the caller hears the fallback, and hangs up."""
    async with callback_gateway(tmp_path) as back:
        await back.rig.start("keep_call.after_commit:2")
        sid = await back.phone.call(Scene(Caller(keys=("8",))))
        assert await back.rig.ended(_WITHIN) < 0
        back.twilio.call(back.rig.clock.now(), sid=sid, duration="1")
        await back.rig.start_relevo()
        status, _ = await back.phone.send(back.phone.signed("status", {**_OVER, "CallSid": sid}))
        assert status == 200
        await back.play()
        assert await back.outcomes(1) == ["reached"]


_OVER = {
    "AccountSid": "AC" + "0a" * 16,
    "CallStatus": "completed",
    "Direction": "inbound",
    "From": "+34600111222",
    "To": "+34910000000",
}
