"""`relevo store copy`: an installation moves from SQLite to PostgreSQL, whole or not at all."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import Result

from gateway.app.blobs import build_blobs
from gateway.core.calls import CallKept
from gateway.core.clock import SystemClock
from gateway.core.delivery import Kind, Quarantine
from gateway.core.errors import StoreFailed
from gateway.core.handoff import HandoffState
from gateway.core.ports import KeptBlobs
from gateway.core.provider import HealthState, ProviderStatus, Takeover
from gateway.core.raw_mail import Kept
from gateway.core.store_address import store_address
from gateway.core.ticket import Acceptance, Allowance, Attachment, Requester
from gateway.store import SqlStore, open_store
from tests.contract.blobs_contract import CONTENT, content_of, put
from tests.support.command import invoke
from tests.support.kept_calls import CALLER, Calling
from tests.support.kept_mails import Reading, new_mail
from tests.support.postgres import Server, empty_store, shared_server
from tests.support.store_work import Work, follow_up, lease_of, new_ticket

MAIL = b"No puedo imprimir nada." * 50_000


def on_failed(error: StoreFailed) -> None:
    raise AssertionError("the store failed") from error


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[tuple[SqlStore, KeptBlobs]]:
    clock = SystemClock()
    store = open_store(url, clock, on_failed=on_failed, measured=lambda _: None)
    blobs = build_blobs(store_address(url), clock, on_failed)
    await store.start()
    await blobs.start()
    try:
        yield store, blobs
    finally:
        await blobs.close()
        await store.close()


@pytest.fixture
def source(tmp_path: Path) -> str:
    """A store with something in every table."""
    url = f"sqlite:{tmp_path / 'relevo.db'}"
    asyncio.run(lived_in(url))
    return url


async def lived_in(url: str) -> None:
    async with opened(url) as (store, blobs):
        work = Work(store)
        ticket_id, copy = await work.handed_off(intake=new_ticket(key="k", requester=Requester("Íñigo", None, "600")))
        blob = await put(blobs)
        letter = follow_up(ticket_id)
        attachment = Attachment("carta.txt", "text/plain", blob.size, blob.digest)
        await store.accept([replace(letter, message=replace(letter.message, attachments=(attachment,)))])
        await work.learn(copy, HandoffState.PICKED_UP, confirmed=True)
        await store.accept([new_ticket() for _ in range(1_200)])
        (case,) = await work.claim(limit=1)
        await store.quarantine([Quarantine(lease_of(case), "nobody takes it", 1_002.0)])
        await store.save_takeover(Takeover("t", "default", "acme", None, None, 1.5, 2.5, 3.5, 2.8, 5.0, met=False))
        await store.record_health([ProviderStatus("Ñandú", HealthState.UP, 1.25, "a probe succeeded")])
        await store.record_health([ProviderStatus("acme", HealthState.DOWN, 1.25, "", hard=True)])
        await store.save_policies({"a": 1}, "digest")
        await store.record_audit("eva", "reload", {"digest": "digest"})
        await store.secret()
        await people_called(store)
        await mails_came(store, blobs)


async def people_called(store: SqlStore) -> None:
    """One who is on the phone still, and one to whom somebody has spoken."""
    now = SystemClock().now()
    await Calling(store, "CA1").opened(at=now)
    taken = Calling(store, "CA2")
    await taken.opened(at=now)
    await taken.taken("acme", at=now)
    await Calling(store, "CA3").step(at=now, calls=CALLER, reserved=600.5)
    await Calling(store, "CA4").step(at=now - 10, over=True, calls="+34600111333")
    assert await store.forget_calls("phone", now - 5, 10) == 1
    await store.opt_out("texts", CALLER, now, out=True)


async def mails_came(store: SqlStore, blobs: KeptBlobs) -> None:
    reading = Reading(store)
    opened = new_ticket()
    assert opened.ticket is not None
    by_mail = replace(opened, ticket=replace(opened.ticket, answer_by="mail"), acknowledge=(Allowance("eva", 3, 60.0),))
    await store.accept([by_mail])
    now = SystemClock().now() + 1
    await reading.read(at=now, message_id=opened.message.id, header_id="<1@example.org>")
    await reading.withheld(new_mail("7/31", content=bytes(range(256))), at=now)
    await reading.withheld(new_mail(content=None, digest=(await put(blobs, MAIL)).digest), at=now)
    await store.save_mailbox_position("mail", "INBOX", "7:31")


@pytest.fixture
def target() -> Iterator[str]:
    yield empty_store()
    empty_store()


def copy(source: str, target: str) -> Result:
    return invoke("store", "copy", "--from", source, "--to", target)


async def contents(store: SqlStore) -> list[object]:
    tickets = await store.tickets(limit=2_000)
    return [
        tickets,
        [await store.ticket(each.id) for each in tickets[-20:]],
        await store.events(0, limit=10_000),
        (withheld := await store.quarantined()),
        [await store.raw_mail(each.id) for each in withheld],
        await store.mailbox_position("mail", "INBOX"),
        await store.header_ids(tickets[0].id),
        await store.takeovers(),
        sorted(await store.health(), key=lambda status: status.name),
        await store.secret(),
        await store.save_policies({"a": 1}, "digest"),
        [await store.call(sid) for sid in ("CA1", "CA2", "CA3", "CA4")],
        await store.calls_to("phone", 0.0),
        await store.opted_out("texts", CALLER),
    ]


async def test_everything_arrives_as_it_was(source: str, target: str) -> None:
    result = await asyncio.to_thread(copy, source, target)
    assert result.exit_code == 0, result.output
    assert "tickets                 1204" in result.output
    async with opened(source) as (before, _), opened(target) as (after, blobs):
        was = await contents(before)
        assert await contents(after) == was
        (attachment,) = (await Work(after).case((await after.tickets(limit=2_000))[-1].id)).messages[-1].attachments
        assert await content_of(blobs, attachment.digest) == CONTENT
        *_, large = [await after.raw_mail(item.id) for item in await after.quarantined() if item.kind is Kind.MAIL]
        assert large is not None
        assert await content_of(blobs, large.digest or "") == MAIL


async def test_life_goes_on_where_it_was(source: str, target: str) -> None:
    await asyncio.to_thread(copy, source, target)
    async with opened(target) as (store, _):
        last = (await store.events(0, limit=10_000))[-1].seq
        (again,) = await store.accept([new_ticket(key="k")])
        assert again.acceptance is Acceptance.DUPLICATE, "keys are remembered"
        assert await store.keep_mail(new_mail("7/31")) is Kept.DUPLICATE
        await store.accept([new_ticket()])
        assert [each.seq for each in await store.events(last)] == [last + 1, last + 2]
        assert await store.save_policies({"a": 2}, "another") == 2
        assert (await store.audit(None, 2_000))[0] == []
        assert (await store.counts(SystemClock().now()))["tickets_waiting"] == 1_201, "one is held"
        assert await Calling(store).step(calls=CALLER) is CallKept.BUSY


def test_a_target_that_is_not_empty_is_refused(source: str, target: str) -> None:
    assert copy(source, target).exit_code == 0
    result = copy(source, target)
    assert result.exit_code == 1
    assert "the target is not empty" in result.output


def test_a_source_that_is_in_use_is_refused(source: str, target: str) -> None:
    async def meanwhile() -> Result:
        async with opened(source):
            return await asyncio.to_thread(copy, source, target)

    result = asyncio.run(meanwhile())
    assert result.exit_code == 1
    assert "another gateway has this database open" in result.output


def test_a_target_that_is_in_use_is_refused(source: str, target: str) -> None:
    async def meanwhile() -> Result:
        async with opened(target):
            return await asyncio.to_thread(copy, source, target)

    result = asyncio.run(meanwhile())
    assert result.exit_code == 1
    assert "a gateway has postgresql://" in result.output


def test_a_source_that_is_not_there_is_not_made(tmp_path: Path, target: str) -> None:
    result = copy(f"sqlite:{tmp_path / 'nothing.db'}", target)
    assert result.exit_code == 1
    assert "there is no store in" in result.output
    assert list(tmp_path.iterdir()) == []


def test_of_a_copy_that_fails_nothing_is_left(source: str, target: str) -> None:
    for content in Path(source.removeprefix("sqlite:") + ".blobs").glob("??/??/*"):
        content.write_bytes(b"damaged")
    result = copy(source, target)
    assert result.exit_code == 1
    assert "is damaged" in result.output
    assert rows(shared_server()) == 0


def test_what_arrives_otherwise_than_it_was_is_noticed(source: str, target: str) -> None:
    server = shared_server()
    server.execute(
        "CREATE FUNCTION spoil() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN NEW.subject = lower(NEW.subject); RETURN NEW; END $$",
        "relevo",
    )
    server.execute("CREATE TRIGGER spoil BEFORE INSERT ON tickets FOR EACH ROW EXECUTE FUNCTION spoil()", "relevo")
    try:
        result = copy(source, target)
    finally:
        server.execute("DROP FUNCTION spoil CASCADE", "relevo")
    assert result.exit_code == 1
    assert "tickets did not arrive as it was: 1204 rows were sent, 1204 are there" in result.output
    assert rows(server) == 0


def rows(server: Server) -> object:
    return server.execute("SELECT count(*) FROM tickets", "relevo")[0][0]


def test_a_password_is_not_taken_from_the_command_line(source: str) -> None:
    result = copy(source, "postgresql://relevo:canary@127.0.0.1/relevo")
    assert result.exit_code == 2
    assert "PGPASSFILE" in result.output
    assert "canary" not in result.output


@pytest.mark.parametrize("target", ["sqlite:other.db", "mysql:x"])
def test_only_postgresql_is_a_target(source: str, target: str) -> None:
    assert copy(source, target).exit_code in (1, 2)
