"""The listener against clients that break the rules, on raw sockets."""

import asyncio
import socket
import time

import aiohttp
import pytest
from aiohttp import web

from gateway.core.errors import StartError
from gateway.core.problems import TYPES
from gateway.core.settings import Listen
from gateway.listener import Limits, Listener
from tests.support.web import Served, connection, web_site

HEAD = b"POST /api/v1/tickets HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
BODY = b'{"subject": "a", "body": "b"}'
HASTY = Limits(head_seconds=0.2, body_seconds=0.2)


async def hello(request: web.Request) -> web.Response:
    return web.Response(text="hello")


def routes() -> list[web.RouteDef]:
    return [web.get("/", hello)]


@pytest.mark.parametrize(
    "sent", [b"", b"GET / HT", b"GET / HTTP/1.1\r\nHost: x\r\nX-Half: "], ids=["nothing", "line", "header"]
)
async def test_t14_half_a_head_does_not_hold_a_connection(sent: bytes) -> None:
    async with web_site(limits=HASTY) as site:
        started = time.monotonic()
        assert await site.raw(sent) == b""
        assert time.monotonic() - started < 2


async def test_t14_a_head_that_drips_does_not_hold_a_connection() -> None:
    async with web_site(limits=HASTY) as site, connection(site.port) as (reader, writer):
        started = time.monotonic()
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n")
        closed = asyncio.create_task(reader.read())
        while not closed.done() and time.monotonic() - started < 2:
            writer.write(b"X: y\r\n")
            await asyncio.wait([closed], timeout=0.03)
        assert time.monotonic() - started < 2
        await asyncio.gather(closed, return_exceptions=True)


async def test_t14_half_a_head_after_an_answer_does_not_hold_a_connection() -> None:
    async with web_site(limits=HASTY) as site:
        answer = await site.raw(b"GET /problems HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\nHos")
    assert answer.startswith(b"HTTP/1.1 200")
    assert answer.count(b"HTTP/1.1") == 1


async def test_t14_a_slow_body_is_answered_408_and_cut_off() -> None:
    async with web_site(limits=HASTY) as site:
        answer = await site.raw(HEAD + b"Content-Length: 29\r\n\r\n" + BODY[:10])
        assert not site.intake.received
    assert answer.startswith(b"HTTP/1.1 408")
    assert b"/problems#too-slow" in answer


async def test_t14_a_body_in_pieces_but_in_time_is_taken() -> None:
    async with web_site() as site, connection(site.port) as (reader, writer):
        writer.write(HEAD + b"Content-Length: 29\r\n\r\n")
        for byte in BODY:
            writer.write(bytes([byte]))
            await writer.drain()
        assert (await reader.readline()).startswith(b"HTTP/1.1 201")


@pytest.mark.parametrize(
    "request_bytes",
    [
        HEAD + b"Content-Length: 29\r\nContent-Length: 5\r\n\r\n" + BODY,
        HEAD + b"Content-Length: 29\r\nContent-Length: 29\r\n\r\n" + BODY,
        HEAD + b"Content-Length: 29\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + BODY,
        HEAD + b"Content-Length: +29\r\n\r\n" + BODY,
        HEAD + b"Content-Length: 2 9\r\n\r\n" + BODY,
        HEAD + b"Content-Length : 29\r\n\r\n" + BODY,
        HEAD + b"Transfer-Encoding: xchunked\r\n\r\n1d\r\n" + BODY + b"\r\n0\r\n\r\n",
        HEAD + b"Transfer-Encoding: chunked, identity\r\n\r\n1d\r\n" + BODY + b"\r\n0\r\n\r\n",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n" + BODY + b"\r\n0\r\n\r\n",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n-1\r\n" + BODY + b"\r\n0\r\n\r\n",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n1d\r\n" + BODY + b"XX0\r\n\r\n",
        HEAD + b"X-Folded: a\r\n b\r\nContent-Length: 29\r\n\r\n" + BODY,
        HEAD + b"X-Nul: a\x00b\r\nContent-Length: 29\r\n\r\n" + BODY,
        HEAD + b"Bad Name: a\r\nContent-Length: 29\r\n\r\n" + BODY,
        b"POST /api/v1/tickets HTTP/1.1\r\nHost: x\r\nHost: y\r\nContent-Length: 0\r\n\r\n",
        b"GET / HTTP/9.9\r\nHost: x\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    ],
)
async def test_t15_what_proxies_may_read_differently_is_refused_and_closed(request_bytes: bytes) -> None:
    async with web_site(limits=Limits(head_seconds=2, body_seconds=0.5)) as site:
        # A request smuggled behind the first would get an answer of its own.
        answer = await site.raw(request_bytes + b"GET /problems HTTP/1.1\r\nHost: x\r\n\r\n")
        assert not site.intake.received
    status = answer.split(b" ", 2)[1]
    assert status in (b"400", b"408"), answer
    assert answer.count(b"HTTP/1.") == 1
    assert b"Traceback" not in answer
    assert b"aiohttp" not in answer


@pytest.mark.parametrize(
    "head",
    [
        b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 9000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\n" + b"".join(b"X-%d: y\r\n" % number for number in range(100)) + b"\r\n",
    ],
    ids=["line", "field", "count"],
)
async def test_t15_header_bombs_are_refused(head: bytes) -> None:
    async with web_site() as site:
        answer = await site.raw(head)
    assert answer.split(b" ", 2)[1] == b"400"
    assert b"/problems#bad-request" in answer


async def test_every_problem_type_is_documented_in_both_languages() -> None:
    async with Served(routes()) as listener, aiohttp.ClientSession() as client:
        for language in ("en", "es"):
            async with client.get(f"{listener.url}/problems", params={"lang": language}) as response:
                page = await response.text()
            assert all(f'<dt id="{each.name}">' in page for each in TYPES)
            assert "{" not in page.partition("</style>")[2]


async def test_an_unknown_address_is_a_problem_or_a_page_as_the_client_likes() -> None:
    async with Served(routes()) as listener, aiohttp.ClientSession() as client:
        async with client.get(f"{listener.url}/nothing") as response:
            assert (response.status, response.content_type) == (404, "application/problem+json")
        async with client.get(
            f"{listener.url}/nothing", headers={"Accept": "text/html", "Accept-Language": "es"}
        ) as page:
            assert (page.status, page.content_type) == (404, "text/html")
            assert "No hay nada" in await page.text()


async def test_a_taken_port_is_said_with_what_to_do() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        listener = Listener("ops", Listen(host="127.0.0.1", port=port), routes())
        with pytest.raises(StartError, match=rf"127\.0\.0\.1:{port} is taken .* gateway\.ops\.listen"):
            await listener.start()


async def test_an_address_of_another_machine_is_said() -> None:
    with pytest.raises(StartError, match="no address of this machine"):
        await Listener("public", Listen(host="192.0.2.1", port=0), routes()).start()


async def test_stopping_lets_what_runs_end_and_cuts_off_the_rest() -> None:
    entered, released = asyncio.Event(), asyncio.Event()

    async def wait(request: web.Request) -> web.Response:
        entered.set()
        await released.wait()
        return web.Response(text="done")

    async with Served([web.get("/", wait)]) as listener, aiohttp.ClientSession() as client:
        url = listener.url
        answer = asyncio.create_task(client.get(url))
        await entered.wait()
        stopping = asyncio.create_task(listener.stop(5.0))
        await asyncio.sleep(0)
        released.set()
        assert await (await answer).text() == "done"
        await stopping
        with pytest.raises(aiohttp.ClientConnectorError):
            await client.get(url)


async def test_stopping_is_bounded() -> None:
    entered = asyncio.Event()

    async def hang(request: web.Request) -> web.Response:
        entered.set()
        await asyncio.get_running_loop().create_future()
        raise AssertionError

    async with Served([web.get("/", hang)]) as listener, aiohttp.ClientSession() as client:
        answer = asyncio.create_task(client.get(listener.url))
        await entered.wait()
        started = time.monotonic()
        await listener.stop(0.4)
        assert time.monotonic() - started < 2
        with pytest.raises(aiohttp.ClientError):
            await answer
