"""Content is taken in only while there is room for what it may grow to."""

import asyncio
from collections.abc import Callable

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from gateway.app.memory import Memory
from gateway.core.problems import UNAVAILABLE, Problem

_MEGABYTE = 1024 * 1024


def _guarded(room: Callable[[], int | None], handler: Callable[[web.Request], object]) -> tuple[Memory, web.RouteDef]:
    memory = Memory(room)
    (route,) = memory.guarded([web.RouteDef("POST", "/", handler, {})])  # type: ignore[arg-type]
    return memory, route


async def _ask(route: web.RouteDef, length: int) -> web.StreamResponse:
    request = make_mocked_request("POST", "/", headers={"Content-Length": str(length)})
    answer: web.StreamResponse = await route.handler(request)
    return answer


async def _answer(_request: web.Request) -> web.Response:
    return web.Response()


async def test_without_a_limit_everything_is_taken() -> None:
    memory, route = _guarded(lambda: None, _answer)
    assert (await _ask(route, 100 * _MEGABYTE)).status == 200
    assert memory.why_not_ready() is None


async def test_what_there_is_no_room_for_is_refused_and_the_connection_ended() -> None:
    memory, route = _guarded(lambda: _MEGABYTE, _answer)
    assert (await _ask(route, 100_000)).status == 200
    with pytest.raises(Problem) as refused:
        await _ask(route, 200_000)
    assert refused.value.type is UNAVAILABLE
    assert refused.value.close
    assert "Retry-After" in refused.value.headers
    assert memory.why_not_ready() is None, "there is room for smaller ones"


async def test_what_is_under_way_is_counted_until_it_is_answered() -> None:
    """It has been let in, and has hardly grown yet: what is measured doesn't show it."""
    ready = asyncio.Event()

    async def wait(_request: web.Request) -> web.Response:
        await ready.wait()
        return web.Response()

    _, route = _guarded(lambda: _MEGABYTE, wait)
    first = asyncio.create_task(_ask(route, 100_000))
    await asyncio.sleep(0)
    with pytest.raises(Problem):
        await _ask(route, 100_000)
    ready.set()
    await first
    assert (await _ask(route, 100_000)).status == 200


async def test_pages_are_served_however_short_it_is() -> None:
    page = web.RouteDef("GET", "/", _answer, {})
    assert Memory(lambda: 0).guarded([page]) == [page]


async def test_it_says_that_it_is_not_ready() -> None:
    assert Memory(lambda: 0).why_not_ready() == "memory is short"


async def test_t14_who_declares_much_and_sends_nothing_has_a_share_of_it() -> None:
    """Some 200 connections of one address, of a few bytes each, had every request of everybody refused."""
    started = 0

    async def wait(_request: web.Request) -> web.Response:
        nonlocal started
        started += 1
        never: asyncio.Future[web.Response] = asyncio.get_running_loop().create_future()
        return await never

    _, route = _guarded(lambda: 100 * _MEGABYTE, wait)
    asked = [asyncio.create_task(_ask_from(route, "192.0.2.1", _MEGABYTE)) for _ in range(20)]
    await asyncio.sleep(0)
    assert started == 4
    asked.append(asyncio.create_task(_ask_from(route, "192.0.2.7", _MEGABYTE)))
    await asyncio.sleep(0)
    assert started == 5
    for each in asked:
        each.cancel()
    await asyncio.gather(*asked, return_exceptions=True)


async def _ask_from(route: web.RouteDef, address: str, length: int) -> web.StreamResponse:
    request = make_mocked_request(
        "POST", "/", headers={"Content-Length": str(length)}, transport=_From(address), app=web.Application()
    )
    answer: web.StreamResponse = await route.handler(request)
    return answer


class _From(asyncio.Transport):
    """A connection from there."""

    def __init__(self, address: str) -> None:
        super().__init__({"peername": (address, 4711)})
