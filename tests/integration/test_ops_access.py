"""Who may use the ops listener, and that nothing secret leaves it."""

import re

import aiohttp
import pytest
from structlog.testing import capture_logs

from gateway.web.table import OPERATIONS
from tests.support.ops import FakeReads, OpsSite, make_message, make_ticket, ticket_id

TOKEN = "canary-3f9c1b7e"
OPEN = {"/metrics", "/healthz", "/readyz"}
ENDPOINTS = [(each.method, re.sub(r"\{\w+\}", "1", each.path)) for each in OPERATIONS] + [("GET", "/api/openapi.json")]
GUARDED = [(method, path) for method, path in ENDPOINTS if path not in OPEN]


def test_only_health_and_metrics_are_open() -> None:
    assert {each.path for each in OPERATIONS if each.open} == OPEN


@pytest.mark.parametrize("path", sorted(OPEN))
async def test_open_to_all(path: str) -> None:
    site = OpsSite(token=TOKEN)
    async with site.running(), aiohttp.ClientSession(site.url) as stranger, stranger.get(path) as response:
        assert response.status == 200


@pytest.mark.parametrize(
    ("header", "challenge"),
    [
        (None, 'Bearer realm="relevo"'),
        ("Bearer", 'Bearer realm="relevo", error="invalid_token"'),
        ("Bearer wrong", 'Bearer realm="relevo", error="invalid_token"'),
        (f"Bearer {TOKEN}x", 'Bearer realm="relevo", error="invalid_token"'),
        (f"Bearer {TOKEN[:-1]}", 'Bearer realm="relevo", error="invalid_token"'),
        (f"Basic {TOKEN}", 'Bearer realm="relevo"'),
        ("Bearer ñandú \x80", 'Bearer realm="relevo", error="invalid_token"'),
    ],
)
async def test_without_the_token_there_is_nothing(header: str | None, challenge: str) -> None:
    site = OpsSite(token=TOKEN)
    headers = {"Authorization": header} if header else {}
    async with site.running(), aiohttp.ClientSession(site.url) as stranger:
        for method, path in GUARDED:
            async with stranger.request(method, path, headers=headers) as response:
                assert response.status == 401, path
                assert response.content_type == "application/problem+json"
                assert response.headers["WWW-Authenticate"] == challenge
                assert (await response.json())["type"].endswith("#unauthorized")
    assert site.quarantine.done == []


async def test_with_the_token_there_is_an_answer() -> None:
    async with OpsSite(token=TOKEN).running() as client:
        for method, path in GUARDED:
            async with client.request(method, path) as response:
                assert response.status in (200, 404), path


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Host": "localhost:8081"}, 200),
        ({"Host": "[::1]:8081"}, 200),
        ({"Host": "relevo.evil.example"}, 403),
        ({"Host": "127.0.0.1.evil.example:8081"}, 403),
        ({"Host": "10.0.0.1"}, 403),
        ({"Host": "["}, 400),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Host": "localhost:8081", "Origin": "http://localhost:8081"}, 200),
        ({"Host": "localhost:8081", "Origin": "http://localhost:9000"}, 403),
    ],
)
async def test_without_a_configured_token_a_browser_lends_its_place_to_nobody(
    headers: dict[str, str], status: int
) -> None:
    site = OpsSite()
    async with site.running() as client, client.post("/-/reload", headers=headers) as response:
        assert response.status == status


async def test_t32_the_token_appears_nowhere() -> None:
    site = OpsSite(token=TOKEN, reads=FakeReads(all_tickets=[make_ticket(1)]))
    seen = []
    with capture_logs() as lines:
        async with site.running() as client, aiohttp.ClientSession(site.url) as stranger:
            for session in (client, stranger):
                for method, path in [*ENDPOINTS, ("GET", "/nowhere"), ("GET", "/api/v1/tickets?limit=x")]:
                    async with session.request(method, path, headers={"X-Trace": "1"}) as response:
                        seen.append(str(response.headers) + (await response.read()).decode())
    assert TOKEN not in "".join(seen)
    assert TOKEN not in str(lines)
    assert TOKEN not in repr(site.ops())


@pytest.mark.parametrize("token", [None, TOKEN])
async def test_lists_hold_no_personal_data(token: str | None) -> None:
    ticket = make_ticket(1, due_at=0.0)
    site = OpsSite(token=token, reads=FakeReads(all_tickets=[ticket], messages=[make_message(ticket)]))
    async with site.running() as client:
        for path in ("/api/v1/tickets", "/api/v1/overdue"):
            text = await (await client.get(path)).text()
            assert ticket.reference in text
            assert "person" not in text
            assert "Ana" not in text
            assert "@" not in text


async def test_a_conversation_is_for_the_bearer_of_a_token() -> None:
    ticket = make_ticket(1)
    reads = FakeReads(all_tickets=[ticket], messages=[make_message(ticket)])
    async with OpsSite(token=TOKEN, reads=reads).running() as client:
        shown = await (await client.get(f"/api/v1/tickets/{ticket.reference}")).json()
    assert shown["withheld"] is False
    assert shown["requester"] == {"name": "Ana", "email": "ana@example.org", "phone": "+34600000000"}
    assert shown["messages"][0]["body"] == "a person's words"

    async with OpsSite(reads=reads).running() as client:
        text = await (await client.get(f"/api/v1/tickets/{ticket.reference}")).text()
    assert '"withheld":true' in text
    assert ticket_id(1) in text
    assert "person" not in text
    assert "Ana" not in text
