"""PostgreSQL under the whole service: stopped, frozen, failed over. What was answered with yes stays, and Relevo finds
its way back by itself."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from gateway.core.ids import new_id
from tests.support.eventually import tail
from tests.support.ledger import assert_balanced
from tests.support.persistent_traffic import PersistentTraffic
from tests.support.postgres import Server, running_server
from tests.support.postgres_rig import DATABASE, PostgresRig
from tests.support.stopwatch import stopwatch

_REFUSED_WITHIN = 5.0
_RECOVERED_WITHIN = 30.0
_SETTLED_WITHIN = 30.0
_SOME = 10
_FAULT_LASTS = 4.0
_LOOK_EVERY = 0.05
_HELD_BACK = 1.0
"""Seconds in which the server has commits that its standby has not: none of them may be answered with yes."""


@pytest.fixture
def server() -> Iterator[Server]:
    with running_server() as started:
        started.execute(f"CREATE DATABASE {DATABASE}")
        yield started


@pytest.fixture
def standby(server: Server) -> Iterator[Server]:
    """It has every commit before the server calls it good."""
    follower = server.standby()
    server.execute("ALTER SYSTEM SET synchronous_standby_names = '*'")
    server.execute("SELECT pg_reload_conf()")
    yield follower
    follower.remove()


async def _refuses(rig: PostgresRig) -> None:
    """For as long as the fault lasts, and every time within the bound."""
    loop = asyncio.get_running_loop()
    until = loop.time() + _FAULT_LASTS
    refused = 0
    while loop.time() < until:
        async with stopwatch() as seconds:
            response = await rig.hand_in(new_id())
            assert seconds() < _REFUSED_WITHIN
        assert response.status in (201, 503), tail(rig.log)
        refused += response.status == 503
        await asyncio.sleep(_LOOK_EVERY)
    assert refused


@asynccontextmanager
async def _under_load(rig: PostgresRig) -> AsyncIterator[None]:
    """Requests go on all the while; at the end each of them is at one desk, under its first reference."""
    await rig.start()
    process = rig.relevo.process
    async with PersistentTraffic(rig.public_url, rig.clock, clients=3) as traffic:
        await _answered(rig, traffic)
        yield
        await _answered(rig, traffic)
        await traffic.stop()
        await rig.settled(traffic.hand_ins, _SETTLED_WITHIN)
        first_answers = {each.key: each.reference for each in traffic.hand_ins}
        assert await traffic.sent_again() == first_answers
        await assert_balanced(rig, first_answers.values())
    assert rig.relevo.process is process
    assert rig.relevo.running, tail(rig.log)


async def _answered(rig: PostgresRig, traffic: PersistentTraffic) -> None:
    answered = len(traffic.hand_ins)
    await rig.until(lambda: traffic.more(answered + _SOME), _RECOVERED_WITHIN)


async def test_without_a_spool_a_server_that_is_away_is_refused_within_five_seconds_and_found_again(
    tmp_path: Path, server: Server
) -> None:
    async with PostgresRig(tmp_path, [server], spooling=False) as rig, _under_load(rig):
        server.crash()
        await _refuses(rig)
        server.start()


async def test_without_a_spool_a_server_that_hangs_is_refused_within_five_seconds_and_found_again(
    tmp_path: Path, server: Server
) -> None:
    async with PostgresRig(tmp_path, [server], spooling=False) as rig, _under_load(rig):
        server.freeze()
        await _refuses(rig)
        server.thaw()


async def test_a_failover_loses_nothing_that_was_answered_with_yes(
    tmp_path: Path, server: Server, standby: Server
) -> None:
    async with PostgresRig(tmp_path, [server, standby]) as rig, _under_load(rig):
        server.hold_back_standbys()
        await asyncio.sleep(_HELD_BACK)
        server.crash()
        standby.promote()
        rig.servers.reverse()


async def test_a_failover_from_a_server_that_hangs(tmp_path: Path, server: Server, standby: Server) -> None:
    async with PostgresRig(tmp_path, [server, standby]) as rig, _under_load(rig):
        server.freeze()
        standby.promote()
        rig.servers.reverse()
