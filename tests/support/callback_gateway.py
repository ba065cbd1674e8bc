"""A gateway as a real process that calls people back: the calls that it orders are played as fast as they go."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from gateway.core.ids import new_id
from gateway.core.signature import Signer
from gateway.demo.caller.outbound import play_order
from gateway.demo.caller.pace import at_once
from gateway.demo.caller.script import Desk, Line
from gateway.demo.configuration import secret_variable
from tests.support.phone_gateway import PHONES, PhoneGateway, phone_gateway
from tests.support.twilio_api import ACCOUNT_SID, AUTH_TOKEN
from tests.support.twilio_webhooks import Post
from tests.support.voice_rig import ANA, NUMBER

_WITHIN = 30.0


class CallbackGateway:
    """Everybody who may be called is in `people`, by number."""

    def __init__(self, phone: PhoneGateway) -> None:
        self.phone = phone
        self.rig = phone.rig
        self.twilio = phone.twilio
        self.people: dict[str, Desk] = {number: Desk() for number in (*PHONES.values(), ANA)}
        self.rang: list[str] = []

    async def play(self) -> None:
        """The next call that is ordered."""

        async def missing() -> str | None:
            return None if self.twilio.orders else "an order"

        await self.rig.until(missing, _WITHIN)
        order = self.twilio.orders.pop(0)
        self.rang.append(order.to)
        base = f"{self.rig.public_url}/channels/phone"
        line = Line(NUMBER, f"{base}/voice", ACCOUNT_SID, AUTH_TOKEN)
        now = self.rig.clock.now()
        session, told = self.phone.session, self.phone.transcript.append
        ended = await play_order(order, line, self.people, told, session=session, now=now, sleep=at_once)
        (record,) = [each for each in self.twilio.calls if each["sid"] == order.sid]
        record.update({"status": ended.status, "duration": str(round(ended.seconds))})

    async def outcomes(self, count: int) -> list[str]:
        """Of so many calls back, once they have ended."""

        async def missing() -> str | None:
            ended = len(await self.rig.events("callback.ended"))
            return None if ended == count else f"{count} ends of calls back, not {ended}"

        await self.rig.until(missing, _WITHIN)
        return [event["data"]["outcome"] for event in await self.rig.events("callback.ended")]

    async def desk_asks(self, desk: str, reference: str) -> int:
        """By its protocol; the status."""
        body = b'{"type": "ticket.callback_requested", "data": {"reference": "%s"}}' % reference.encode()
        signer = Signer(self.rig.secrets[secret_variable(desk)], self.rig.clock)
        post = Post(f"/providers/{desk}/events", signer.headers(new_id(), body), body)  # type: ignore[arg-type]
        return (await self.phone.send(post))[0]


@asynccontextmanager
async def callback_gateway(directory: Path, **callback: Any) -> AsyncIterator[CallbackGateway]:
    """Not started; callers are offered it, and desks may ask for it."""
    settings: Mapping[str, Any] = {"offer": True, "for_channels": ["phone"], **callback}
    async with phone_gateway(directory, callback=settings) as phone:
        yield CallbackGateway(phone)
