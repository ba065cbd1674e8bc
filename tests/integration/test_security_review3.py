"""What a third review of listener, form, pages and desk client found: each through real sockets."""

import asyncio
import gc
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from functools import partial

import pytest
from aiohttp import web

from gateway.core.delivery import Case
from gateway.core.ticket import Attachment
from gateway.listener import Limits
from tests.support.eventually import eventually, fewer
from tests.support.listening import GET, listening, status
from tests.support.memory import memory
from tests.support.web import connection, web_site

MEBIBYTE = 1024 * 1024
WAIT = b"GET /wait HTTP/1.1\r\nHost: x\r\n\r\n"
POST = b"POST /wait HTTP/1.1\r\nHost: x\r\n"
REST_OF_A_HEAD = [b"X-Long-%d: %s\r\n" % (number, b"a" * 8000) for number in range(8)]


@dataclass
class Waiting:
    """A route that keeps its clients waiting until it is released."""

    entered: list[object] = field(default_factory=list)
    released: asyncio.Event = field(default_factory=asyncio.Event)

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/wait", self._wait), web.post("/wait", self._wait)]

    async def _wait(self, request: web.Request) -> web.Response:
        self.entered.append(request)
        await self.released.wait()
        return web.Response(text="done")

    async def have(self, count: int) -> None:
        await eventually(partial(fewer, self.entered, count), within=5)


# What a head may hold.


@pytest.mark.parametrize("path", ["/", "/api/v1/tickets"])
@pytest.mark.parametrize("parameters", [b";", b"; a=" + b"("], ids=["empty", "nested"])
async def test_t17_the_parameters_of_a_content_type_hold_nobody_up(path: str, parameters: bytes) -> None:
    """A header of 8 kB was taken apart by a parser for mail: for more than a second, or until its stack was full."""
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 0\r\nContent-Type: "
    hostile = b"multipart/form-data" + parameters + parameters[-1:] * (8000 - len(path))
    async with web_site() as site:
        begun = asyncio.get_running_loop().time()
        answer = await site.raw(head.encode() + hostile + b"\r\n\r\n", within=60)
        assert status(answer) == 400
        assert asyncio.get_running_loop().time() - begun < 0.5


async def test_t15_an_expectation_that_is_no_text_is_refused_like_every_other() -> None:
    """It was answered 500, with a trace in the log."""
    async with listening() as site:
        answer = await site.raw(b"GET / HTTP/1.1\r\nHost: x\r\nExpect: \xff\r\n\r\n")
    assert status(answer) == 417
    assert b"/problems#expectation-failed" in answer


@pytest.mark.parametrize("target", ["http://x[]@", "http://xn--"])
async def test_t15_a_target_that_cannot_be_taken_apart_is_refused_like_every_other(target: str) -> None:
    """Without an answer: the connection hung until it was idle for too long, or broke, with a trace in the log."""
    route, request = Waiting(), f"GET {target} HTTP/1.1\r\nHost: x\r\n\r\n".encode()
    failed: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _loop, context: failed.append(context))
    async with listening(route.routes()) as site, site.line() as line, site.line() as busy:
        assert status(await line.ask()) == 200
        answer = await line.ask(request)
        assert status(answer) == 400
        assert b"/problems#bad-request" in answer
        assert await line.to_the_end() == b""
        busy.writer.write(WAIT)
        await route.have(1)
        busy.writer.write(request)
        route.released.set()
        await busy.to_the_end()  # as soon as that, it ends
    gc.collect()
    assert failed == []


@pytest.mark.parametrize(
    "begin",
    [WAIT + b"GET / HTTP/1.1\r\nHost: x\r\n", POST + b"Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n"],
    ids=["the next head", "trailers"],
)
async def test_t15_a_head_that_comes_while_a_request_is_under_way_is_bounded_in_all(begin: bytes) -> None:
    """A megabyte was kept of it for each connection that waited for its answer."""
    route = Waiting()
    async with listening(route.routes()) as site, site.line() as line:
        line.writer.write(begin)
        await route.have(1)
        for piece in REST_OF_A_HEAD:
            line.writer.write(piece)
            await asyncio.sleep(0.01)
        assert await line.to_the_end() == b""
        assert site.figures.ended == ["large_head"]


async def test_t15_what_is_asked_long_before_its_turn_waits_outside() -> None:
    """Thirty-two requests waited in memory for the one under way: two megabytes for each connection."""
    route, long = Waiting(), GET[:-2] + b"".join(REST_OF_A_HEAD[:3]) + b"\r\n"
    async with listening(route.routes()) as site, AsyncExitStack() as all_:
        lines = [await all_.enter_async_context(site.line()) for _ in range(5)]
        for line in lines:
            line.writer.write(WAIT)
        await route.have(5)
        with memory() as grown:
            for _ in range(20):
                for line in lines:
                    line.writer.write(long)
                await asyncio.sleep(0.005)
        assert grown[0] < 5 * 6 * len(long) + MEBIBYTE  # of what our own side keeps for sending, too
        route.released.set()
        for line in lines:
            assert (await line.answer()).endswith(b"done")
            assert [(await line.answer())[-5:] for _ in range(20)] == [b"hello"] * 20


async def test_t15_a_request_that_has_no_use_for_a_content_brings_none() -> None:
    """It was kept while the request waited for its turn, past every reckoning of memory."""
    async with listening() as site:
        for framing in (b"Content-Length: 1\r\n\r\na", b"Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n"):
            answer = await site.raw(b"GET / HTTP/1.1\r\nHost: x\r\n" + framing)
            assert (status(answer), answer.count(b"HTTP/1.1")) == (400, 1)
        assert status(await site.raw(GET[:-2] + b"Connection: close\r\nContent-Length: 0\r\n\r\n")) == 200


async def test_a_head_that_comes_in_pieces_while_a_request_is_under_way_is_the_next() -> None:
    route = Waiting()
    async with listening(route.routes()) as site, site.line() as line:
        line.writer.write(WAIT + GET[:10])
        await route.have(1)
        for piece in (GET[10:-2], *REST_OF_A_HEAD[:3], b"\r\n"):
            line.writer.write(piece)
            await asyncio.sleep(0.01)
        route.released.set()
        assert [(await line.answer())[-5:] for _ in range(2)] == [b"\ndone", b"hello"]


# What a request that comes slowly costs.


async def test_t14_a_reply_that_comes_slowly_keeps_no_conversation_in_memory() -> None:
    """Three hundred of them, from one address and for as long as they liked, kept half a gigabyte."""
    async with web_site() as site, AsyncExitStack() as all_:
        ticket_id = await site.new_ticket()
        known, read = site.intake.cases[ticket_id], list[object]()

        async def read_anew(ticket_id: str) -> Case | None:
            read.append(ticket_id)
            return replace(known, messages=tuple(replace(each, body="a" * MEBIBYTE) for each in known.messages))

        site.intake.ticket = read_anew  # type: ignore[method-assign]
        path = f"/t/{site.signer.sign(ticket_id)}/messages"
        head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        with memory() as grown:
            for _ in range(10):
                _, writer = await all_.enter_async_context(connection(site.port))
                writer.write(head.encode() + b"Content-Length: 9\r\n\r\nbody")
            await eventually(partial(fewer, read, 10), within=5)
            await site.get("/problems")  # by now all wait for the rest
        assert grown[0] < 3 * MEBIBYTE


# Who gives way.


async def test_t14_a_crowd_that_is_owed_answers_hides_nobody_who_may_give_way() -> None:
    """Only so many were looked at: behind a few hundred requests under way, idle connections kept others out."""
    route = Waiting()
    async with listening(route.routes(), limits=Limits(connections=300)) as site, AsyncExitStack() as all_:
        for _ in range(290):
            line = await all_.enter_async_context(site.line())
            line.writer.write(WAIT)
        await route.have(290)
        for _ in range(10):
            assert status(await (await all_.enter_async_context(site.line())).ask()) == 200
        async with site.line() as newcomer:
            assert status(await newcomer.ask(within=2)) == 200
        assert site.figures.ended == ["crowded"]
        route.released.set()


# What a desk may send along.


async def one_piece(content: bytes) -> AsyncIterator[bytes]:
    yield content


async def test_t04_a_file_of_many_parts_is_a_file_of_unknown_type() -> None:
    """A browser showed the parts of multipart/x-mixed-replace whatever Content-Disposition said (CVE-2024-10461)."""
    async with web_site() as site:
        ticket_id = await site.new_ticket()
        blob = await site.blobs.put(one_piece(b"--x\r\nContent-Type: text/html\r\n\r\n<p>"), MEBIBYTE)
        kind = "multipart/x-mixed-replace"
        site.intake.answer(ticket_id, "See this.", attachments=(Attachment("a", kind, blob.size, blob.digest),))
        _, _, answer = await site.get(f"/t/{site.signer.sign(ticket_id)}/attachments/2/1")
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["Content-Disposition"].startswith("attachment;")
