"""What a second review of listener, form, pages and desk client found: each through real sockets."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from functools import partial

import pytest
from aiohttp import web

from gateway.core.delivery import Case
from gateway.core.outbound import NoReply, OutboundClient
from gateway.core.turns import Turns
from gateway.listener import Limits
from tests.support.eventually import eventually, fewer
from tests.support.listening import Line, Listening, listening, status
from tests.support.memory import memory
from tests.support.web import web_site

MEBIBYTE = 1024 * 1024
PAGE = b"GET /page HTTP/1.1\r\nHost: x\r\n\r\n"


async def page(request: web.Request) -> web.Response:
    return web.Response(body=bytes(8 * MEBIBYTE))


@asynccontextmanager
async def line_from(address: str, port: int) -> AsyncIterator[Line]:
    """A connection of a client with that address, for which the kernel keeps no more than it must."""
    with socket.socket() as client:
        client.setblocking(False)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.bind((address, 0))
        await asyncio.get_running_loop().sock_connect(client, ("127.0.0.1", port))
        reader, writer = await asyncio.open_connection(sock=client)
        yield Line(reader, writer)
        writer.close()


@asynccontextmanager
async def reading_nothing(site: Listening, address: str) -> AsyncIterator[Line]:
    """One which has asked for the page, and leaves it unread."""
    async with line_from(address, site.listener.address.port) as line:
        line.writer.transport.pause_reading()  # type: ignore[attr-defined]
        line.writer.write(PAGE)
        yield line


# What an answer costs, once it is made.


async def test_t14_pages_that_many_connections_leave_unread_fill_no_memory() -> None:
    """A thousand connections of one address that asked for a page of 2 MB each took 2 GB, in eight seconds."""
    async with (
        listening([web.get("/page", page)], limits=Limits(unread=24 * MEBIBYTE)) as site,
        AsyncExitStack() as all_,
    ):
        slow = await all_.enter_async_context(reading_nothing(site, "127.0.0.2"))
        for _ in range(12):
            await all_.enter_async_context(reading_nothing(site, "127.0.0.1"))
        await eventually(partial(fewer, site.figures.ended, 8), within=5)
        slow.writer.transport.resume_reading()  # type: ignore[attr-defined]
        answer = await slow.answer()
        assert status(answer) == 200
        assert len(answer) > 8 * MEBIBYTE
        assert set(site.figures.ended) == {"unread_crowd"}


async def test_t14_a_connection_that_is_kept_open_keeps_no_answer() -> None:
    """Read or not, the last answer stayed in memory until the connection's next request, or for 75 seconds."""
    async with listening([web.get("/page", page)]) as site, AsyncExitStack() as all_:
        lines = [await all_.enter_async_context(site.line()) for _ in range(4)]
        with memory() as grown:
            for line in lines:
                assert len(await line.ask(PAGE)) > 8 * MEBIBYTE
        assert grown[0] < 4 * MEBIBYTE


async def test_t14_a_connection_that_is_kept_open_keeps_no_request() -> None:
    """The same of a body that came in pieces: 256 kB for each connection."""
    body = b'{"subject": "a", "body": "b"' + b" " * 200_000 + b"}"
    head = b"POST /api/v1/tickets HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    head += b"Content-Length: %d\r\n\r\n" % len(body)
    async with web_site() as site, AsyncExitStack() as all_:
        lines = [await all_.enter_async_context(line_from("127.0.0.1", site.port)) for _ in range(10)]
        with memory() as grown:
            for line in lines:
                line.writer.write(head + body[:100_000])
                await site.get("/problems")  # by now it has begun
                assert status(await line.ask(body[100_000:])) == 201
        assert grown[0] < 1_000_000


# What many requests for what is costly cost others.


async def test_t14_a_thousand_who_ask_at_one_address_are_one_among_other_addresses() -> None:
    """Everybody waited for seconds while a thousand pages of 2 MB were made, all of them at the same time."""
    turns, release = Turns(), asyncio.Event()
    running: list[str] = []

    async def costly(request: web.Request) -> web.Response:
        async with turns.one(request):
            running.append(request.remote or "")
            await release.wait()
            return web.Response(text="made")

    ask = b"GET /costly HTTP/1.1\r\nHost: x\r\n\r\n"
    async with listening([web.get("/costly", costly)]) as site, AsyncExitStack() as all_:
        port = site.listener.address.port
        crowd = [await all_.enter_async_context(line_from("127.0.0.1", port)) for _ in range(20)]
        for line in crowd:
            line.writer.write(ask)
        others = [await all_.enter_async_context(line_from(f"127.0.0.{n}", port)) for n in range(2, 7)]
        for line in others:
            line.writer.write(ask)
        await eventually(partial(fewer, running, 4), within=5)
        assert sorted(running) == ["127.0.0.1", "127.0.0.2", "127.0.0.3", "127.0.0.4"]
        release.set()
        for line in [*crowd, *others]:
            assert status(await line.answer()) == 200
    assert running[4:8].count("127.0.0.1") <= 2
    assert {"127.0.0.5", "127.0.0.6"} <= set(running[4:8])


async def test_t14_requesters_pages_are_made_in_turns() -> None:
    asked: list[str] = []
    release = asyncio.Event()

    async def held_up(ticket_id: str) -> Case | None:
        asked.append(ticket_id)
        await release.wait()
        return None

    async with web_site() as site, AsyncExitStack() as all_:
        path = f"/t/{site.signer.sign(await site.new_ticket())}"
        site.intake.ticket = held_up  # type: ignore[method-assign]
        crowd = [await all_.enter_async_context(line_from("127.0.0.1", site.port)) for _ in range(5)]
        for line in crowd:
            line.writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        await site.get("/problems")
        await eventually(partial(fewer, asked, 1), within=5)
        assert len(asked) == 1
        release.set()
        for line in crowd:
            assert status(await line.answer()) == 404
    assert len(asked) == 5


async def test_t14_nothing_is_made_for_those_who_have_left() -> None:
    """Who came next from there waited until a page was made for each of the thousand."""
    turns, release = Turns(), asyncio.Event()
    arrived: list[object] = []
    made: list[object] = []

    async def costly(request: web.Request) -> web.Response:
        arrived.append(request)
        async with turns.one(request):
            await release.wait()
            made.append(request)
            return web.Response(text="made")

    ask = b"GET /costly HTTP/1.1\r\nHost: x\r\n\r\n"
    async with listening([web.get("/costly", costly)]) as site:
        crowd = [await site.connect() for _ in range(5)]
        for line in crowd:
            line.writer.write(ask)
        await eventually(partial(fewer, arrived, 5), within=5)
        for line in crowd:
            line.writer.close()
        async with site.line() as last:
            last.writer.write(ask)
            await eventually(partial(fewer, arrived, 6), within=5)
            release.set()
            assert status(await last.answer()) == 200
    assert len(made) == 2  # the first of them had begun


@pytest.mark.parametrize(("replies", "text"), [(1000, "a"), (200, "<" * 50_000)], ids=["many", "long"])
async def test_t14_a_desk_that_replies_without_end_makes_no_endless_page(replies: int, text: str) -> None:
    """The page of a ticket with 1,000 full replies had 200 MB."""
    async with web_site() as site:
        ticket_id = await site.new_ticket()
        path = f"/t/{site.signer.sign(ticket_id)}"
        for number in range(replies):
            site.intake.answer(ticket_id, f"{text} {number}")
        _, shown, _ = await site.get(path, Accept_Language="es")
        assert len(shown) < 5_000_000
        assert "It burns." in shown
        assert f" {replies - 1}</div>" in shown
        assert " 0</div>" not in shown
        assert "Hay tantos mensajes que esta página solo muestra el primero y los más recientes." in shown
        site.intake.answer(ticket_id, "News")
        _, later, _ = await site.get(path)
        assert version(later) != version(shown)  # the page's script sees that there is news


def version(page: str) -> str:
    return page.partition('data-version="')[2].partition('"')[0]


# What a desk may answer.


async def test_t14_interim_answers_without_end_are_not_listened_to() -> None:
    """For as long as the caller waited they kept the loop busy, and grew in memory."""

    async def never_come_to_the_point(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while True:
                writer.write(b"HTTP/1.1 100 Continue\r\n\r\n" * 100)
                await writer.drain()

    async with await asyncio.start_server(never_come_to_the_point, "127.0.0.1", 0) as desk:
        client = OutboundClient(allow_private=True, connections=1)
        async with asyncio.timeout(5.0):
            with pytest.raises(NoReply):
                await client.send("POST", _url(desk), headers={}, body=b"{}", within=30.0)
        await client.close()


async def test_a_few_interim_answers_are_passed_over_on_each_request() -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for _ in range(4):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 102 Processing\r\n\r\n" * 4 + b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as desk:
        client = OutboundClient(allow_private=True, connections=1)
        replies = [await client.send("GET", _url(desk), headers={}, within=5.0) for _ in range(4)]
        await client.close()
    assert [(each.status, each.body) for each in replies] == [(200, b"ok")] * 4


def _url(server: asyncio.Server) -> str:
    return f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
