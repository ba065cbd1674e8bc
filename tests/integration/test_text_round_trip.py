"""The whole way, by a gateway that runs: a text message, the desk, its answer by text, what became of it; messages that
came while the gateway was away; and a gateway that is killed between Twilio's webhook and its answer."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import orjson

from gateway.core.clock import SystemClock
from gateway.core.ids import new_id
from gateway.core.reference import show_reference
from gateway.core.signature import Signer
from gateway.demo.configuration import secret_variable
from gateway.demo.desk.ticket import DeskTicket
from tests.support.ledger import assert_balanced
from tests.support.rig import Rig
from tests.support.twilio_api import ACCOUNT_SID, AUTH_TOKEN, FakeTwilio, fake_twilio, sid
from tests.support.twilio_webhooks import signed_form

ANA, NUMBER = "+34600111222", "+34910000000"
_WITHIN = 20.0


@dataclass
class Service:
    """A gateway with a channel `texts`, its desks, and Twilio."""

    rig: Rig
    twilio: FakeTwilio
    session: aiohttp.ClientSession

    async def text(self, body: str, *, listed: bool = False) -> tuple[int, Mapping[str, str]]:
        """A message comes, which is in Twilio's list where that is wanted; the answer's status (0 where none came) and
        what was posted."""
        message_sid = self.twilio.message(self.rig.clock.now(), body=body)["sid"] if listed else sid("SM")
        form = {"MessageSid": message_sid, "Body": body, "From": ANA, "To": NUMBER, "NumMedia": "0"}
        return await self.post("message", form), form

    async def post(self, page: str, form: Mapping[str, str]) -> int:
        whole = {"AccountSid": ACCOUNT_SID, "ApiVersion": "2010-04-01", **form}
        post = signed_form(whole, f"/channels/texts/{page}", base=self.rig.public_url)
        try:
            async with self.session.post(self.rig.public_url + post.path, data=post.body, headers=post.headers) as got:
                return got.status
        except (aiohttp.ClientError, OSError):
            return 0

    async def desk_says(self, ticket: DeskTicket, body: str) -> None:
        data = {"reference": ticket.reference, "message": {"body": body}}
        content = orjson.dumps({"type": "ticket.replied", "data": data})
        headers = Signer(self.rig.secrets[secret_variable("acme")], self.rig.clock).headers(new_id(), content)
        url = f"{self.rig.public_url}/providers/acme/events"
        async with self.session.post(url, data=content, headers={**headers, "Content-Type": "application/json"}) as got:
            assert got.status == 204, await got.text()

    async def at_the_desk(self, further: int) -> DeskTicket:
        """The only ticket, once it has so many messages beside its first."""
        found: list[DeskTicket] = []

        async def missing() -> str | None:
            found[:] = await self.rig.clients["acme"].tickets()
            counts = [each.messages for each in found]
            return None if counts == [further] else f"one ticket with {further} further messages, not {counts}"

        await self.rig.until(missing, _WITHIN)
        return found[0]

    async def sent(self) -> dict[str, Any]:
        """The first text of ours that Twilio has."""

        async def missing() -> str | None:
            return None if self._ours() else "a text at Twilio"

        await self.rig.until(missing, _WITHIN)
        return self._ours()[0]

    def _ours(self) -> list[dict[str, Any]]:
        return [each for each in self.twilio.messages if each["direction"] == "outbound-api"]


@asynccontextmanager
async def running_service(directory: Path) -> AsyncIterator[Service]:
    async with fake_twilio(SystemClock()) as twilio, aiohttp.ClientSession() as session:

        def adjust(content: dict[str, Any]) -> None:
            content["channels"]["texts"] = {
                "type": "sms",
                "account_sid": ACCOUNT_SID,
                "auth_token": {"env": "TWILIO_AUTH_TOKEN"},
                "numbers": [NUMBER],
                "api": twilio.url,
                "allow_private": True,
            }

        async with Rig(directory, adjust=adjust, environment={"TWILIO_AUTH_TOKEN": AUTH_TOKEN}) as rig:
            await rig.start()
            yield Service(rig, twilio, session)


async def test_the_whole_way_and_nothing_is_lost_by_a_gateway_that_is_killed(tmp_path: Path) -> None:
    async with running_service(tmp_path) as service:
        rig = service.rig

        # There and back.
        assert (await service.text("No me funciona el correo"))[0] == 200
        ticket = await service.at_the_desk(0)
        assert ticket.subject == "No me funciona el correo"
        await service.desk_says(ticket, "Pruebe ahora.")
        sent = await service.sent()
        assert sent["body"] == f"Pruebe ahora.\n\nReferencia {show_reference(ticket.reference)}"
        page = str(sent["callback"]).removeprefix(f"{rig.public_url}/channels/texts/")
        assert await service.post(page, {"MessageSid": sent["sid"], "MessageStatus": "delivered"}) == 200
        assert [each["type"] for each in await rig.events("text.sent", "text.delivered")] == [
            "text.sent",
            "text.delivered",
        ]

        # Killed after the message was kept, before Twilio was told so.
        await rig.relevo.kill()
        await rig.start_relevo("keep_call.after_commit:1")
        status, form = await service.text("Sigue sin ir")
        assert status == 0
        await rig.ended(_WITHIN)
        await rig.start_relevo()
        await service.at_the_desk(1)
        assert await service.post("message", form) == 200

        # Killed before it was kept: Twilio's list has it, and what came while nobody was there.
        await rig.relevo.kill()
        await rig.start_relevo("keep_call.before_commit:1")
        assert (await service.text("Ni con otro navegador", listed=True))[0] == 0
        await rig.ended(_WITHIN)
        assert (await service.text("¿Hay alguien?", listed=True))[0] == 0
        await rig.start_relevo()
        await service.at_the_desk(3)
        assert len(service._ours()) == 1
        await assert_balanced(rig, [ticket.reference])
