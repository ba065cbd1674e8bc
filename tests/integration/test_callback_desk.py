"""A desk asks by its protocol to be called together with a requester: through the real listener, to the talk's end."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from standardwebhooks import Webhook

from gateway.core.clock import SystemClock
from gateway.core.delivery import Begin, ClaimRequest, HandoffFact, Kind, Lease
from gateway.core.events import CallbackEnded
from gateway.core.handoff import Handoff, HandoffState
from gateway.core.ids import new_id
from gateway.core.settings import Listen
from gateway.core.ticket import Direction, Requester, Ticket
from gateway.demo.caller.script import Behaviour, Desk
from gateway.listener import Listener
from routing.providers.context import ProviderContext
from routing.providers.webhook.context import DeskContext
from routing.registry import build_provider, provider_routes
from tests.support.callback_rig import CallbackRig, callback_rig
from tests.support.voice_rig import ACME, ANA, NORTE, bodies
from tests.support.webhook_provider import LINKS, SECRET, make_settings


class AskingDesk:
    """The help desk of `acme`, which has the ticket that was handed to it."""

    def __init__(self, phone: CallbackRig, url: str) -> None:
        self.phone = phone
        self._url = url

    async def asks(self, ticket: Ticket, report_id: str | None = None, provider: str = "acme") -> int:
        body = json.dumps({"type": "ticket.callback_requested", "data": {"reference": ticket.reference}})
        report_id, at = report_id or new_id(), datetime.now(UTC)
        headers = {
            "webhook-id": report_id,
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": Webhook(SECRET).sign(report_id, at, body),
        }
        async with self.phone.rig.session.post(f"{self._url}/{provider}/events", data=body, headers=headers) as answer:
            return answer.status


@asynccontextmanager
async def asking_desk(
    *, for_channels: tuple[str, ...] = ("phone", "texts"), once: tuple[str, ...] = (), **callback: Any
) -> AsyncIterator[AskingDesk]:
    """Its requests are taken for those channels, and for those that were in the configuration `once`."""
    called_back_by = dict.fromkeys((*for_channels, *once), "phone")
    async with callback_rig(for_channels=for_channels, **callback) as phone:
        rig, clock = phone.rig, SystemClock()
        settings = make_settings("http://127.0.0.1:1/tickets")
        names = ("acme", "norte")
        providers = {
            name: build_provider("webhook", settings, ProviderContext(name, clock, LINKS, {})) for name in names
        }
        context = DeskContext(rig.intake, rig.store, rig.blobs, LINKS, rig.clock, called_back_by)
        listener = Listener("public", Listen(host="127.0.0.1", port=0), provider_routes(lambda: providers, context))
        await listener.start()
        try:
            yield AskingDesk(phone, f"{listener.url}/providers")
        finally:
            await listener.stop()
            for provider in providers.values():
                await provider.close()


async def handed_over(
    phone: CallbackRig, channel: str = "phone", number: str | None = ANA, language: str = "es"
) -> Ticket:
    """A ticket of that channel that `acme` has accepted."""
    rig = phone.rig
    await rig.request(channel=channel, requester=Requester(phone=number), language=language)
    now = rig.clock.at
    (case,) = (await rig.store.claim([ClaimRequest(frozenset({Kind.TICKET}), 1, now, now + 30)]))[0]
    assert case.ticket is not None
    copy = Handoff(new_id(), case.ticket.id, "acme", HandoffState.STARTED, now, messages_sent=1)
    lease = Lease(case.delivery.id, case.delivery.epoch)
    assert await rig.store.begin([Begin(lease, copy, now + 30, "the primary")]) == [True]
    await rig.store.record([HandoffFact(copy.id, HandoffState.ACCEPTED, now, "T-1", "it took it")])
    return case.ticket


async def test_its_agent_is_called_then_the_requester_and_it_hears_how_that_went() -> None:
    async with asking_desk() as desk:
        ticket = await handed_over(desk.phone)
        assert await desk.asks(ticket) == 204
        await desk.phone.run()
        assert desk.phone.rang == [ACME.dial]
        assert desk.phone.ended_last == ("reached", None)
        assert "por su solicitud" in desk.phone.said
        case = await desk.phone.rig.case()
        assert [each.provider for each in case.handoffs] == ["acme"]
        assert case.handoffs[0].state is HandoffState.PICKED_UP
        account = case.messages[-1]
        assert (account.direction, "hablaron" in account.body) == (Direction.INBOUND, True)
        owed = await desk.phone.rig.store.next_due(frozenset({Kind.MESSAGE}))
        assert owed is not None, "the desk is told"


@pytest.mark.parametrize("channel", ["texts", "phone"])
async def test_whoever_wrote_a_text_message_can_be_called_like_whoever_called(channel: str) -> None:
    async with asking_desk() as desk:
        ticket = await handed_over(desk.phone, channel)
        assert await desk.asks(ticket) == 204
        await desk.phone.run()
        assert desk.phone.ended_last == ("reached", None)


@pytest.mark.parametrize(("language", "words"), [("en-GB", "about your request"), ("fr", "por su solicitud")])
async def test_who_wrote_in_a_language_that_we_do_not_speak_hears_ours(language: str, words: str) -> None:
    async with asking_desk() as desk:
        assert await desk.asks(await handed_over(desk.phone, "texts", language=language)) == 204
        await desk.phone.run()
        assert desk.phone.ended_last == ("reached", None)
        assert words in desk.phone.said
        assert desk.phone.rig.routing.asked[-1][:2] == ("texts", language), "its desks are those of its own language"


async def test_nobody_elses_agents_are_called_for_it() -> None:
    async with asking_desk(people={ACME.dial: Desk(Behaviour.RINGS)}, within="10m") as desk:
        assert await desk.asks(await handed_over(desk.phone)) == 204
        await desk.phone.run()
        assert NORTE.dial not in desk.phone.rang
        assert desk.phone.ended_last == ("no_agent", None)
        case = await desk.phone.rig.case()
        assert "La persona espera" not in bodies(case.messages), "the desk wanted it, and not the person"


async def test_t35_a_number_that_was_written_into_a_form_is_never_called() -> None:
    async with asking_desk() as desk:
        ticket = await handed_over(desk.phone, "web")
        assert await desk.asks(ticket) == 422
        await desk.phone.run()
        assert desk.phone.rang == []
        assert (await desk.phone.rig.case()).handoffs[0].state is HandoffState.ACCEPTED, "nothing of it was kept"


async def test_t35_what_was_permitted_when_it_was_asked_for_and_is_no_longer_is_not_done() -> None:
    async with asking_desk(once=("web",)) as desk:
        assert await desk.asks(await handed_over(desk.phone, "web")) == 204
        await desk.phone.run()
        assert (desk.phone.rang, desk.phone.ended_last) == ([], ("refused", "not_verified"))


async def test_t35_a_costly_number_is_not_called_at_a_desks_wish_either_and_the_desk_hears_why() -> None:
    async with asking_desk() as desk:
        assert await desk.asks(await handed_over(desk.phone, number="+34803111222")) == 204
        await desk.phone.run()
        assert (desk.phone.rang, desk.phone.ended_last) == ([], ("refused", "costly"))
        assert "tarificación especial" in (await desk.phone.rig.case()).messages[-1].body


async def test_t35_whom_the_requester_has_told_not_to_call_no_desk_has_called_again() -> None:
    async with asking_desk(people={ANA: Desk(key="9")}) as desk:
        phone, ticket = desk.phone, await handed_over(desk.phone)
        for report in ("msg_1", "msg_2"):
            assert await desk.asks(ticket, report) == 204
            await phone.run()
        assert phone.rang == [ACME.dial]
        assert [each.refusal for each in phone.rig.heard.of(CallbackEnded)] == [None, "unwanted"]
        assert "no quiere que se le llame" in (await phone.rig.case()).messages[-1].body
        phone.people[ANA] = Desk()
        await phone.ask()
        await phone.run()
        assert await desk.asks(ticket, "msg_3") == 204
        await phone.run()
        told = [each.outcome for each in phone.rig.heard.of(CallbackEnded)]
        assert told == ["declined", "refused", "reached", "reached"], "who asks by himself is called"


async def test_t35_where_nobody_has_allowed_it_no_desk_has_anybody_called() -> None:
    async with asking_desk(for_channels=()) as desk:
        assert await desk.asks(await handed_over(desk.phone)) == 422


async def test_the_same_report_again_is_one_call_and_another_one_meanwhile_is_refused() -> None:
    async with asking_desk(people={ANA: Desk(Behaviour.RINGS)}) as desk:
        ticket = await handed_over(desk.phone)
        assert [await desk.asks(ticket, "msg_1") for _ in range(3)] == [204] * 3
        await desk.phone.run(within=120)
        assert desk.phone.rang == [ACME.dial]
        assert await desk.asks(ticket, "msg_2") == 204
        await desk.phone.run(within=60)
        assert desk.phone.ended_last == ("refused", "busy")
        assert await desk.asks(ticket, "msg_1") == 204
        await desk.phone.run()
        assert desk.phone.rang == [ACME.dial] * 3, "the tries of the first"


async def test_a_desk_has_no_say_in_anothers_ticket() -> None:
    async with asking_desk() as desk:
        assert await desk.asks(await handed_over(desk.phone), provider="norte") == 404
        await desk.phone.run()
        assert desk.phone.rang == []
