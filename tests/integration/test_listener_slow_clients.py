"""T14: clients that keep the listener waiting, on bare sockets. Whatever it waits for, it waits within the limits."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from http import HTTPStatus

import pytest
from aiohttp import web

from gateway.core.ready_answer import ReadyAnswer, ReadyHead
from gateway.listener import Limits
from tests.support.listening import BODY, GET, HEAD, Line, Listening, listening, status

HASTY = Limits(head_seconds=0.2, idle_seconds=0.3, body_seconds=0.2, unread_seconds=0.2, answer_seconds=0.2)
PATIENT = Limits(head_seconds=60, idle_seconds=60, body_seconds=60, unread_seconds=60)


async def drip(line: Line, what: bytes) -> bytes:
    """Sends `what` byte by byte, again and again, until the other side hangs up; what it said before."""
    ending = asyncio.create_task(line.to_the_end())
    position = 0
    while not ending.done():
        line.writer.write(what[position : position + 1])
        position = (position + 1) % len(what)
        await asyncio.wait([ending], timeout=0.02)
    return await ending


async def test_t14_a_client_that_says_nothing_is_hung_up_on() -> None:
    async with listening(limits=HASTY) as site:
        assert await site.raw(b"", within=2) == b""
        assert site.figures.ended == ["idle"]


@pytest.mark.parametrize("sent", [b"GET / HT", b"GET / HTTP/1.1\r\nHost: x\r\nX-Half: "], ids=["line", "header"])
async def test_t14_half_a_head_does_not_hold_a_connection(sent: bytes) -> None:
    async with listening(limits=HASTY) as site:
        answer = await site.raw(sent, within=2)
        assert site.figures.ended == ["slow_head"]
    assert status(answer) == 408
    assert b"/problems#too-slow" in answer


async def test_t14_a_head_that_drips_does_not_hold_a_connection() -> None:
    async with listening(limits=HASTY) as site, site.line() as line:
        line.writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n")
        async with asyncio.timeout(3):
            assert status(await drip(line, b"X: y\r\n")) in (0, 408)  # a reset may overtake the answer
        assert site.figures.ended == ["slow_head"]


async def test_t14_half_a_head_after_an_answer_does_not_hold_a_connection() -> None:
    async with listening(limits=HASTY) as site, site.line() as line:
        assert status(await line.ask()) == 200
        line.writer.write(b"GET / HTTP/1.1\r\nHos")
        assert status(await line.to_the_end(within=2)) == 408


async def test_t14_half_a_head_that_came_with_the_request_before_does_not_hold_a_connection() -> None:
    async with listening(limits=HASTY) as site:
        answer = await site.raw(GET + b"GET / HTTP/1.1\r\nHos", within=2)
    assert answer.count(b"HTTP/1.1") == 1
    assert status(answer) == 200


async def test_t14_a_kept_connection_is_hung_up_on_without_a_word() -> None:
    async with listening(limits=HASTY) as site, site.line() as line:
        assert status(await line.ask()) == 200
        assert await line.to_the_end(within=2) == b""
        assert site.figures.ended == ["idle"]


async def test_a_kept_connection_may_idle_longer_than_a_head_may_take() -> None:
    async with listening(limits=Limits(head_seconds=0.1, idle_seconds=60)) as site, site.line() as line:
        assert status(await line.ask()) == 200
        await asyncio.sleep(0.3)
        assert status(await line.ask()) == 200


@pytest.mark.parametrize("framing", [b"Content-Length: 29\r\n\r\n", b"Transfer-Encoding: chunked\r\n\r\n1d\r\n"])
async def test_t14_half_a_body_is_answered_408_and_hung_up_on(framing: bytes) -> None:
    async with listening(limits=HASTY) as site:
        answer = await site.raw(HEAD + framing + BODY[:10], within=2)
        assert site.taken.bodies == []
        assert site.figures.ended == ["slow_body"]
    assert status(answer) == 408
    assert b"/problems#too-slow" in answer


async def test_t14_a_body_that_drips_is_answered_408_and_hung_up_on() -> None:
    async with listening(limits=HASTY) as site, site.line() as line:
        line.writer.write(HEAD + b"Content-Length: 100000\r\n\r\n")
        async with asyncio.timeout(3):
            assert status(await drip(line, b" ")) in (0, 408)
        assert site.figures.ended == ["slow_body"]


async def test_t14_a_slow_body_that_keeps_the_least_rate_is_taken() -> None:
    limits = Limits(body_seconds=0.1, body_rate=1000)
    async with listening(limits=limits) as site, site.line() as line:
        line.writer.write(HEAD + b"Content-Length: 1029\r\n\r\n" + b" " * 1000)
        await asyncio.sleep(0.5)  # five times what a small body has, and half of what a thousand bytes give it
        assert status(await line.ask(BODY)) == 201


async def test_a_body_that_we_leave_unread_is_not_held_against_the_client() -> None:
    read = asyncio.Event()

    async def hesitate(request: web.Request) -> web.Response:
        await read.wait()
        return web.Response(text=str(len(await request.read())))

    limits = Limits(body_seconds=0.1, body_rate=1e9, answer_seconds=60)
    async with listening([web.post("/late", hesitate)], limits=limits) as site, site.line() as line:
        line.writer.write(b"POST /late HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n" + bytes(1_000_000))
        await asyncio.sleep(0.4)
        read.set()
        assert (await line.answer()).endswith(b"1000000")


async def test_t14_an_answer_that_does_not_begin_in_time_is_a_503_and_its_route_is_ended() -> None:
    ended = asyncio.Event()

    async def hang(request: web.Request) -> web.Response:
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            ended.set()
        raise AssertionError

    async with listening([web.get("/hang", hang)], limits=HASTY) as site, site.line() as line:
        answer = await line.ask(b"GET /hang HTTP/1.1\r\nHost: x\r\n\r\n", within=2)
        assert status(answer) == 503
        assert b"/problems#no-answer-in-time" in answer
        assert ended.is_set()
        assert status(await line.ask()) == 200  # the connection is as good as before


async def endless(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse()
    response.content_length = 1 << 30
    await response.prepare(request)
    while True:
        await response.write(bytes(65_536))


async def test_t14_a_client_that_never_reads_does_not_hold_a_connection() -> None:
    async with listening([web.get("/endless", endless)], limits=HASTY) as site, site.line() as line:
        line.writer.transport.pause_reading()  # type: ignore[attr-defined]
        line.writer.write(b"GET /endless HTTP/1.1\r\nHost: x\r\n\r\n")
        await site.figures.until_all_are_gone(within=3)
        assert site.figures.ended == ["unread"]


async def test_t14_a_client_that_never_reads_small_answers_does_not_hold_a_connection() -> None:
    """The answers of a thousand requests in a row fill every buffer between us."""
    page = bytes(100_000)

    async def big(request: web.Request) -> web.Response:
        return web.Response(body=page)

    async with listening([web.get("/big", big)], limits=HASTY) as site, site.line() as line:
        line.writer.transport.pause_reading()  # type: ignore[attr-defined]
        line.writer.write(b"GET /big HTTP/1.1\r\nHost: x\r\n\r\n" * 1000)
        await site.figures.until_all_are_gone(within=3)
        assert site.figures.ended == ["unread"]


async def test_t14_ready_answers_that_nobody_reads_do_not_pile_up() -> None:
    answered = 0

    async def ready(request: web.Request) -> web.StreamResponse:
        nonlocal answered
        answered += 1
        return ReadyAnswer(ReadyHead(HTTPStatus.OK, {}), bytes(10_000), {})

    async with listening([web.get("/ready", ready)], limits=HASTY) as site, site.line() as line:
        line.writer.transport.pause_reading()  # type: ignore[attr-defined]
        line.writer.write(b"GET /ready HTTP/1.1\r\nHost: x\r\n\r\n" * 5000)
        await site.figures.until_all_are_gone(within=3)
        assert site.figures.ended == ["unread"]
    assert answered < 2500


async def test_a_long_answer_takes_as_long_as_it_is_read() -> None:
    """Neither the time for an answer to begin nor that for an unread one ends a download that goes on."""

    async def chapters(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        response.content_length = 50
        await response.prepare(request)
        for _ in range(10):
            await asyncio.sleep(0.05)
            await response.write(b"five!")
        return response

    async with listening([web.get("/chapters", chapters)], limits=HASTY) as site, site.line() as line:
        answer = await line.ask(b"GET /chapters HTTP/1.1\r\nHost: x\r\n\r\n")
        assert answer.endswith(b"five!" * 10)


@pytest.fixture
async def half_open() -> AsyncIterator[list[socket.socket]]:
    """Sockets that a test connects, closed at its end."""
    with socket.socket() as first:
        sockets = [first]
        yield sockets
        for each in sockets[1:]:
            each.close()


async def connect_half_open(site: Listening, sockets: list[socket.socket], count: int) -> None:
    loop = asyncio.get_running_loop()
    for _ in range(count):
        each = socket.socket()
        each.setblocking(False)
        sockets.append(each)
        await loop.sock_connect(each, ("127.0.0.1", site.listener.address.port))
        await loop.sock_sendall(each, b"GET / HTTP/1.1\r\nHost: x\r\nX-")


async def test_t14_a_thousand_half_open_connections_leave_others_served(half_open: list[socket.socket]) -> None:
    async with AsyncExitStack() as stack:
        site = await stack.enter_async_context(listening(limits=PATIENT))
        before = await stack.enter_async_context(site.line())
        assert status(await before.ask()) == 200
        await connect_half_open(site, half_open, 1000)
        assert status(await before.ask()) == 200
        async with site.line() as after:
            assert status(await after.ask()) == 200
        assert site.figures.ended == []


async def test_t14_a_thousand_half_open_connections_are_ended_by_the_deadline(half_open: list[socket.socket]) -> None:
    async with listening(limits=Limits(head_seconds=1.0)) as site:
        await connect_half_open(site, half_open, 1000)
        await site.figures.until_all_are_gone(within=10)
        assert site.figures.ended == ["slow_head"] * 1000
