"""What a fifth review of listener, form, pages and desk client found, through real sockets."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from functools import partial

import pytest

from gateway.core.clock import SystemClock
from gateway.core.delivery import Case
from gateway.core.handoff import Handoff, HandoffState
from gateway.core.ids import new_id
from gateway.core.reference import new_reference
from gateway.core.ticket import Direction, Message
from routing.providers.webhook.adapter import WebhookProvider
from routing.providers.webhook.context import DeskContext
from routing.registry import provider_routes
from tests.support.eventually import eventually, fewer
from tests.support.listening import Line, Listening, listening, status
from tests.support.ops import OpsSite
from tests.support.web import MemoryIntake, connection, web_site
from tests.support.webhook_provider import LINKS, make_settings

EACH = 3
"""Requests of a crowd for each of its ways."""
CROWD = 100


@dataclass
class SlowReads:
    """A store that takes its time to read a ticket, and remembers how many reads it had in hand at once."""

    case: Case | None = None
    most: int = 0
    asked: list[str] = field(default_factory=list)
    released: asyncio.Event = field(default_factory=asyncio.Event)
    _in_hand: int = 0

    async def ticket(self, ticket_id: str) -> Case | None:
        self.asked.append(ticket_id)
        self._in_hand += 1
        self.most = max(self.most, self._in_hand)
        await self.released.wait()
        for _ in range(10):  # whoever may come beside it has come by now
            await asyncio.sleep(0)
        self._in_hand -= 1
        return self.case

    async def ticket_by_reference(self, reference: str) -> Case | None:
        return await self.ticket(reference)


async def ask_all(port: int, requests: list[bytes], reads: SlowReads) -> list[int]:
    """The statuses of the answers to requests that all come before the first is answered."""
    async with AsyncExitStack() as all_:
        lines = [Line(*await all_.enter_async_context(connection(port))) for _ in requests]
        for line, request in zip(lines, requests, strict=True):
            line.writer.write(request)
        await eventually(partial(fewer, reads.asked, 1), within=30)
        async with connection(port) as (reader, writer):
            await Line(reader, writer).ask(b"GET /problems HTTP/1.1\r\nHost: x\r\n\r\n", within=30)
        reads.released.set()
        return [status(await line.answer(within=30)) for line in lines]


def get(path: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode()


def post(path: str, media_type: str, body: bytes, headers: dict[str, str] | None = None) -> bytes:
    given = {"Host": "x", "Content-Type": media_type, "Content-Length": str(len(body)), **(headers or {})}
    lines = [f"POST {path} HTTP/1.1", *(f"{name}: {text}" for name, text in given.items()), "", ""]
    return "\r\n".join(lines).encode() + body


# Who waits behind whom at the store.


async def test_t14_whatever_a_crowd_asks_of_a_ticket_is_read_in_turns() -> None:
    """A thousand connections of one address that asked for a file of a long conversation, or were led back to its page,
    stood before everybody at the store's two readers: hand-offs were made after nine seconds, where five are promised.
    """
    async with web_site() as site:
        ticket_id = await site.new_ticket()
        path = f"/t/{site.signer.sign(ticket_id)}"
        reads = SlowReads(site.intake.cases[ticket_id])
        site.intake.ticket = reads.ticket  # type: ignore[method-assign]
        reply = post(f"{path}/messages", "application/x-www-form-urlencoded", b"body=Hello")
        ways = [get(path), get(f"{path}/messages"), get(f"{path}/attachments/1/1"), reply]
        answered = await ask_all(site.port, ways * EACH, reads)
    assert answered == [200, 303, 404, 422] * EACH
    assert reads.most == 1


@pytest.fixture
async def desk() -> AsyncIterator[WebhookProvider]:
    provider = WebhookProvider("acme", make_settings("http://127.0.0.1:9/tickets"), SystemClock(), LINKS)
    yield provider
    await provider.close()


async def test_t14_whatever_a_desk_asks_of_tickets_is_read_in_turns(desk: WebhookProvider) -> None:
    """The same, of a desk that asks for files a thousand times at once."""
    clock, reads = SystemClock(), SlowReads()
    ticket_id = new_id()
    copy = Handoff(new_id(), ticket_id, "acme", HandoffState.ACCEPTED, clock.now())
    message = Message(new_id(), ticket_id, 1, Direction.INBOUND, "web", "Hello", clock.now())
    link = LINKS.url(copy, message, 1).removeprefix("https://help.example.org")
    wanted = json.dumps({"reference": new_reference()}).encode()
    ways = [
        get(link),
        post("/providers/acme/attachments", "application/json", wanted, desk.signer.headers("1", wanted)),
    ]
    context = DeskContext(MemoryIntake(clock), reads, None, LINKS, clock)  # type: ignore[arg-type]
    async with listening(provider_routes(lambda: {"acme": desk}, context)) as site:
        answered = await ask_all(site.listener.address.port, ways * EACH, reads)
    assert answered == [404, 404] * EACH
    assert reads.most == 1


async def test_a_message_is_kept_though_its_sender_left_while_it_waited_for_its_turn() -> None:
    async with web_site() as site:
        ticket_id = await site.new_ticket()
        path = f"/t/{site.signer.sign(ticket_id)}"
        token = (await site.open(path))["form_token"]
        reads = SlowReads(site.intake.cases[ticket_id])
        site.intake.ticket = reads.ticket  # type: ignore[method-assign]
        before = len(site.intake.received)
        body = f"body=Hello&form_token={token}".encode()
        async with connection(site.port) as (_, writer), connection(site.port) as (_, other):
            writer.write(post(f"{path}/messages", "application/x-www-form-urlencoded", body)[: -len(body)])
            await eventually(partial(fewer, reads.asked, 1), within=30)
            reads.released.set()
            await site.get("/problems")  # by now its content is waited for
            reads.released.clear()
            other.write(get(path))
            await eventually(partial(fewer, reads.asked, 2), within=30)
            writer.write(body)
            await site.get("/problems")  # by now it waits for its turn
            writer.close()
            await site.get("/problems")
            reads.released.set()
            await eventually(partial(fewer, site.intake.received, before + 1), within=30)


@pytest.mark.parametrize("path", ["/", "/solved"])
async def test_t14_the_pages_of_a_crowd_leave_the_loop_to_others_in_between(path: str) -> None:
    """A thousand connections of one address that asked for the form, again and again, had each turn of the loop to
    themselves for seconds: requests of others were taken after nine, and handed off after more than twenty."""
    turned = 0

    async def turn() -> None:
        nonlocal turned
        while True:
            await asyncio.sleep(0)
            turned += 1

    async with web_site() as site, AsyncExitStack() as all_:
        lines = [Line(*await all_.enter_async_context(connection(site.port))) for _ in range(CROWD)]
        for line in lines:
            line.writer.write(get(path))
        turning = asyncio.create_task(turn())
        answered = [status(await line.answer(within=30)) for line in lines]
        turning.cancel()
    assert answered == [200] * CROWD
    assert turned >= CROWD


# What a request may ask for.


@pytest.fixture
async def site() -> AsyncIterator[Listening]:
    async with listening() as found:
        yield found


@pytest.mark.parametrize("framing", [b"", b"Content-Length: 5\r\n"], ids=["alone", "with a content"])
async def test_t15_nothing_follows_a_request_for_a_tunnel(site: Listening, framing: bytes) -> None:
    """Its content was taken for the next request, whatever Content-Length said."""
    hidden = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    answer = await site.raw(b"CONNECT / HTTP/1.1\r\nHost: x\r\n" + framing + b"\r\n" + hidden, within=30)
    assert (status(answer), answer.count(b"HTTP/1.1 ")) == (400, 1)


# What a page from elsewhere may do through the browser of somebody who administers this machine.


@pytest.mark.parametrize("from_where", ["cross-site", "same-site"])
async def test_t36_no_page_from_elsewhere_asks_the_ops_api_through_a_browser(from_where: str) -> None:
    """A GET without CORS names no Origin: 32 of them took all event streams, and kept them."""
    async with OpsSite(token=None).running() as client:
        headers = {"Sec-Fetch-Site": from_where, "Accept": "text/event-stream"}
        async with client.get("/api/v1/events", headers=headers) as response:
            assert response.status == 403
        for own in ("same-origin", "none"):
            async with client.get("/api/v1/events", headers={"Sec-Fetch-Site": own}) as response:
                assert response.status == 200
