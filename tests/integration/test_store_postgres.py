"""The store over PostgreSQL: what a server may do to its callers, and gateways on one database to each other."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import MetaData
from sqlalchemy.exc import DBAPIError

from gateway.core.clock import SystemClock
from gateway.core.delivery import Finish
from gateway.core.errors import OutcomeUnknown, StartError, StoreUnavailable
from gateway.core.events import GatewayStopped, TicketReceived
from gateway.core.handoff import HandoffState
from gateway.core.raw_mail import Kept
from gateway.core.store_address import store_address
from gateway.core.ticket import Acceptance, Allowance, Intake
from gateway.store import SqlStore, open_store, stream
from gateway.store.blob_tables import blob_metadata
from gateway.store.blobs_postgres import PostgresBlobs
from gateway.store.connection_postgres import BoundedConnection, strengthen
from gateway.store.engine_postgres import administering_engine, writing_engine
from gateway.store.schema import metadata
from tests.contract.blobs_contract import CONTENT, LIMIT, content_of
from tests.support.cutting_proxy import cutting_proxy
from tests.support.eventually import eventually
from tests.support.kept_mails import new_mail
from tests.support.postgres import Server, empty_store, running_server, shared_server
from tests.support.store_work import Work, lease_of, new_ticket

_REFUSED_WITHIN = 5.0
_RECOVERED_WITHIN = 5.0
_NOT_IN_USE = "postgresql://relevo@127.0.0.1:1/relevo"


@asynccontextmanager
async def opened(url: str, clock: SystemClock | None = None) -> AsyncIterator[SqlStore]:
    """A gateway's store at that address, started."""
    clock = clock or SystemClock()

    def on_failed(error: Exception) -> None:
        raise AssertionError("the store failed") from error

    store = open_store(url, clock, on_failed=on_failed, measured=lambda _: None, told_time=clock.follow)
    await store.start()
    try:
        yield store
    finally:
        await store.close()


@pytest.fixture
def url() -> str:
    return empty_store()


@pytest.fixture
async def store(url: str) -> AsyncIterator[SqlStore]:
    async with opened(url) as started:
        yield started


@pytest.fixture
def server() -> Iterator[Server]:
    """One to be harmed, with an empty database."""
    with running_server() as started:
        started.execute("CREATE DATABASE relevo")
        yield started


async def refused(store: SqlStore, key: str | None = None) -> str:
    """Once the fault has reached the server it must refuse, in time; what it says."""
    while True:
        started = time.monotonic()
        try:
            await store.accept([new_ticket(key=key)])
        except StoreUnavailable as error:
            assert time.monotonic() - started < _REFUSED_WITHIN
            return str(error)


async def accepts_again(store: SqlStore) -> None:
    async def missing() -> str | None:
        try:
            await store.accept([new_ticket()])
        except StoreUnavailable as error:
            return f"a yes instead of: {error}"
        return None

    await eventually(missing, _RECOVERED_WITHIN)


# The server


async def test_a_commit_whose_answer_is_lost_is_settled_by_its_key(url: str) -> None:
    direct = str(shared_server().port)
    async with cutting_proxy(int(direct)) as (proxy, port), opened(url.replace(direct, str(port))) as store:
        proxy.cut_next_commit = True
        with pytest.raises(OutcomeUnknown, match="no connection"):
            await store.accept([new_ticket(key="k")])
        assert proxy.cuts == 1
        (again,) = await store.accept([new_ticket(key="k")])
        assert again.acceptance is Acceptance.DUPLICATE
        assert len(await store.tickets()) == 1


async def test_a_server_that_stops_is_refused_and_found_again(server: Server) -> None:
    async with opened(server.url("relevo")) as store:
        await store.accept([new_ticket()])
        assert len(await store.tickets()) == 1
        server.stop()
        await refused(store)
        assert "no connection" in await refused(store)
        server.start()
        await accepts_again(store)
        assert len(await store.tickets()) == 2, "readers are connected anew, too, and nobody is told"


async def test_a_frozen_server_is_given_up_in_time(server: Server) -> None:
    async with opened(server.url("relevo")) as store:
        await store.accept([new_ticket()])
        server.freeze()
        answers = await asyncio.gather(refused(store), refused(store), refused(store))
        assert answers[0].startswith(("the server does not answer", "the store has not answered"))
        with pytest.raises(StoreUnavailable):
            await store.tickets()
        server.thaw()
        await accepts_again(store)


async def test_without_its_standby_nothing_is_told_as_good(server: Server) -> None:
    async with opened(server.url("relevo")) as store:
        want_standby(server)
        await refused(store)
        await refused(store)
        want_no_standby(server)
        await accepts_again(store)


async def test_a_wait_for_the_standby_that_is_cut_short_is_not_told_as_good(server: Server) -> None:
    async with opened(server.url("relevo")) as store:
        want_standby(server)
        call = asyncio.create_task(refused(store, key="k"))
        await until_waiting_for_standby(server)
        server.execute("SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'")
        assert "cut short" in await call
        want_no_standby(server)
        (again,) = await store.accept([new_ticket(key="k")])
        assert again.acceptance is Acceptance.DUPLICATE


def want_standby(server: Server) -> None:
    server.execute("ALTER SYSTEM SET synchronous_standby_names = 'away'")
    server.execute("SELECT pg_reload_conf()")


def want_no_standby(server: Server) -> None:
    server.execute("ALTER SYSTEM RESET synchronous_standby_names")
    server.execute("SELECT pg_reload_conf()")


async def until_waiting_for_standby(server: Server) -> None:
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep' AND query = 'COMMIT'"

    async def missing() -> str | None:
        return None if server.execute(waiting) == [(1,)] else "a commit that waits for the standby"

    await eventually(missing, _REFUSED_WITHIN)


async def test_a_server_that_only_reads_is_refused_until_it_takes_writes_again(server: Server) -> None:
    async with opened(server.url("relevo")) as store:
        server.execute("ALTER SYSTEM SET default_transaction_read_only = on")
        server.execute("SELECT pg_reload_conf()")
        assert "25006" in await refused(store)
        assert "session is read-only" in await refused(store), "it looks for a host that takes writes"
        server.execute("ALTER SYSTEM RESET default_transaction_read_only")
        server.execute("SELECT pg_reload_conf()")
        await accepts_again(store)


async def test_a_database_that_is_not_there(caplog: pytest.LogCaptureFixture) -> None:
    for address in (_NOT_IN_USE, shared_server().url("nowhere").replace("relevo@", "relevo:canary@")):
        with pytest.raises(
            StartError, match=r"store: postgresql://relevo@127\.0\.0\.1:\d+/\w+ can't be opened"
        ) as caught:
            async with opened(address):
                pass
        assert "canary" not in str(caught.value)
    assert "canary" not in caplog.text


def test_commits_wait_for_the_disk_whatever_the_default(url: str) -> None:
    told: list[str] = []
    with BoundedConnection.to(store_address(f"{url}?options=-c%20synchronous_commit%3Doff")) as connection:
        strengthen(connection, several_hosts=True, warn=told.append)
        row = connection.execute("SHOW synchronous_commit").fetchone()
        assert row == ("on",)
    assert [each.partition(":")[0] for each in told] == ["several hosts, but synchronous_standby_names is empty"]


def test_a_stronger_default_stays(url: str) -> None:
    with BoundedConnection.to(store_address(f"{url}?options=-c%20synchronous_commit%3Dremote_apply")) as connection:
        strengthen(connection, several_hosts=False, warn=pytest.fail)
        assert connection.execute("SHOW synchronous_commit").fetchone() == ("remote_apply",)


def test_a_server_that_does_not_care_for_its_disk_is_told_of(server: Server) -> None:
    server.stop()
    server.start(fsync="off", full_page_writes="off")
    told: list[str] = []
    with BoundedConnection.to(store_address(server.url())) as connection:
        strengthen(connection, several_hosts=False, warn=told.append)
    assert [each.split()[0] for each in told] == ["fsync", "full_page_writes"]


async def test_a_text_with_a_nul_is_kept_without_it(store: SqlStore) -> None:
    work = Work(store)
    ticket_id, copy = await work.handed_off()
    await store.supersede(copy.id, 1_010.0, "a desk said\0this")
    ticket = (await work.case(ticket_id)).ticket
    assert ticket is not None
    assert ticket.reason == "a desk said�this"


# Other gateways


async def test_a_gateway_that_stands_still_in_its_turn_is_cut_off(store: SqlStore, url: str) -> None:
    peer = writing_engine(store_address(url), prepare=lambda driver: None, told_time=lambda now: None)
    with peer.connect() as connection:
        connection.begin()
        started = time.monotonic()
        await store.accept([new_ticket()])
        assert time.monotonic() - started > 1.0, "it was the other's turn"
        with pytest.raises(DBAPIError, match="idle-in-transaction timeout"):
            connection.exec_driver_sql("SELECT 1")
        connection.invalidate()


async def test_two_gateways_never_claim_the_same(store: SqlStore, url: str) -> None:
    async with opened(url) as peer:
        mine, theirs = Work(store), Work(peer)
        for _ in range(40):
            await mine.accept()
        claims = await asyncio.gather(*(work.claim(limit=3) for _ in range(20) for work in (mine, theirs)))
        claimed = [case.delivery.id for cases in claims for case in cases]
        assert len(claimed) == len(set(claimed)) == 40


async def test_who_follows_the_stream_never_sees_a_number_before_a_smaller_one(store: SqlStore, url: str) -> None:
    with administering_engine(store_address(url)).connect() as other, other.begin():
        stream.append(other, [GatewayStopped(at=1.0)])
        call = asyncio.create_task(store.accept([new_ticket()]))
        await until_somebody_waits_for_a_turn()
        assert await store.events(0) == []
    await call
    assert [type(each.event) for each in await store.events(0)] == [GatewayStopped, TicketReceived]


async def until_somebody_waits_for_a_turn() -> None:
    waiting = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"

    async def missing() -> str | None:
        return None if shared_server().execute(waiting) == [(1,)] else "one who waits for its turn"

    await eventually(missing, 2.0)


async def test_one_key_at_two_gateways_at_once_is_one_ticket(store: SqlStore, url: str) -> None:
    async with opened(url) as peer:
        for number in range(10):
            given = await asyncio.gather(*(each.accept([new_ticket(key=f"k{number}")]) for each in (store, peer)))
            assert {receipt.acceptance for (receipt,) in given} == {Acceptance.NEW, Acceptance.DUPLICATE}
            assert len({receipt.ticket_id for (receipt,) in given}) == 1


async def test_an_allowance_is_one_for_all_gateways(store: SqlStore, url: str) -> None:
    def by_mail() -> Intake:
        intake = new_ticket(at=time.time())
        assert intake.ticket is not None
        answered = replace(intake.ticket, answer_by="mail")
        return replace(intake, ticket=answered, acknowledge=(Allowance("eva", 3, 3600.0),))

    async with opened(url) as peer:
        await asyncio.gather(*(each.accept([by_mail()]) for each in (store, peer) * 5))
        assert await Work(peer).owed() == {"ticket": 10, "acknowledgement": 3}


async def test_one_mail_at_two_gateways_at_once_is_kept_once(store: SqlStore, url: str) -> None:
    async with opened(url) as peer:
        for number in range(10):
            kept = await asyncio.gather(*(each.keep_mail(new_mail(f"7/{number}")) for each in (store, peer)))
            assert set(kept) == {Kept.NEW, Kept.DUPLICATE}
        assert await Work(peer).owed() == {"mail": 10}


async def test_leases_of_a_gateway_that_lives_stay_when_another_starts(store: SqlStore, url: str) -> None:
    mine = Work(store)
    ticket_id = await mine.accept()
    (case,) = await mine.claim(at=time.time())
    copy = await mine.begin(case, "acme", at=time.time())
    async with opened(url) as peer:
        assert not peer.alone
        assert await mine.learn(copy, HandoffState.ACCEPTED)
        assert await mine.state(ticket_id) is not None
        assert await store.finish([Finish(lease_of(case))]) == [False], "what is handed over is owed no more"


async def test_leases_of_before_are_void_for_one_who_starts_alone(url: str) -> None:
    async with opened(url) as store:
        work = Work(store)
        await work.accept()
        (case,) = await work.claim(at=time.time())
        copy = await work.begin(case, "acme", at=time.time())
    await until_nobody_is_connected()
    async with opened(url) as store:
        assert store.alone
        assert not await Work(store).try_begin(case, copy)


async def until_nobody_is_connected() -> None:
    """A session ends a moment after its client has."""
    connected = "SELECT count(*) FROM pg_stat_activity WHERE datname = 'relevo' AND application_name = 'relevo'"

    async def missing() -> str | None:
        return None if shared_server().execute(connected) == [(0,)] else "the last session to end"

    await eventually(missing, 2.0)


async def test_gateways_whose_clocks_differ_agree_on_the_database_s(url: str) -> None:
    fast = SystemClock(wall=lambda: time.time() + 3_600)
    async with opened(url, fast), opened(url, right := SystemClock()):
        assert abs(fast.now() - right.now()) < 0.5
        assert 3_599 < fast.drift() < 3_601, "and what is wrong with its own is known"


# What is kept beside the rows


async def test_a_slow_sender_of_an_attachment_holds_no_transaction_open(url: str) -> None:
    """The server would cut it off."""
    blobs = PostgresBlobs(store_address(url), SystemClock())

    async def slow() -> AsyncIterator[bytes]:
        yield CONTENT
        await asyncio.sleep(2.3)
        yield CONTENT

    blob = await blobs.put(slow(), LIMIT)
    assert await content_of(blobs, blob.digest) == CONTENT * 2
    await blobs.close()


def test_the_migrated_schema_is_the_declared_one(url: str) -> None:
    declared = MetaData()
    for table in (*metadata.tables.values(), *blob_metadata.tables.values()):
        table.to_metadata(declared)
    with administering_engine(store_address(url)).connect() as connection, connection.begin():
        assert compare_metadata(MigrationContext.configure(connection), declared) == []
