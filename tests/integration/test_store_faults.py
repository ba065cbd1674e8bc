"""Storage faults, made for real: full disk, failed fsync, a locked file, a second gateway, SIGKILL."""

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from gateway.core.clock import SystemClock
from gateway.core.errors import StartError, StoreFailed, StoreUnavailable
from gateway.core.handoff import HandoffState
from gateway.core.ticket import TicketState
from gateway.store import SqlStore, migrate, open_store
from tests.support import store_process
from tests.support.kept_mails import CONTENT
from tests.support.store_work import new_ticket

ROOT = Path(store_process.__file__).parents[2]
Child = subprocess.Popen[str]
Start = Callable[..., Child]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "relevo.db"


@pytest.fixture
def start() -> Iterator[Start]:
    children: list[Child] = []

    def run(file: Path, *arguments: str, **environment: str) -> Child:
        child = subprocess.Popen(
            [sys.executable, "-m", "tests.support.store_process", str(file), *arguments],
            cwd=ROOT,
            env=os.environ | environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        children.append(child)
        return child

    yield run
    for child in children:
        child.kill()
        child.communicate()


@pytest.fixture(scope="session")
def failing_disk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The library to be preloaded."""
    library = tmp_path_factory.mktemp("disk") / "disk_faults.so"
    source = Path(store_process.__file__).with_name("disk_faults.c")
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", library, source, "-ldl"], check=True)
    return library


def heard(child: Child) -> str:
    assert child.stdout is not None
    return child.stdout.readline().strip()


def ask(child: Child) -> str:
    """Hand one request to the child; its answer."""
    assert child.stdin is not None
    child.stdin.write("\n")
    child.stdin.flush()
    return heard(child)


@asynccontextmanager
async def store_of(file: Path) -> AsyncIterator[SqlStore]:
    failures: list[StoreFailed] = []
    store = open_store(f"sqlite:{file}", SystemClock(), on_failed=failures.append, measured=lambda seconds: None)
    await store.start()
    yield store
    await store.close()
    assert failures == []


async def references(file: Path) -> set[str]:
    """Of every ticket in the store, once no other process has it."""
    async with store_of(file) as store:
        return {ticket.reference for ticket in await store.tickets(limit=100_000)}


async def test_a_full_disk_refuses_and_recovers(file: Path, tmp_path: Path, start: Start, failing_disk: Path) -> None:
    fault = tmp_path / "fault"
    child = start(file, LD_PRELOAD=str(failing_disk), DISK_FAULT=str(fault))
    assert heard(child) == "ready"
    kept = [ask(child)]
    fault.write_text("full")
    assert ask(child).startswith("refused database or disk is full")
    assert ask(child).startswith("refused database or disk is full")
    fault.unlink()
    kept.append(ask(child))
    child.kill()
    child.wait()
    assert {f"kept {reference}" for reference in await references(file)} == set(kept)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "none", disk], capture_output=True, check=False)
    if mounted.returncode:
        pytest.skip("only root may mount a small file system; the preloaded fault covers the rest")
    yield disk
    subprocess.run(["umount", disk], check=True)


def _enlarge(disk: Path) -> None:
    subprocess.run(["mount", "-o", "remount,size=8m", disk], check=True)


async def test_a_full_file_system_refuses_and_recovers(small_disk: Path) -> None:
    async with store_of(small_disk / "relevo.db") as store:
        kept = len(await store.accept([new_ticket()]))
        error: StoreUnavailable | None = None
        while error is None:
            try:
                kept += len(await store.accept([new_ticket() for _ in range(50)]))
            except StoreUnavailable as refusal:
                error = refusal
        assert "full" in str(error)
        _enlarge(small_disk)
        await store.accept([new_ticket()])
        assert len(await store.tickets(limit=100_000)) == kept + 1


async def test_a_failed_fsync_stops_the_store_for_good(
    file: Path, tmp_path: Path, start: Start, failing_disk: Path
) -> None:
    fault = tmp_path / "fault"
    child = start(file, LD_PRELOAD=str(failing_disk), DISK_FAULT=str(fault))
    assert heard(child) == "ready"
    kept = ask(child)
    fault.write_text("eio")
    answers = {ask(child).split()[0], heard(child).split()[0]}
    assert answers == {"failed", "stop"}
    fault.unlink()
    assert ask(child).startswith("failed"), "the disk seems well again, but nobody knows what it holds"
    child.kill()
    child.wait()
    assert kept.removeprefix("kept ") in await references(file)


async def test_a_locked_file_refuses_within_five_seconds_and_recovers(file: Path) -> None:
    async with store_of(file) as store:
        other = sqlite3.connect(file, isolation_level=None)
        other.execute("BEGIN EXCLUSIVE")
        started = time.monotonic()
        calls = [asyncio.create_task(store.accept([new_ticket()])) for _ in range(20)]
        await asyncio.sleep(0.5)
        calls += [asyncio.create_task(store.accept([new_ticket()])) for _ in range(20)]
        results = await asyncio.gather(*calls, return_exceptions=True)
        assert time.monotonic() - started < 5
        assert {type(result) for result in results} == {StoreUnavailable}
        assert await store.tickets() == [], "reading goes on"
        other.execute("ROLLBACK")
        other.close()
        await store.accept([new_ticket()])
        assert len(await store.tickets()) == 1


async def test_a_second_gateway_is_refused(file: Path, start: Start) -> None:
    first = start(file)
    assert heard(first) == "ready"
    second = start(file)
    assert heard(second) == (
        f"not started: store: another gateway has this database open: process {first.pid} holds {file}.lock"
    )
    assert second.wait(10) == 1
    with pytest.raises(StartError, match=str(first.pid)):
        migrate(f"sqlite:{file}")
    assert ask(first).startswith("kept")


def test_what_is_no_database_is_refused(file: Path) -> None:
    file.write_bytes(b"Dear diary, today " * 100)
    with pytest.raises(StartError, match=r"relevo\.db can't be opened: file is not a database"):
        migrate(f"sqlite:{file}")
    assert file.read_bytes().startswith(b"Dear diary"), "and left as it is"


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StartError, match="nowhere"):
        migrate(f"sqlite:{tmp_path}/nowhere/relevo.db")


@pytest.mark.parametrize(
    "failpoint",
    [
        "accept.before_commit:7",
        "accept.after_commit:7",
        "claim.after_commit:7",
        "begin.after_commit:7",
        "record.before_commit:7",
        "record.after_commit:7",
    ],
)
async def test_nothing_that_was_answered_is_lost_by_a_kill(file: Path, start: Start, failpoint: str) -> None:
    child = start(file, "work", RELEVO_FAILPOINT=failpoint)
    said, _ = child.communicate(timeout=30)
    assert child.returncode == -signal.SIGKILL
    told: defaultdict[str, set[str]] = defaultdict(set)
    for line in said.splitlines()[1:]:
        verb, reference = line.split()
        told[verb].add(reference)
    async with store_of(file) as store:
        found = {ticket.reference: ticket for ticket in await store.tickets(limit=10_000)}
        assert told["kept"] <= set(found)
        assert all(found[each].state is TicketState.HANDED_OFF for each in told["handed"])
        states = {copy.state for copy in await store.handoffs([ticket.id for ticket in found.values()])}
        assert HandoffState.STARTED not in states
        unknown = await store.counts(0.0)
        assert unknown["handoffs_unknown"] == unknown["deliveries_waiting.reconcile"]
        assert (await store.audit(None, 10_000))[0] == []


@pytest.mark.parametrize(
    "failpoint",
    [
        "keep_mail.before_commit:7",
        "keep_mail.after_commit:7",
        "accept.after_commit:7",
        "mail_read.before_commit:7",
        "mail_read.after_commit:7",
    ],
)
async def test_t02_every_mail_that_was_kept_is_one_ticket_after_a_kill(
    file: Path, start: Start, failpoint: str
) -> None:
    child = start(file, "mails", RELEVO_FAILPOINT=failpoint)
    said, _ = child.communicate(timeout=30)
    assert child.returncode == -signal.SIGKILL
    told = {line.split()[1]: line.split()[0] for line in said.splitlines()[1:]}
    assert told
    async with store_of(file) as store:
        mails = {mail_id: await store.raw_mail(mail_id) for mail_id in told}
        assert all(mail and mail.content == CONTENT for mail in mails.values())
        assert all(mail and mail.message_id for mail_id, mail in mails.items() if told[mail_id] == "read")
        assert await store.audit_mails(None, 10_000) == ([], None)
        while await store_process.read_mails(store, SystemClock()):
            continue
        tickets = await store.tickets(limit=10_000)
    with sqlite3.connect(file) as connection:
        ((kept, read),) = connection.execute("SELECT count(*), count(DISTINCT message_id) FROM raw_mails")
    assert kept == read == len(tickets)


@pytest.mark.parametrize("failpoint", ["keep_call.before_commit:23", "keep_call.after_commit:23"])
async def test_a_call_is_kept_with_all_that_follows_or_not_at_all(file: Path, start: Start, failpoint: str) -> None:
    child = start(file, "calls", RELEVO_FAILPOINT=failpoint)
    said, _ = child.communicate(timeout=30)
    assert child.returncode == -signal.SIGKILL
    told = {line.split()[1]: line.split()[0] for line in said.splitlines()[1:]}
    assert set(told.values()) >= {"opened", "ended"}
    async with store_of(file) as store:
        calls = {sid: await store.call(sid) for sid in told}
        assert all(call and call.over for sid, call in calls.items() if told[sid] == "ended")
        tickets = {ticket.id: ticket for ticket in await store.tickets(limit=10_000)}
        taken = {copy.ticket_id for copy in await store.handoffs(list(tickets))}
        assert all(call and call.ticket_id in taken for sid, call in calls.items() if told[sid] != "opened")
        assert {each for each, ticket in tickets.items() if ticket.state is TicketState.HANDED_OFF} == taken
        assert (await store.audit(None, 10_000))[0] == []
    with sqlite3.connect(file) as connection:
        kept = connection.execute("SELECT ticket_id, version, ended FROM calls").fetchall()
        recorded = {each for (each,) in connection.execute("SELECT ticket_id FROM deliveries WHERE kind = 'record'")}
        messages = dict(connection.execute("SELECT ticket_id, count(*) FROM messages GROUP BY ticket_id"))
    assert sorted(each for each, _, _ in kept) == sorted(tickets), "one ticket for each call"
    assert recorded == taken
    assert all(
        messages[each] == (2 if version == 3 else 1) and ended == (version == 3) for each, version, ended in kept
    )
