"""A listener's start and stop, and how it tells problems."""

import asyncio
import socket
import time

import aiohttp
import pytest
from aiohttp import web

from gateway.core.errors import StartError
from gateway.core.problems import TYPES
from gateway.core.settings import Listen
from gateway.listener import Listener
from tests.support.listening import listening, status


async def test_every_problem_type_is_documented_in_both_languages() -> None:
    async with listening() as site, aiohttp.ClientSession() as client:
        for language in ("en", "es"):
            async with client.get(f"{site.listener.url}/problems", params={"lang": language}) as response:
                page = await response.text()
            assert all(f'<dt id="{each.name}">' in page for each in TYPES)
            assert "{" not in page.partition("</style>")[2]


async def test_an_unknown_address_is_a_problem_or_a_page_as_the_client_likes() -> None:
    async with listening() as site, aiohttp.ClientSession() as client:
        async with client.get(f"{site.listener.url}/nothing") as response:
            assert (response.status, response.content_type) == (404, "application/problem+json")
        async with client.get(
            f"{site.listener.url}/nothing", headers={"Accept": "text/html", "Accept-Language": "es"}
        ) as page:
            assert (page.status, page.content_type) == (404, "text/html")
            assert "No hay nada" in await page.text()


async def test_a_route_that_fails_is_a_500_with_a_number_and_without_a_trace() -> None:
    async def fail(request: web.Request) -> web.Response:
        raise RuntimeError("canary")

    async with listening([web.get("/fail", fail)]) as site, site.line() as line:
        answer = await line.ask(b"GET /fail HTTP/1.1\r\nHost: x\r\n\r\n")
        assert status(answer) == 500
        assert b'"instance":"urn:uuid:' in answer
        assert b"canary" not in answer
        assert status(await line.ask()) == 200


async def test_a_client_that_goes_while_its_body_comes_ends_its_route() -> None:
    ended = asyncio.Event()

    async def take(request: web.Request) -> web.Response:
        try:
            await request.read()
        finally:
            ended.set()
        return web.Response()

    async with listening([web.post("/slow", take)]) as site:
        async with site.line() as line:
            line.writer.write(b"POST /slow HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n12345")
            await line.writer.drain()
        async with asyncio.timeout(2):
            await ended.wait()


async def test_a_taken_port_is_said_with_what_to_do() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        listener = Listener("ops", Listen(host="127.0.0.1", port=port), [])
        with pytest.raises(StartError, match=rf"127\.0\.0\.1:{port} is taken .* gateway\.ops\.listen"):
            await listener.start()


async def test_an_address_of_another_machine_is_said() -> None:
    with pytest.raises(StartError, match="no address of this machine"):
        await Listener("public", Listen(host="192.0.2.1", port=0), []).start()


async def test_a_name_that_is_no_address_is_said() -> None:
    with pytest.raises(StartError, match=r"can't be listened on .*gateway\.public\.listen"):
        await Listener("public", Listen(host="nowhere.invalid", port=0), []).start()


async def test_stopping_lets_what_runs_end_and_cuts_off_the_rest() -> None:
    entered, released = asyncio.Event(), asyncio.Event()

    async def wait(request: web.Request) -> web.Response:
        entered.set()
        await released.wait()
        return web.Response(text="done")

    async with listening([web.get("/wait", wait)]) as site, aiohttp.ClientSession() as client:
        url = f"{site.listener.url}/wait"
        answer = asyncio.create_task(client.get(url))
        await entered.wait()
        stopping = asyncio.create_task(site.listener.stop(5.0))
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

    async with listening([web.get("/hang", hang)]) as site, aiohttp.ClientSession() as client:
        answer = asyncio.create_task(client.get(f"{site.listener.url}/hang"))
        await entered.wait()
        started = time.monotonic()
        await site.listener.stop(0.4)
        assert time.monotonic() - started < 2
        with pytest.raises(aiohttp.ClientError):
            await answer


async def test_stopping_hangs_up_on_idle_and_half_open_connections() -> None:
    async with listening() as site, site.line() as idle, site.line() as half_open:
        assert status(await idle.ask()) == 200
        half_open.writer.write(b"GET / HT")
        await site.listener.stop(0.4)
        assert await idle.to_the_end(within=1) == b""
        assert await half_open.to_the_end(within=1) == b""
