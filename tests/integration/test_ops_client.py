"""The ops API's client, against the real listener, and against what isn't one."""

from collections.abc import Sequence

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer, unused_port

from gateway.client import NotRunning, OpsClient, OpsError, WrongToken, as_takeover
from gateway.core.delivery import Kind, Quarantined
from gateway.core.events import GatewayStarted
from gateway.core.provider import Takeover
from gateway.web.ops import PolicyFacts
from tests.support.clock import NOW, SetClock
from tests.support.kept_mails import CONTENT, new_mail
from tests.support.ops import (
    FakeQuarantine,
    FakeReads,
    FakeReloader,
    OpsSite,
    make_ticket,
    recorded,
    reference,
    ticket_id,
)

TAKEOVER = Takeover(
    id="k",
    policy="default",
    from_provider="acme",
    to_provider=None,
    last_good_at=None,
    first_bad_at=NOW + 1.25,
    detected_at=NOW + 2,
    switched_at=NOW + 2.5,
    detection_bound=2.8,
    ticket_bound=5.0,
    rescued=3,
    met=True,
)
FULL = FakeReads(
    all_tickets=[make_ticket(number) for number in (1, 2, 3)],
    items=[Quarantined("q", Kind.TICKET, ticket_id(1), "r", None, "refused", 3, NOW)],
    evidence=[TAKEOVER],
)


async def test_everything_it_can_ask() -> None:
    site = OpsSite(
        token="t",
        reads=FULL,
        quarantine=FakeQuarantine({"q", "r"}, mails={"m": new_mail()}, mails_left=7),
        policies=[PolicyFacts("default", ("acme",), 5.0, 3.0)],
        clock=SetClock(NOW + 60),
    )
    async with site.running(), OpsClient(site.url, "t") as client:
        assert [each["name"] for each in await client.providers()] == ["acme", "norte"]
        assert [each["serving"] for each in await client.policies()] == ["acme"]
        assert [as_takeover(each) for each in await client.takeovers(open_only=True)] == [TAKEOVER]
        page, before = await client.tickets(state="waiting", limit=2)
        rest, end = await client.tickets(before=before, limit=2)
        assert [each["reference"] for each in page + rest] == [reference(number) for number in (3, 2, 1)]
        assert end is None
        assert (await client.ticket(reference(2)))["subject"] == "the subject of a person"
        assert len(await client.overdue()) == 3
        assert [each["id"] for each in await client.quarantine()] == ["q"]
        await client.replay("q")
        await client.discard("r")
        assert await client.replay_mails(channel="mail") == 7
        assert await client.quarantined_mail("m") == CONTENT
        with pytest.raises(OpsError, match="no such item"):
            await client.quarantined_mail("n")
        assert await client.reload() == "d1ge57"
    assert [what for what, *_ in site.quarantine.done] == ["release", "discard", "replay mails"]


async def test_every_page_of_tickets_is_read() -> None:
    site = OpsSite(token="t", reads=FakeReads(all_tickets=[make_ticket(number) for number in range(1, 402)]))
    async with site.running(), OpsClient(site.url, "t") as client:
        every = await client.every_ticket(state="waiting")
        assert [each["reference"] for each in every] == [reference(number) for number in range(401, 0, -1)]
        assert await client.every_ticket(state="resolved") == []


@pytest.mark.parametrize("ids", [(), (1,), (1, 2), (7,), (3, 4, 9, 250, 1001), range(1, 1500)])
async def test_the_events_are_read_from_the_end_of_the_stream(ids: Sequence[int]) -> None:
    """Whatever is told later comes behind it, and little of what was told before."""
    stream = [each for seq in ids for each in recorded([GatewayStarted(at=NOW, version="1", unsure=0)], seq)]
    site = OpsSite(token="t", reads=FakeReads(stream=stream))
    async with site.running(), OpsClient(site.url, "t") as client:
        last = await client.last_event()
        assert max(ids, default=0) - 1 <= last <= max(ids, default=0)
        stream += recorded([GatewayStarted(at=NOW, version="2", unsure=0)], 5000)
        assert (await client.events(last))[-1]["data"]["version"] == "2"


async def test_why_it_is_not_ready() -> None:
    site = OpsSite()
    async with site.running(), OpsClient(site.url) as client:
        assert await client.why_not_ready() == {}
        site.not_ready["store"] = "it is full"
        assert await client.why_not_ready() == {"store": "it is full"}
    async with OpsClient(site.url) as client:
        with pytest.raises(NotRunning):
            await client.why_not_ready()


async def test_nothing_is_running() -> None:
    async with OpsClient(f"http://127.0.0.1:{unused_port()}") as client:
        with pytest.raises(NotRunning, match="is Relevo running there"):
            await client.providers()


@pytest.mark.parametrize(
    ("token", "sentence"), [(None, "a token is needed: give the one"), ("wrong", "the token is not the one")]
)
async def test_the_token_is_missing_or_wrong(token: str | None, sentence: str) -> None:
    site = OpsSite(token="canary")
    async with site.running(), OpsClient(site.url, token) as client:
        with pytest.raises(WrongToken, match=sentence) as raised:
            await client.providers()
    assert "wrong" not in str(raised.value)


async def test_what_the_gateway_refuses_it_says() -> None:
    site = OpsSite(reloader=FakeReloader("relevo.yaml:3:1: gateway: unknown"))
    async with site.running(), OpsClient(site.url) as client:
        with pytest.raises(OpsError, match=r"relevo\.yaml:3:1: gateway: unknown"):
            await client.reload()
        with pytest.raises(OpsError, match="no ticket with this reference"):
            await client.ticket("../../x")
        with pytest.raises(OpsError, match="no such item"):
            await client.discard("né?a=1#b")


@pytest.mark.parametrize("body", ["<html>", "[]", "{}", '"x"', ""])
@pytest.mark.parametrize("status", [200, 302, 500])
async def test_something_else_answers(body: str, status: int) -> None:
    async def other(_request: web.Request) -> web.Response:
        return web.Response(text=body, status=status)

    app = web.Application()
    app.router.add_get("/api/v1/providers", other)
    async with TestServer(app) as server, OpsClient(str(server.make_url(""))) as client:
        with pytest.raises(OpsError, match="is the address right"):
            await client.providers()


async def test_what_is_not_http_answers() -> None:
    async with aiohttp.ClientSession():
        with pytest.raises(OpsError):
            async with OpsClient("http://127.0.0.1:0") as client:
                await client.providers()
