"""Storage faults under the whole service: what can't be kept is refused, what was answered with yes stays, and a disk
that lies ends the process."""

import asyncio
import errno
import itertools
import os
import sqlite3
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import text

from gateway.core.errors import StartError
from gateway.core.ids import new_id
from gateway.store.database_sqlite import SqliteDatabase
from gateway.store.failures import DiskFull, translated
from tests.support.eventually import tail
from tests.support.ledger import assert_balanced
from tests.support.persistent_traffic import PersistentTraffic
from tests.support.preload import build
from tests.support.privileges import require_root
from tests.support.rig import Rig
from tests.support.stopwatch import stopwatch

_REFUSED_WITHIN = 5.0
_RECOVERED_WITHIN = 30.0
_SETTLED_WITHIN = 30.0
_ENDS_WITHIN = 30.0
_SOME = 10
_FAULT_LASTS = 4.0
"""Seconds: longer than the store waits for a lock, and every part that works by itself meets the fault."""
_LOOK_EVERY = 0.05
_SLACK = 200_000
"""Bytes that the log takes before the disk is full, and that small commits then have."""
_WRITE = text("INSERT OR REPLACE INTO things VALUES (:name, :value)")


@pytest.fixture(scope="session")
def failing_disk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The library to be preloaded."""
    return build("disk_faults", tmp_path_factory.mktemp("disk"))


@pytest.fixture
def small_disk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    """A file system of its own; a test may say how many megabytes it has."""
    require_root("it mounts a small file system; the preloaded fault covers the rest")
    disk = tmp_path / "disk"
    disk.mkdir()
    size = f"size={getattr(request, 'param', 16)}m"
    subprocess.run(["mount", "-t", "tmpfs", "-o", size, "none", disk], check=True)
    yield disk
    subprocess.run(["umount", disk], check=True)


def _write(fault: Path, kind: str) -> None:
    fault.write_text(kind)


def _fill(ballast: Path) -> None:
    with ballast.open("ab", buffering=0) as file:
        for size in (65536, 4096):
            with pytest.raises(OSError, match=os.strerror(errno.ENOSPC)):
                file.writelines(itertools.repeat(bytes(size)))


async def _refuses(rig: Rig) -> None:
    """For as long as the fault lasts."""
    loop = asyncio.get_running_loop()
    until = loop.time() + _FAULT_LASTS
    while loop.time() < until:
        await _refused(rig)
        await asyncio.sleep(_LOOK_EVERY)


async def _refused(rig: Rig) -> None:
    """Hand in until the store refuses, as it must; a few may still fit in."""

    async def missing() -> str | None:
        async with stopwatch() as seconds:
            response = await rig.hand_in(new_id(), "x" * 200)
            assert seconds() < _REFUSED_WITHIN
        assert response.status in (201, 503), tail(rig.log)
        if response.status == 201:
            return "a request that is refused"
        assert int(response.headers["Retry-After"]) > 0
        return None

    await rig.until(missing, _RECOVERED_WITHIN)


@asynccontextmanager
async def _under_load(rig: Rig) -> AsyncIterator[PersistentTraffic]:
    """Requests go on all the while; at the end each of them must be at one desk."""
    await rig.start()
    async with PersistentTraffic(rig.public_url, rig.clock, clients=3) as traffic:
        await _answered(rig, traffic)
        yield traffic
        await _answered(rig, traffic)
        await traffic.stop()
        await rig.settled(traffic.hand_ins, _SETTLED_WITHIN)
        first_answers = {each.key: each.reference for each in traffic.hand_ins}
        assert await traffic.sent_again() == first_answers
        await assert_balanced(rig, traffic.references)


async def _answered(rig: Rig, traffic: PersistentTraffic) -> None:
    answered = len(traffic.hand_ins)
    await rig.until(lambda: traffic.more(answered + _SOME), _RECOVERED_WITHIN)


async def _full_and_freed(rig: Rig, fill: Callable[[], None], free: Callable[[], None]) -> None:
    async with _under_load(rig):
        process = rig.relevo.process
        fill()
        await _refuses(rig)
        free()
    assert rig.relevo.process is process
    assert rig.relevo.running, tail(rig.log)


async def test_a_full_file_system_refuses_and_recovers(tmp_path: Path, small_disk: Path) -> None:
    ballast = small_disk / "ballast"
    async with Rig(tmp_path, database=small_disk / "relevo.db") as rig:
        await _full_and_freed(rig, partial(_fill, ballast), ballast.unlink)


@pytest.mark.parametrize("small_disk", [2], indirect=True)
async def test_a_full_disk_of_two_megabytes_gets_its_log_back_once_it_is_freed(
    tmp_path: Path, small_disk: Path
) -> None:
    """The log would stay as long as it was when the disk was full, for another ten thousand rows."""
    ballast, log = small_disk / "ballast", small_disk / "relevo.db-wal"
    ballast.write_bytes(bytes(1_000_000))
    async with Rig(tmp_path, database=small_disk / "relevo.db") as rig:
        await rig.start()
        acknowledged = []
        while (response := await rig.hand_in(new_id(), "x" * 200)).status == 201:
            acknowledged.append((await response.json())["reference"])
        assert response.status == 503
        length = log.stat().st_size
        ballast.unlink()

        async def missing() -> str | None:
            if (response := await rig.hand_in(new_id())).status != 201:
                return "a request that is taken"
            acknowledged.append((await response.json())["reference"])
            return None if log.stat().st_size < length / 2 else f"a log shorter than {length} bytes"

        await rig.until(missing, _RECOVERED_WITHIN)
        await assert_balanced(rig, acknowledged)


@pytest.mark.parametrize("small_disk", [2], indirect=True)
def test_what_is_freed_goes_to_the_database_before_the_log_takes_it(
    small_disk: Path, request: pytest.FixtureRequest
) -> None:
    """Small commits still fit into the log while the disk is full: that the database could not grow then is no reason
    to wait for long."""
    ballast = small_disk / "ballast"
    database = SqliteDatabase.open(str(small_disk / "relevo.db"))
    request.addfinalizer(database.close)
    connection = database.connection

    def write(count: int) -> None:
        with translated(), connection.begin():
            for each in range(count):
                connection.execute(_WRITE, {"name": f"{each}", "value": os.urandom(3000).hex()})
        database.committed()

    with connection.begin():
        connection.execute(text("CREATE TABLE things (name TEXT PRIMARY KEY, value TEXT)"))
    database.finish()
    write(90)
    left = os.statvfs(small_disk)
    ballast.write_bytes(bytes(left.f_bavail * left.f_bsize - _SLACK))
    with pytest.raises(DiskFull):
        write(300)
    database.refused(disk_full=True)
    write(5)
    ballast.unlink()
    for _ in range(60):
        try:
            write(10)
        except DiskFull:
            database.refused(disk_full=True)  # now the database has all that it needs, and the log fills the rest
            write(10)


async def test_a_disk_that_says_it_is_full_refuses_and_recovers(tmp_path: Path, failing_disk: Path) -> None:
    fault = tmp_path / "fault"
    rig = Rig(tmp_path, environment={"LD_PRELOAD": str(failing_disk), "DISK_FAULT": str(fault)})
    async with rig:
        await _full_and_freed(rig, partial(_write, fault, "full"), fault.unlink)


async def test_a_busy_store_refuses_within_five_seconds_and_recovers(tmp_path: Path) -> None:
    async with Rig(tmp_path) as rig, _under_load(rig):
        process = rig.relevo.process
        other = sqlite3.connect(rig.database, isolation_level=None)
        other.execute("BEGIN EXCLUSIVE")
        await _refuses(rig)
        other.execute("ROLLBACK")
        other.close()
        assert rig.relevo.process is process
        assert rig.relevo.running, tail(rig.log)


async def test_a_primary_that_dies_while_the_store_is_busy_is_taken_over_from(tmp_path: Path) -> None:
    """What the monitors saw meanwhile is not forgotten."""
    async with Rig(tmp_path) as rig, _under_load(rig):
        other = sqlite3.connect(rig.database, isolation_level=None)
        other.execute("BEGIN EXCLUSIVE")
        await rig.desks["acme"].kill()

        async def not_down() -> str | None:
            states = {each["name"]: each["state"] for each in await rig.ops.providers()}
            return "acme to be down" if states["acme"] != "down" else None

        await rig.until(not_down, _RECOVERED_WITHIN)
        other.execute("ROLLBACK")
        other.close()

        async def no_takeover() -> str | None:
            return None if await rig.ops.takeovers() else "a takeover"

        await rig.until(no_takeover, _RECOVERED_WITHIN)
        await rig.desks["acme"].start()


async def test_a_failed_fsync_ends_the_process_and_loses_nothing(tmp_path: Path, failing_disk: Path) -> None:
    fault = tmp_path / "fault"
    rig = Rig(tmp_path, environment={"LD_PRELOAD": str(failing_disk), "DISK_FAULT": str(fault)})
    async with rig, _under_load(rig):
        _write(fault, "eio")
        assert await rig.ended(_ENDS_WITHIN) == 1, tail(rig.log)
        fault.unlink()
        await rig.start_relevo()


async def test_a_second_gateway_on_the_same_store_is_refused(tmp_path: Path) -> None:
    (tmp_path / "second").mkdir()
    async with Rig(tmp_path) as rig, _under_load(rig):
        assert rig.relevo.process is not None
        holder = rig.relevo.process.pid
        async with Rig(tmp_path / "second", database=rig.database) as second:
            with pytest.raises(StartError, match=f"another gateway has this database open: process {holder}"):
                await second.start_relevo()
            assert await second.ended(_ENDS_WITHIN) == 1
