"""Traffic over real HTTP to a public listener of the test's own."""

import asyncio
from collections import Counter
from itertools import islice
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer

from gateway.core.clock import SystemClock
from gateway.demo.traffic import Traffic, requests


class Listener:
    """Accepts hand-ins, but for those that its script of statuses says otherwise of."""

    def __init__(self, *statuses: int) -> None:
        self.seen: list[tuple[str, dict[str, Any]]] = []
        self._statuses = list(statuses)

    async def accept(self, request: web.Request) -> web.Response:
        self.seen.append((request.headers["Idempotency-Key"], await request.json()))
        status = self._statuses.pop(0) if self._statuses else 201
        if status == 0:
            return web.Response(status=201, text="not JSON")
        return web.json_response({"reference": f"{len(self.seen):010d}"}, status=status)


async def hand_in(listener: Listener, rate: float, seconds: float) -> Traffic:
    app = web.Application()
    app.router.add_post("/api/v1/tickets", listener.accept)
    async with TestServer(app) as server:
        traffic = Traffic(str(server.make_url("")).rstrip("/"), SystemClock())
        await traffic.run(rate, seconds)
    return traffic


async def test_as_many_requests_as_asked_for_each_with_its_own_key() -> None:
    listener = Listener()
    traffic = await hand_in(listener, rate=200, seconds=0.1)
    collector = traffic.collector
    assert (collector.accepted, collector.failed) == (20, 0)
    assert len({key for key, _ in listener.seen}) == 20
    assert {hand_in.reference for hand_in in collector.hand_ins} == {f"{n:010d}" for n in range(1, 21)}
    assert all(hand_in.sent_at <= hand_in.answered_at for hand_in in collector.hand_ins)


async def test_failures_are_counted_with_their_reason() -> None:
    traffic = await hand_in(Listener(503, 503, 0), rate=200, seconds=0.02)
    reasons = Counter(hand_in.failure for hand_in in traffic.collector.hand_ins)
    assert reasons == {"HTTP 503": 2, "ContentTypeError": 1, None: 1}


async def test_a_closed_port_is_a_failure_and_no_crash(unused_tcp_port: int) -> None:
    traffic = Traffic(f"http://127.0.0.1:{unused_tcp_port}", SystemClock())
    await traffic.run(rate=100, seconds=0.02)
    assert [hand_in.failure for hand_in in traffic.collector.hand_ins] == ["ClientConnectorError"] * 2


async def test_requests_keep_to_the_grid_while_answers_are_owed() -> None:
    """A listener that answers nothing until all have come would never get the second from a serial sender."""
    barrier = asyncio.Barrier(4)

    class Waiting(Listener):
        async def accept(self, request: web.Request) -> web.Response:
            await barrier.wait()
            return await super().accept(request)

    traffic = await hand_in(Waiting(), rate=100, seconds=0.04)
    assert traffic.collector.accepted == 4


def test_requests_are_plausible_bilingual_and_repeatable() -> None:
    first, again = (list(islice(requests(7), 50)) for _ in range(2))
    assert first == again
    assert first != list(islice(requests(8), 50))
    assert {request["language"] for request in first} == {"es", "en"}
    assert all(str(request["requester"]).count("@example.org") == 1 for request in first)
