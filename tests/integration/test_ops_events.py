"""The event stream: by page, and as server-sent events."""

import asyncio
import contextlib
import json
import socket

import aiohttp
import pytest

from gateway.core import events
from gateway.core.clock import iso
from gateway.core.events import Recorded
from gateway.core.problems import Problem
from gateway.core.settings import parse_listen
from gateway.web.feed import EventFeed
from tests.support.clock import NOW
from tests.support.ops import FakeReads, OpsSite, recorded

STREAM = {"Accept": "text/event-stream"}


def overdue(seq: int) -> Recorded:
    event = events.TicketOverdue(
        at=NOW, ticket_id=f"t{seq}", reference=f"r{seq}", policy="default", reason="every provider is down"
    )
    return recorded([event], seq)[0]


def site(count: int, **feed: float) -> OpsSite:
    reads = FakeReads(stream=[overdue(seq) for seq in range(1, count + 1)])
    return OpsSite(reads=reads, feed=EventFeed(**feed))  # type: ignore[arg-type]


async def next_event(response: aiohttp.ClientResponse) -> dict[str, str]:
    """The next event's fields; comments and other blocks are passed over."""
    async with asyncio.timeout(5):
        while True:
            block: dict[str, str] = {}
            while (line := (await response.content.readline()).decode().rstrip("\n")) != "":
                name, _, value = line.partition(": ")
                block[name] = value
            if "data" in block:
                return block
            if response.content.at_eof():
                raise EOFError


async def test_a_page_is_a_batch_of_cloudevents() -> None:
    async with site(3).running() as client, client.get("/api/v1/events?after=1&limit=1") as response:
        assert response.content_type == "application/cloudevents-batch+json"
        assert json.loads(await response.read()) == [
            {
                "specversion": "1.0",
                "id": "2",
                "source": "https://relevo.example.org",
                "type": "ticket.overdue",
                "time": iso(NOW),
                "subject": "r2",
                "datacontenttype": "application/json",
                "data": {"ticket_id": "t2", "policy": "default", "reason": "every provider is down"},
            }
        ]


async def test_an_event_about_no_ticket_has_no_subject() -> None:
    reads = FakeReads(stream=recorded([events.GatewayStopped(at=NOW)]))
    async with OpsSite(reads=reads).running() as client, client.get("/api/v1/events") as response:
        (event,) = json.loads(await response.read())
    assert "subject" not in event
    assert event["data"] == {}


async def test_a_stream_tells_what_was_and_what_comes() -> None:
    ops = site(2)
    async with ops.running() as client, client.get("/api/v1/events", headers=STREAM) as response:
        assert response.content_type == "text/event-stream"
        first, second = await next_event(response), await next_event(response)
        assert (first["id"], second["id"], first["event"]) == ("1", "2", "ticket.overdue")
        assert json.loads(first["data"])["subject"] == "r1"
        ops.reads.stream.append(overdue(7))
        ops.feed.observe([overdue(7)])
        assert (await next_event(response))["id"] == "7"


@pytest.mark.parametrize(
    ("path", "headers", "first"),
    [
        ("/api/v1/events?after=3", {}, "4"),
        ("/api/v1/events", {"Last-Event-ID": "4"}, "5"),
        ("/api/v1/events?after=1", {"Last-Event-ID": "4"}, "5"),
    ],
)
async def test_a_stream_resumes_where_it_was(path: str, headers: dict[str, str], first: str) -> None:
    async with site(5).running() as client, client.get(path, headers=STREAM | headers) as response:
        assert (await next_event(response))["id"] == first


@pytest.mark.parametrize("last", ["x", "-1", "9" * 19, "9" * 400, "١"])
async def test_a_last_event_id_that_is_none(last: str) -> None:
    headers = STREAM | {"Last-Event-ID": last}
    async with site(1).running() as client, client.get("/api/v1/events", headers=headers) as response:
        assert response.status == 422


async def test_a_stream_tells_also_what_gateways_beside_it_write() -> None:
    """Nobody here is told of that."""
    ops = site(0, others=True)
    async with ops.running() as client, client.get("/api/v1/events", headers=STREAM) as response:
        ops.reads.stream.append(overdue(7))
        assert (await next_event(response))["id"] == "7"


async def test_silence_is_broken() -> None:
    async with site(0, silence=0.02).running() as client, client.get("/api/v1/events", headers=STREAM) as response:
        async with asyncio.timeout(5):
            while await response.content.readline() != b": nothing new\n":
                pass


async def test_streams_are_counted() -> None:
    async with site(1, most=2).running() as client, client.get("/api/v1/events", headers=STREAM) as first:
        second = await client.get("/api/v1/events", headers=STREAM)
        async with second, client.get("/api/v1/events", headers=STREAM) as third:
            assert third.status == 503
            assert third.headers["Retry-After"] == "5"
        assert (await next_event(first))["id"] == "1"


async def test_a_place_is_free_again_as_soon_as_a_reader_leaves() -> None:
    ops = site(1, most=1)
    async with ops.running() as client:
        async with client.get("/api/v1/events", headers=STREAM) as response:
            await next_event(response)
            response.close()
        async with asyncio.timeout(1):
            await until(ops.feed, taken=False)


async def test_a_reader_that_takes_nothing_is_cut_off() -> None:
    ops = site(60_000, most=1, patience=0.1)
    async with ops.running():
        listen = parse_listen(ops.url.removeprefix("http://"))
        loop = asyncio.get_running_loop()
        with socket.create_connection((listen["host"], listen["port"])) as slow:
            slow.setblocking(False)
            request = b"GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n"
            await loop.sock_sendall(slow, request)
            await until(ops.feed, taken=True)
            await until(ops.feed, taken=False)
            assert await bytes_left(slow) < 60_000 * 250


async def bytes_left(reader: socket.socket) -> int:
    """How much still comes until the connection ends."""
    count = 0
    with contextlib.suppress(ConnectionError):
        while chunk := await asyncio.get_running_loop().sock_recv(reader, 1 << 20):
            count += len(chunk)
    return count


async def until(feed: EventFeed, *, taken: bool) -> None:
    """Wait for the feed's only place to be taken, or free."""
    async with asyncio.timeout(10):
        while True:
            try:
                with feed.admission():
                    is_taken = False
            except Problem:
                is_taken = True
            if is_taken == taken:
                return
            await asyncio.sleep(0.005)


async def test_a_store_that_is_away_ends_the_stream_so_that_the_client_comes_back() -> None:
    ops = site(1)
    async with ops.running() as client, client.get("/api/v1/events", headers=STREAM) as response:
        await next_event(response)
        ops.reads.away = True
        ops.feed.observe([])
        with pytest.raises((EOFError, aiohttp.ClientPayloadError)):
            await next_event(response)


async def test_a_stop_ends_the_streams_at_once() -> None:
    ops = site(1)
    async with ops.running() as client, client.get("/api/v1/events", headers=STREAM) as response:
        await next_event(response)
        ops.feed.close()
        with pytest.raises(EOFError):
            await next_event(response)
