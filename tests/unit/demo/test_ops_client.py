"""The ops client reads what the ops API's own shapes write."""

from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from gateway.core.provider import Takeover
from gateway.demo.ops_client import OpsClient
from gateway.web.shapes import TakeoverList, TakeoverShape, TicketList, TicketRow

TAKEOVER = Takeover(
    id="t1",
    policy="default",
    from_provider="acme",
    to_provider="norte",
    last_good_at=None,
    first_bad_at=1_790_000_001.25,
    detected_at=1_790_000_002.0,
    switched_at=1_790_000_002.5,
    detection_bound=2.8,
    ticket_bound=5.0,
    rescued=3,
    met=True,
)


def row(reference: str) -> TicketRow:
    return TicketRow.model_validate(
        {
            "reference": reference,
            "state": "handed_off",
            "channel": "web",
            "language": "es",
            "category": None,
            "priority": "normal",
            "policy": "default",
            "provider": "acme",
            "received_at": 1_790_000_000.0,
            "due_at": 1_790_000_005.0,
            "handed_off_at": 1_790_000_000.25,
            "reason": None,
        }
    )


class OpsApi:
    """Two pages of tickets, one takeover, two providers."""

    def __init__(self) -> None:
        self.queries: list[dict[str, str]] = []

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_get("/api/v1/tickets", self.tickets)
        app.router.add_get("/api/v1/takeovers", self.takeovers)
        app.router.add_get("/api/v1/providers", self.providers)
        app.router.add_get("/readyz", self.ready)
        return app

    async def tickets(self, request: web.Request) -> web.Response:
        self.queries.append(dict(request.query))
        first = "before" not in request.query
        page = TicketList(tickets=[row("1" if first else "2")], next="a" * 32 if first else None)
        return web.Response(text=page.model_dump_json(), content_type="application/json")

    async def takeovers(self, request: web.Request) -> web.Response:
        page = TakeoverList(takeovers=[TakeoverShape.model_validate(TAKEOVER)])
        return web.Response(text=page.model_dump_json(), content_type="application/json")

    async def providers(self, request: web.Request) -> web.Response:
        return web.json_response({"providers": [{"name": "acme", "state": "down"}, {"name": "norte", "state": "up"}]})

    async def ready(self, request: web.Request) -> web.Response:
        return web.json_response({"ready": False}, status=503)


@pytest.fixture
def api() -> OpsApi:
    return OpsApi()


@pytest.fixture
async def client(api: OpsApi) -> AsyncIterator[OpsClient]:
    async with TestServer(api.app()) as server, aiohttp.ClientSession() as session:
        yield OpsClient(session, str(server.make_url("")).rstrip("/"))


async def test_every_page_of_tickets_is_read(client: OpsClient, api: OpsApi) -> None:
    tickets = await client.tickets("waiting")
    assert [ticket.reference for ticket in tickets] == ["1", "2"]
    assert tickets[0].handoff_seconds == 0.25
    assert api.queries == [
        {"limit": "200", "state": "waiting"},
        {"limit": "200", "state": "waiting", "before": "a" * 32},
    ]


async def test_a_takeover_comes_back_as_it_was(client: OpsClient) -> None:
    assert await client.takeovers() == [TAKEOVER]


async def test_states_by_provider(client: OpsClient) -> None:
    assert await client.provider_states() == {"acme": "down", "norte": "up"}


async def test_not_ready_raises(client: OpsClient) -> None:
    with pytest.raises(aiohttp.ClientResponseError):
        await client.ready()
