"""T14: more clients than places, or than file descriptors."""

import asyncio
import resource
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from ipaddress import ip_network

from aiohttp import web

from gateway.listener import Limits
from tests.support.listening import GET, Line, Listening, listening, status

WAIT = b"GET /wait HTTP/1.1\r\nHost: x\r\n\r\n"
HALF = b"GET / HTTP/1.1\r\nHost: x\r\nX-"


@asynccontextmanager
async def lines(site: Listening, count: int, say: bytes = b"") -> AsyncIterator[list[Line]]:
    """So many connections, which send `say` and are answered where that is a whole request."""
    async with AsyncExitStack() as stack:
        opened = []
        for _ in range(count):
            line = await stack.enter_async_context(site.line())
            if say == GET:
                assert status(await line.ask()) == 200
            else:
                line.writer.write(say)
            opened.append(line)
        yield opened


async def cut(line: Line) -> bool:
    """Whether the other side hangs up at once."""
    try:
        return await line.to_the_end(within=0.5) == b""
    except TimeoutError:
        return False


async def test_t14_where_all_places_are_taken_the_oldest_half_open_connection_gives_way() -> None:
    async with (
        listening(limits=Limits(connections=16)) as site,
        lines(site, 4, GET) as kept,
        lines(site, 12, HALF) as half_open,
    ):
        async with site.line() as newcomer:
            assert status(await newcomer.ask()) == 200
        assert [await cut(line) for line in half_open[:2]] == [True, False]
        assert [status(await line.ask()) for line in kept] == [200] * 4
        assert site.figures.ended == ["crowded"]


async def test_t14_kept_connections_give_way_where_none_is_half_open() -> None:
    async with listening(limits=Limits(connections=16)) as site, lines(site, 16, GET) as kept:
        assert status(await kept[0].ask()) == 200  # so the second has been idle longest
        async with site.line() as newcomer:
            assert status(await newcomer.ask()) == 200
        assert [await cut(line) for line in kept[:3]] == [False, True, False]


@dataclass
class Waiting:
    """A route that keeps its clients waiting until it is released."""

    entered: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(0))
    released: asyncio.Event = field(default_factory=asyncio.Event)

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/wait", self._wait)]

    async def _wait(self, request: web.Request) -> web.Response:
        self.entered.release()
        await self.released.wait()
        return web.Response(text="done")

    async def have(self, count: int) -> None:
        async with asyncio.timeout(2):
            for _ in range(count):
                await self.entered.acquire()


async def test_t14_a_request_under_way_never_gives_way_and_newcomers_wait() -> None:
    route = Waiting()
    async with listening(route.routes(), limits=Limits(connections=16)) as site, lines(site, 16, WAIT) as busy:
        await route.have(16)
        async with site.line() as newcomer:
            waiting = asyncio.create_task(newcomer.ask())
            await asyncio.sleep(0.2)
            assert not waiting.done()
            route.released.set()
            assert [status(await line.answer()) for line in busy] == [200] * 16
            assert status(await waiting) == 200


async def test_t14_who_sends_slowly_gives_way_after_all_others() -> None:
    half_a_body = b"POST /take HTTP/1.1\r\nHost: x\r\nContent-Length: 29\r\n\r\n{"
    limits = Limits(connections=16, unread_seconds=0.2)  # so that all are looked at soon
    async with listening(limits=limits) as site, lines(site, 15, half_a_body) as slow, lines(site, 1, GET) as kept:
        await asyncio.sleep(0.3)
        async with lines(site, 1, WAIT):
            assert await cut(kept[0])
            assert [await cut(line) for line in slow[:1]] == [False]


async def test_t14_who_sends_slowly_gives_way_where_nobody_else_can() -> None:
    half_a_body = b"POST /take HTTP/1.1\r\nHost: x\r\nContent-Length: 29\r\n\r\n{"
    limits = Limits(connections=16, unread_seconds=0.2)
    async with listening(limits=limits) as site, lines(site, 16, half_a_body) as slow:
        await asyncio.sleep(0.3)
        async with site.line() as newcomer:
            assert status(await newcomer.ask()) == 200
        assert [await cut(line) for line in slow[:2]] == [True, False]


async def test_t14_one_address_has_so_many_places_and_its_own_give_way() -> None:
    async with (
        listening(limits=Limits(connections=64, connections_per_address=8)) as site,
        lines(site, 8, HALF) as half_open,
        site.line() as newcomer,
    ):
        assert status(await newcomer.ask()) == 200
        assert await cut(half_open[0])
        assert site.figures.ended == ["address_crowded"]


async def test_t14_one_address_whose_places_are_all_in_use_is_told_503() -> None:
    route, limits = Waiting(), Limits(connections=64, connections_per_address=8)
    async with listening(route.routes(), limits=limits) as site, lines(site, 8, WAIT):
        await route.have(8)
        async with site.line() as newcomer:
            answer = await newcomer.to_the_end(within=1)
        route.released.set()
    assert status(answer) == 503
    assert b"/problems#too-many-connections" in answer
    assert b"Retry-After: 5" in answer
    assert site.figures.ended == ["refused"]


async def test_an_office_with_hundreds_of_kept_connections_is_served() -> None:
    async with listening() as site, lines(site, 300, GET) as kept:
        assert [status(await line.ask()) for line in kept] == [200] * 300
        assert site.figures.ended == []


async def test_a_trusted_proxy_may_have_all_places() -> None:
    limits = Limits(connections=64, connections_per_address=8)
    async with (
        listening(limits=limits, trusted_proxies=[ip_network("127.0.0.0/8")]) as site,
        lines(site, 32, GET) as kept,
    ):
        assert [status(await line.ask()) for line in kept] == [200] * 32


async def test_t14_without_descriptors_half_open_connections_give_way_and_nothing_stands_still() -> None:
    """All sockets of the clients are made beforehand: the limit is ours, and it is reached."""
    loop = asyncio.get_running_loop()
    async with AsyncExitStack() as stack:
        site = await stack.enter_async_context(listening())
        ours = await stack.enter_async_context(lines(site, 20, HALF))
        clients = [stack.enter_context(socket.socket()) for _ in range(10)]
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        stack.callback(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        resource.setrlimit(resource.RLIMIT_NOFILE, (clients[-1].fileno() + 1, hard))
        for client in clients:
            client.setblocking(False)
            await loop.sock_connect(client, ("127.0.0.1", site.listener.address.port))
            await loop.sock_sendall(client, GET)
            async with asyncio.timeout(0.8):  # less than the second for which asyncio's own server would stand still
                assert (await loop.sock_recv(client, 1000)).startswith(b"HTTP/1.1 200")
        assert "no_descriptors" in site.figures.ended
        assert await cut(ours[0])
