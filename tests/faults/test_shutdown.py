"""Relevo stops in order within its bound, with nothing half done; and it comes back after everything died at once."""

import asyncio
import signal
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from http import HTTPStatus
from pathlib import Path

from config.schema import GatewaySettings
from gateway.core.ids import new_id
from tests.support.eventually import tail
from tests.support.ledger import assert_balanced
from tests.support.persistent_traffic import PersistentTraffic
from tests.support.rig import Rig, unhurried

_BOUND = float(GatewaySettings().shutdown_within)
_EXIT = 1.0
"""Seconds that a process may take to be gone once its stop has ended."""
_SETTLED_WITHIN = 30.0
_SOME = 20
_HALF_A_REQUEST = (
    b"POST /api/v1/tickets HTTP/1.1\r\nHost: relevo\r\nContent-Type: application/json\r\nContent-Length: 400\r\n\r\n{"
)
_READER_OF_EVENTS = b"GET /api/v1/events HTTP/1.1\r\nHost: relevo\r\nAccept: text/event-stream\r\n\r\n"


@asynccontextmanager
async def _connected(port: int, request: bytes) -> AsyncIterator[None]:
    """A client that has sent this and neither reads nor goes away."""
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(request)
        await writer.drain()
        yield
    finally:
        writer.transport.abort()


async def _stopped_in_order(rig: Rig, within: float = _BOUND) -> None:
    rig.relevo.signal(signal.SIGTERM)
    assert await rig.ended(within) == 0, tail(rig.log)


async def _last_start(rig: Rig) -> int:
    """How many hand-offs the last start found cut off."""
    return int((await rig.events("gateway.started"))[-1]["data"]["unsure"])


async def _answered(rig: Rig, traffic: PersistentTraffic, count: int) -> None:
    answered = len(traffic.hand_ins)
    await rig.until(lambda: traffic.more(answered + count), 30.0)


async def _account_for(rig: Rig, traffic: PersistentTraffic) -> None:
    await traffic.stop()
    account = await rig.settled(traffic.hand_ins, _SETTLED_WITHIN)
    assert account.accepted == len(await rig.tickets())
    await assert_balanced(rig, traffic.references)


async def test_a_stop_under_load_leaves_nothing_half_done(tmp_path: Path) -> None:
    async with Rig(tmp_path, adjust=unhurried) as rig:
        await rig.start()
        async with PersistentTraffic(rig.public_url, rig.clock) as traffic:
            await _answered(rig, traffic, _SOME)
            await _stopped_in_order(rig)
            await rig.start_relevo()
            assert await _last_start(rig) == 0
            assert len(await rig.events("gateway.stopped")) == 1
            await _answered(rig, traffic, _SOME)
            await _account_for(rig, traffic)
        assert (await rig.account(traffic.hand_ins)).doubles == 0


async def test_a_stop_while_the_primary_hangs_is_bounded(tmp_path: Path) -> None:
    async with Rig(tmp_path) as rig:
        await rig.start()
        async with PersistentTraffic(rig.public_url, rig.clock) as traffic:
            await _answered(rig, traffic, _SOME)
            rig.desks["acme"].freeze()
            await _answered(rig, traffic, _SOME)
            await _stopped_in_order(rig)
            await rig.start_relevo()
            rig.desks["acme"].thaw()
            await _answered(rig, traffic, _SOME)
            await _account_for(rig, traffic)


async def test_a_stop_with_clients_that_stay_is_bounded(tmp_path: Path) -> None:
    async with Rig(tmp_path) as rig:
        await rig.start()
        reader = _connected(rig.ports["ops"], _READER_OF_EVENTS)
        async with _connected(rig.ports["public"], _HALF_A_REQUEST), reader:
            await _stopped_in_order(rig)


async def test_a_stop_while_the_store_is_locked_is_in_order(tmp_path: Path) -> None:
    async with Rig(tmp_path) as rig:
        await rig.start()
        async with PersistentTraffic(rig.public_url, rig.clock) as traffic:
            await _answered(rig, traffic, _SOME)
            with closing(sqlite3.connect(rig.database, isolation_level=None)) as other:
                other.execute("BEGIN EXCLUSIVE")
                assert (await rig.hand_in(new_id())).status == HTTPStatus.SERVICE_UNAVAILABLE
                await _stopped_in_order(rig, within=_BOUND + _EXIT)
                other.execute("ROLLBACK")
            await rig.start_relevo()
            await _answered(rig, traffic, _SOME)
            await _account_for(rig, traffic)


async def test_all_processes_killed_at_once_come_back_whole(tmp_path: Path) -> None:
    async with Rig(tmp_path) as rig:
        await rig.start()
        async with PersistentTraffic(rig.public_url, rig.clock) as traffic:
            await _answered(rig, traffic, _SOME)
            await asyncio.gather(rig.relevo.kill(), *(desk.kill() for desk in rig.desks.values()))
            await asyncio.gather(*(desk.start() for desk in rig.desks.values()))
            await rig.start_relevo()
            await _answered(rig, traffic, _SOME)
            await _account_for(rig, traffic)
