"""The threaded store: groups, observers, cancelled callers, an orderly end."""

import asyncio
import sqlite3
from collections.abc import Sequence
from pathlib import Path

import pytest

from gateway.core.clock import SystemClock
from gateway.core.delivery import ClaimRequest, Defer, Kind
from gateway.core.errors import OutcomeUnknown, StoreFailed, StoreUnavailable
from gateway.core.events import Recorded, TicketReceived
from gateway.core.ticket import TicketState
from gateway.store import SqlStore, open_store
from gateway.store.database_sqlite import SqliteDatabase
from gateway.store.threads import ThreadedRunner
from tests.support.store import Heard
from tests.support.store_work import Work, lease_of, new_ticket


@pytest.fixture
def measured() -> list[float]:
    return []


@pytest.fixture
def store(tmp_path: Path, measured: list[float]) -> SqlStore:
    return open_store(f"sqlite:{tmp_path / 'relevo.db'}", SystemClock(), on_failed=_failed, measured=measured.append)


def _failed(error: StoreFailed) -> None:
    pytest.fail(str(error))


def files_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


class Clumsy:
    """An observer that breaks its promise."""

    def observe(self, events: Sequence[Recorded]) -> None:
        raise RuntimeError("clumsy")


async def test_many_callers_share_commits_and_each_commit_is_measured(store: SqlStore, measured: list[float]) -> None:
    await store.start()
    await asyncio.gather(*(store.accept([new_ticket()]) for _ in range(200)))
    assert 2 <= len(measured) <= 10, "the recovery at the start is one; two hundred calls of a moment share a few"
    assert len(await store.tickets(limit=1_000)) == 200
    await store.close()


async def test_an_observer_that_raises_harms_nobody(store: SqlStore) -> None:
    heard = Heard()
    store.subscribe(Clumsy())
    store.subscribe(heard)
    await store.start()
    (receipt,) = await store.accept([new_ticket()])
    assert [event.ticket_id for event in heard.of(TicketReceived)] == [receipt.ticket_id]
    await store.close()


async def test_observers_hear_events_in_the_streams_order(store: SqlStore) -> None:
    heard = Heard()
    store.subscribe(heard)
    await store.start()
    await asyncio.gather(*(store.accept([new_ticket()]) for _ in range(100)))
    assert [each.seq for each in heard.events] == sorted(each.seq for each in heard.events)
    assert await store.events(0, limit=1_000) == heard.events
    await store.close()


async def test_what_a_cancelled_caller_asked_for_is_done(store: SqlStore) -> None:
    await store.start()
    call = asyncio.create_task(store.accept([new_ticket()]))
    await asyncio.sleep(0)
    call.cancel()
    await asyncio.gather(call, return_exceptions=True)
    await store.accept([new_ticket()])
    assert len(await store.tickets()) == 2
    await store.close()


async def test_a_wake_that_shares_a_group_with_a_deferral_is_not_lost(store: SqlStore) -> None:
    await store.start()
    work = Work(store)
    await work.accept()
    (case,) = await work.claim()
    await asyncio.gather(
        store.wake(1_002.0, frozenset({Kind.TICKET}), 10),
        store.defer([Defer(lease_of(case), 9_000.0, "all down")]),
        store.wake(1_002.0, frozenset({Kind.TICKET}), 10),
    )
    assert len(await work.claim(at=1_002.0)) == 1
    await store.close()


async def test_calls_under_way_are_finished_before_the_store_closes(store: SqlStore, tmp_path: Path) -> None:
    await store.start()
    calls = [asyncio.create_task(store.accept([new_ticket()])) for _ in range(50)]
    await asyncio.sleep(0)
    await store.close()
    assert len(await asyncio.gather(*calls)) == 50
    with pytest.raises(StoreUnavailable, match="not open"):
        await store.accept([new_ticket()])
    assert files_in(tmp_path) == ["relevo.db", "relevo.db.lock"], "the log has gone back into the file"
    assert await store.start() == 0, "and it can be opened again"
    assert len(await store.tickets(limit=100)) == 50
    await store.close()


async def test_leases_are_void_after_a_start(store: SqlStore) -> None:
    await store.start()
    work = Work(store)
    ticket_id = await work.accept()
    (case,) = await work.claim(at=1_001.0)
    copy = await work.begin(case, "acme")
    await store.close()
    assert await store.start() == 1
    request = ClaimRequest(frozenset({Kind.TICKET, Kind.RECONCILE}), 10, now=4e9, lease_until=5e9)
    ((*claimed,),) = await store.claim([request])
    assert {each.delivery.kind for each in claimed} == {Kind.TICKET, Kind.RECONCILE}
    assert not await work.try_begin(case, copy), "the lease of before is fenced off"
    assert await work.state(ticket_id) is TicketState.WAITING
    await store.close()


class Impatient(SqliteDatabase):
    """One whose callers are refused sooner than it gives up itself."""

    answers_within = 0.3


async def test_who_is_refused_is_told_whether_it_may_have_been_kept(tmp_path: Path) -> None:
    file = tmp_path / "relevo.db"
    runner = ThreadedRunner(lambda: Impatient.open(str(file)), _failed, lambda seconds: None)
    store = SqlStore(runner, SystemClock())
    await store.start()
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    under_way = asyncio.create_task(store.accept([new_ticket()]))
    await asyncio.sleep(0.1)
    with pytest.raises(StoreUnavailable) as queued:
        await store.accept([new_ticket()])
    with pytest.raises(OutcomeUnknown):
        await under_way
    assert not isinstance(queued.value, OutcomeUnknown)
    other.execute("ROLLBACK")
    other.close()
    await store.close()
