"""PostgreSQL goes away under the whole service: requests are taken all the same, kept on the gateway's own disk, and
drained in their order when it is back, whatever kills the gateway meanwhile."""

import hashlib
import json
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from gateway.core.ids import new_id
from gateway.store.spool.lines import lines_in
from gateway.store.spool.record import decode
from tests.support.eventually import tail
from tests.support.ledger import assert_balanced
from tests.support.persistent_traffic import PersistentTraffic
from tests.support.postgres import Server, running_server
from tests.support.postgres_rig import DATABASE, PostgresRig
from tests.support.preload import build
from tests.support.stopwatch import stopwatch

_ANSWERED_WITHIN = 5.0
_RECOVERED_WITHIN = 30.0
_SETTLED_WITHIN = 30.0
_ENDS_WITHIN = 30.0
_READY_WITHIN = 30.0
"""It goes on taking requests, so it is ready, too, but for a lag of its loop in the last two seconds."""
_AT_ONCE = 0.5
"""Once it is known that the server does not answer, nobody waits for it."""
_SOME = 15
_SPOOLED = "9"
"""What the references begin with that are given while the store is away."""
_CONTENT = b"No va. " * 40_000
_WHILE_AWAY = "spool.after_sync:20"


@pytest.fixture
def server() -> Iterator[Server]:
    with running_server() as started:
        started.execute(f"CREATE DATABASE {DATABASE}")
        yield started


@asynccontextmanager
async def _under_load(rig: PostgresRig, failpoint: str = "") -> AsyncIterator[PersistentTraffic]:
    """Requests go on all the while; at the end each of them is at one desk, under its first reference."""
    await rig.start(failpoint)
    async with PersistentTraffic(rig.public_url, rig.clock, clients=3) as traffic:
        await _answered(rig, traffic)
        yield traffic
        await _answered(rig, traffic)
        await traffic.stop()
        await rig.until(lambda: _spooled(rig, 0), _RECOVERED_WITHIN)
        await rig.settled(traffic.hand_ins, _SETTLED_WITHIN)
        first_answers = {each.key: each.reference for each in traffic.hand_ins}
        assert await traffic.sent_again() == first_answers
        await assert_balanced(rig, first_answers.values())
        told = {reference for reference in traffic.references if reference and reference.startswith(_SPOOLED)}
        assert len(told) >= _SOME // 2
        assert told <= set(await _received(rig))


async def _answered(rig: PostgresRig, traffic: PersistentTraffic) -> None:
    answered = len(traffic.hand_ins)
    await rig.until(lambda: traffic.more(answered + _SOME), _RECOVERED_WITHIN)


async def _received(rig: PostgresRig) -> list[str]:
    """The references of all tickets, in the order in which they came to the store."""
    return [each["subject"] for each in await rig.events("ticket.received")]


def _left_in(spool: Path) -> list[str]:
    """The references of what a dead gateway has in its spool, in their order."""
    lines = [line for file in sorted(spool.glob("*.spool")) for line in lines_in(file.read_bytes())]
    tickets = [decode(line.content).ticket for line in lines]
    return [ticket.reference for ticket in tickets if ticket]


async def _spooled(rig: PostgresRig, count: float) -> str | None:
    found = await rig.metric("relevo_spooled")
    return None if found == count else f"{count} spooled requests instead of {found}"


async def _told(rig: PostgresRig, requests: int) -> str | None:
    """Of so many requests the stream must tell that they were spooled, and drained."""
    started, drained = await rig.events("spool.started"), await rig.events("spool.drained")
    told = sum(each["data"]["requests"] for each in drained)
    return None if len(started) == len(drained) and told >= requests else f"{requests} drained, not {told}"


async def test_intake_goes_on_while_the_server_is_away(tmp_path: Path, server: Server) -> None:
    async with PostgresRig(tmp_path, [server]) as rig, _under_load(rig) as traffic, aiohttp.ClientSession() as session:
        process = rig.relevo.process
        server.stop()
        await _answered(rig, traffic)
        async with stopwatch() as seconds:
            response = await rig.hand_in(new_id())
            assert seconds() < _ANSWERED_WITHIN
        assert response.status == 201, tail(rig.log)
        answer = await response.json()
        async with session.get(answer["status_url"]) as page:
            assert page.status == 200
            shown = await page.text()
        assert answer["reference"][:3] in shown
        assert answer["reference"].startswith(_SPOOLED)

        await _answered(rig, traffic)
        assert set(traffic.tries.values()) == {1}, "nobody is told to try again"
        await rig.ready(_READY_WITHIN)
        assert await rig.metric("relevo_spooled") >= 2 * _SOME
        assert await rig.metric("relevo_spooled_oldest_seconds") > 0
        server.start()
        await rig.until(lambda: _told(rig, 2 * _SOME), _RECOVERED_WITHIN)
        assert rig.relevo.process is process


async def test_a_gateway_killed_while_the_server_is_away_loses_nothing(tmp_path: Path, server: Server) -> None:
    async with PostgresRig(tmp_path, [server]) as rig:
        async with _under_load(rig) as traffic:
            server.crash()
            await _answered(rig, traffic)
            rig.relevo.signal(signal.SIGKILL)
            await rig.ended(_ENDS_WITHIN)
            left = _left_in(rig.spool)
            server.start()
            await rig.start_relevo()
        assert len(left) >= _SOME
        assert [each for each in await _received(rig) if each in left] == left


async def test_a_server_that_hangs_holds_nobody_up_for_longer_than_five_seconds(tmp_path: Path, server: Server) -> None:
    async with PostgresRig(tmp_path, [server]) as rig, _under_load(rig) as traffic:
        server.freeze()
        took: list[float] = []
        while len(took) < _SOME:
            async with stopwatch() as seconds:
                response = await rig.hand_in(new_id())
                took.append(seconds())
            assert response.status == 201, tail(rig.log)
        assert max(took) < _ANSWERED_WITHIN
        assert sorted(took)[len(took) // 2] < _AT_ONCE
        await _answered(rig, traffic)
        server.thaw()


@pytest.mark.parametrize("failpoint", [_WHILE_AWAY, "drain.before_commit", "spool.before_removal"])
async def test_a_gateway_that_dies_at_a_step_of_the_spool_loses_nothing_and_makes_nothing_twice(
    tmp_path: Path, server: Server, failpoint: str
) -> None:
    async with PostgresRig(tmp_path, [server]) as rig:
        async with _under_load(rig, failpoint) as traffic:
            server.crash()
            if failpoint != _WHILE_AWAY:
                await _answered(rig, traffic)
                server.start()
            assert await rig.ended(_ENDS_WITHIN) == -signal.SIGKILL
            left = _left_in(rig.spool)
            if failpoint == _WHILE_AWAY:
                server.start()
            await rig.start_relevo()
        assert len(left) >= _SOME
        assert [each for each in await _received(rig) if each in left] == left


async def test_a_disk_of_the_spool_that_fails_ends_the_process_and_what_was_answered_stays(
    tmp_path: Path, server: Server
) -> None:
    fault = tmp_path / "fault"
    environment = {"LD_PRELOAD": str(build("disk_faults", tmp_path)), "DISK_FAULT": str(fault)}
    async with PostgresRig(tmp_path, [server], environment=environment) as rig, _under_load(rig) as traffic:
        server.crash()
        await _answered(rig, traffic)
        fault.write_text("eio")
        assert await rig.ended(_ENDS_WITHIN) == 1, tail(rig.log)
        fault.unlink()
        server.start()
        await rig.start_relevo()


async def test_a_file_that_comes_meanwhile_goes_to_the_database_before_its_request(
    tmp_path: Path, server: Server
) -> None:
    async with PostgresRig(tmp_path, [server]) as rig, _under_load(rig) as traffic, aiohttp.ClientSession() as session:
        server.stop()
        await _answered(rig, traffic)
        form = aiohttp.FormData(quote_fields=False)
        form.add_field("ticket", json.dumps({"subject": "Con fichero", "body": "Adjunto."}))
        form.add_field("file", _CONTENT, filename="a.zip", content_type="application/zip")
        async with session.post(f"{rig.public_url}/api/v1/tickets", data=form) as response:
            assert response.status == 201, tail(rig.log)
            page = (await response.json())["status_url"]
        digest = hashlib.sha256(_CONTENT).hexdigest()
        assert await _digest_at(session, page) == digest
        server.start()
        await rig.until(lambda: _spooled(rig, 0), _RECOVERED_WITHIN)
        assert server.execute("SELECT digest FROM blobs", DATABASE) == [(digest,)]
        assert await _digest_at(session, page) == digest


async def _digest_at(session: aiohttp.ClientSession, page: str) -> str:
    async with session.get(f"{page}/attachments/1/1") as response:
        assert response.status == 200
        return hashlib.sha256(await response.read()).hexdigest()
