"""The spool before a store that can be away, over a real folder: nobody is told no, and nothing is lost, or twice."""

import asyncio
import random
import resource
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.core.errors import BlobMissing, InvalidMessage, StartError, StoreUnavailable
from gateway.core.events import DuplicateReceived, SpoolDrained, SpoolingStarted, TicketReceived
from gateway.core.ticket import Acceptance, Attachment, Intake, Receipt, TicketState
from gateway.store.spool.lines import line_of
from gateway.store.spool.record import encode
from tests.contract.blobs_contract import CONTENT, content_of, put
from tests.support.spool import Site, SwitchedRunner, opened_site
from tests.support.store_work import Work, follow_up, new_ticket


@pytest.fixture
async def runner() -> AsyncIterator[SwitchedRunner]:
    runner = SwitchedRunner()
    yield runner
    await runner.close()


@pytest.fixture
async def site(tmp_path: Path, runner: SwitchedRunner) -> AsyncIterator[Site]:
    async with opened_site(tmp_path, runner) as opened:
        yield opened


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "spool"


def line_files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.spool"))


def set_aside(folder: Path) -> list[Path]:
    return list(folder.glob("*.aside"))


def modes_in(folder: Path) -> dict[str, int]:
    return {path.name: path.stat().st_mode & 0o777 for path in (folder, *folder.glob("*"))}


async def accept(site: Site, *intakes: Intake) -> list[Receipt]:
    return [(await site.spooled.accept([each]))[0] for each in intakes]


async def go_away(site: Site) -> None:
    """The store is away, and that is known."""
    site.runner.away = True
    with pytest.raises(StoreUnavailable):
        await site.store.drain([])


async def come_back(site: Site) -> None:
    """The store is back, and everything drained."""
    site.runner.away = site.runner.mute = False
    await site.drainer.round()


# While the store is there


async def test_the_spool_keeps_out_of_the_way(site: Site, folder: Path) -> None:
    (receipt,) = await accept(site, new_ticket(reference="1234567897"))
    assert receipt.reference == "1234567897"
    assert await site.references() == ["1234567897"]
    assert line_files(folder) == []
    assert (site.spooled.why_not_ready(), site.spooled.remark()) == (None, None)


async def test_what_is_wrong_with_a_message_is_told(site: Site) -> None:
    with pytest.raises(InvalidMessage):
        await site.spooled.accept([follow_up("0" * 32)])


# While it is away


async def test_requests_are_taken_and_drained_in_order_under_what_was_told(site: Site, folder: Path) -> None:
    site.runner.away = True
    receipts = await accept(site, *(new_ticket(key=str(number)) for number in range(5)))
    assert {receipt.acceptance for receipt in receipts} == {Acceptance.NEW}
    assert all(receipt.reference.startswith("9") for receipt in receipts)
    assert len(line_files(folder)) == 1
    await come_back(site)
    assert await site.references() == [receipt.reference for receipt in receipts]
    assert line_files(folder) == []
    assert site.spool.state.requests == 0


async def test_many_at_once_are_each_durable_when_they_are_told(site: Site, folder: Path) -> None:
    await go_away(site)
    receipts = await asyncio.gather(*(accept(site, new_ticket()) for _ in range(50)))
    text = line_files(folder)[0].read_text()
    assert len({receipt.reference for (receipt,) in receipts}) == 50
    assert all(receipt.reference in text for (receipt,) in receipts)


async def test_its_owner_alone_may_look(site: Site, folder: Path) -> None:
    await go_away(site)
    await accept(site, new_ticket())
    assert modes_in(folder) == {"spool": 0o700, "blobs": 0o700, "lock": 0o600, "holder": 0o600, "00000001.spool": 0o600}


async def test_a_key_that_is_spooled_answers_from_there_and_after_it_was_drained(site: Site) -> None:
    await go_away(site)
    (first,) = await accept(site, new_ticket(key="a"))
    again, conflict = await accept(site, new_ticket(key="a"), new_ticket(key="a", fingerprint="other"))
    assert (again.acceptance, again.reference) == (Acceptance.DUPLICATE, first.reference)
    assert conflict.acceptance is Acceptance.CONFLICT
    await come_back(site)
    (later,) = await accept(site, new_ticket(key="a"))
    assert (later.acceptance, later.reference) == (Acceptance.DUPLICATE, first.reference)
    assert await site.references() == [first.reference]


async def test_the_same_key_on_two_connections_at_once_is_one_request(site: Site) -> None:
    site.runner.away = True
    both = await asyncio.gather(accept(site, new_ticket(key="a")), accept(site, new_ticket(key="a")))
    assert sorted(receipt.acceptance for (receipt,) in both) == [Acceptance.DUPLICATE, Acceptance.NEW]
    await come_back(site)
    assert len(await site.references()) == 1


async def test_a_commit_that_nobody_heard_of_is_one_ticket_under_one_reference(site: Site) -> None:
    site.runner.mute = True
    (receipt,) = await accept(site, new_ticket(key="a"))
    await come_back(site)
    assert await site.references() == [receipt.reference]
    assert site.heard.of(DuplicateReceived) == []
    (again,) = await accept(site, new_ticket(key="a"))
    assert again.reference == receipt.reference


async def test_a_request_that_the_store_has_already_leads_to_the_first(site: Site) -> None:
    (first,) = await accept(site, new_ticket(key="a"))
    await go_away(site)
    (again,) = await accept(site, new_ticket(key="a"))
    await come_back(site)
    case = await site.spooled.ticket(again.ticket_id)
    assert case is not None
    assert case.ticket is not None
    assert case.ticket.id == first.ticket_id
    assert await site.spooled.ticket_by_reference(again.reference) == case


async def test_its_page_shows_it_before_and_after(site: Site) -> None:
    await go_away(site)
    intake = new_ticket()
    (receipt,) = await accept(site, intake)
    case = await site.spooled.ticket(receipt.ticket_id)
    assert case is not None
    assert case.ticket is not None
    assert (case.ticket.reference, case.ticket.state) == (receipt.reference, TicketState.WAITING)
    assert case.messages == (intake.message,)
    await come_back(site)
    drained = await site.spooled.ticket(receipt.ticket_id)
    assert drained is not None
    assert (drained.ticket, drained.messages) == (case.ticket, case.messages)


async def test_a_further_message_waits_for_the_store(site: Site) -> None:
    await go_away(site)
    (receipt,) = await accept(site, new_ticket())
    with pytest.raises(StoreUnavailable):
        await site.spooled.accept([follow_up(receipt.ticket_id)])
    site.runner.away = False
    with pytest.raises(StoreUnavailable, match="not reached"):
        await site.spooled.accept([follow_up(receipt.ticket_id)])
    await come_back(site)
    assert (await accept(site, follow_up(receipt.ticket_id)))[0].acceptance is Acceptance.NEW


async def test_beyond_its_bytes_it_refuses_and_is_not_ready(tmp_path: Path, runner: SwitchedRunner) -> None:
    room = 2 * len(line_of(encode(new_ticket()))) + 10
    async with opened_site(tmp_path, runner, limit=room) as site:
        await go_away(site)
        kept = await accept(site, new_ticket(), new_ticket())
        assert site.spooled.why_not_ready() is None
        with pytest.raises(StoreUnavailable, match=f"{room} bytes"):
            await accept(site, new_ticket())
        assert "the spool is full" in (site.spooled.why_not_ready() or "")
        assert sum(file.stat().st_size for file in line_files(tmp_path / "spool")) <= room
        await come_back(site)
        await accept(site, new_ticket())
        assert len(await site.references()) == len(kept) + 1


async def test_with_no_bytes_it_never_is_ready_while_the_store_is_away(tmp_path: Path, runner: SwitchedRunner) -> None:
    async with opened_site(tmp_path, runner, limit=0) as site:
        await go_away(site)
        with pytest.raises(StoreUnavailable):
            await accept(site, new_ticket())
        assert "no connection" in (site.spooled.why_not_ready() or "")


async def test_readiness_and_those_who_raise_alarms_hear_of_it_at_once_and_the_stream_later(site: Site) -> None:
    await go_away(site)
    await accept(site, new_ticket(), new_ticket())
    assert site.spooled.why_not_ready() is None
    assert site.spooled.remark() == (
        "the store is away: no connection; requests that wait in the spool: 2, since 1970-01-01T00:16:40.000Z"
    )
    assert [each.reason for each in site.alarmed.of(SpoolingStarted)] == ["no connection"]
    assert site.heard.of(SpoolingStarted) == []
    site.clock.at += 60.0
    await come_back(site)
    assert site.heard.of(SpoolDrained) == [SpoolDrained(at=1_060.0, requests=2, seconds=60.0)]
    assert [each.at for each in site.heard.of(SpoolingStarted)] == [1_000.0]
    assert site.spooled.remark() is None


# Crashes and disks


async def test_what_was_told_before_a_crash_is_not_told_to_another(tmp_path: Path, runner: SwitchedRunner) -> None:
    told = []
    for _ in range(2):  # chance comes up with the same ones again
        runner.away = False
        async with opened_site(tmp_path, runner) as site:
            await go_away(site)
            random.seed(5)
            told += [receipt.reference for receipt in await accept(site, new_ticket(), new_ticket())]
    assert len(set(told)) == 4


async def test_what_a_crash_left_is_drained_by_the_next(tmp_path: Path, runner: SwitchedRunner) -> None:
    async with opened_site(tmp_path, runner) as site:
        await go_away(site)
        receipts = await accept(site, new_ticket(key="a"), new_ticket())
    runner.away = False
    async with opened_site(tmp_path, runner) as site:
        assert len(site.alarmed.of(SpoolingStarted)) == 1
        (again,) = await accept(site, new_ticket(key="a"))
        assert again.reference == receipts[0].reference
        await site.drainer.round()
        assert await site.references() == [receipt.reference for receipt in receipts]


async def test_a_crash_between_the_commit_and_the_removal_makes_nothing_twice(
    tmp_path: Path, runner: SwitchedRunner, folder: Path
) -> None:
    async with opened_site(tmp_path, runner) as site:
        await go_away(site)
        receipts = await accept(site, new_ticket(key="a"), new_ticket())
        image = {file: file.read_bytes() for file in line_files(folder)}
        await come_back(site)
    for file, content in image.items():
        file.write_bytes(content)
    async with opened_site(tmp_path, runner) as site:
        await site.drainer.round()
        assert await site.references() == [receipt.reference for receipt in receipts]
        assert line_files(folder) == []


async def test_a_torn_last_line_is_passed_over_and_nothing_is_written_behind_it(
    tmp_path: Path, runner: SwitchedRunner, folder: Path
) -> None:
    async with opened_site(tmp_path, runner) as site:
        await go_away(site)
        receipts = await accept(site, new_ticket(), new_ticket())
    with line_files(folder)[0].open("ab") as file:
        file.write(b'0badc0de {"message"')
    runner.away = False
    async with opened_site(tmp_path, runner) as site:
        runner.away = True
        receipts += await accept(site, new_ticket())
        await come_back(site)
        assert await site.references() == [receipt.reference for receipt in receipts]
        assert site.spool.state.set_aside == 0


async def test_a_damaged_line_is_set_aside_and_delays_no_other(
    tmp_path: Path, runner: SwitchedRunner, folder: Path
) -> None:
    async with opened_site(tmp_path, runner) as site:
        await go_away(site)
        receipts = await accept(site, new_ticket(), new_ticket(), new_ticket())
    (file,) = line_files(folder)
    lines = file.read_bytes().splitlines(keepends=True)
    lines[1] = lines[1].replace(b"waiting", b"wanting")
    file.write_bytes(b"".join(lines))
    runner.away = False
    async with opened_site(tmp_path, runner) as site:
        await site.drainer.round()
        assert await site.references() == [receipts[0].reference, receipts[2].reference]
        assert "set aside for somebody to look at: 1" in (site.spooled.remark() or "")
    (aside,) = set_aside(folder)
    assert aside.read_bytes() == lines[1]
    assert line_files(folder) == []


async def test_what_the_store_can_not_take_is_set_aside_and_may_be_brought_back(
    tmp_path: Path, runner: SwitchedRunner, folder: Path
) -> None:
    async with opened_site(tmp_path, runner) as site:
        await go_away(site)
        receipts = await accept(site, new_ticket(), new_ticket(), new_ticket())
        runner.guilty = receipts[1].ticket_id
        await come_back(site)
        assert await site.references() == [receipts[0].reference, receipts[2].reference]
        assert site.spool.state.set_aside == 1
    (aside,) = set_aside(folder)
    aside.rename(aside.with_suffix(".spool"))
    runner.guilty = ""
    async with opened_site(tmp_path, runner) as site:
        await site.drainer.round()
        assert (await site.references())[-1] == receipts[1].reference
        assert site.spool.state.set_aside == 0


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """What a full disk does to a write: some of it fits in."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


async def test_a_disk_that_takes_no_more_refuses_and_what_was_told_stays(site: Site, folder: Path) -> None:
    await go_away(site)
    receipts = await accept(site, new_ticket())
    (file,) = line_files(folder)
    length = file.stat().st_size
    with files_of_at_most(length + 50), pytest.raises(StoreUnavailable, match="File too large"):
        await accept(site, new_ticket(key="a"))
    assert file.stat().st_size == length
    with files_of_at_most(0), pytest.raises(StoreUnavailable):
        await accept(site, new_ticket())
    assert line_files(folder) == [file]
    receipts += await accept(site, new_ticket(key="a"))
    assert len(line_files(folder)) == 2
    await come_back(site)
    assert await site.references() == [receipt.reference for receipt in receipts]


async def test_files_grow_to_a_bound_and_go_one_by_one(tmp_path: Path, runner: SwitchedRunner, folder: Path) -> None:
    async with opened_site(tmp_path, runner, limit=10_000_000) as site:
        await go_away(site)
        long = new_ticket()
        body = "x" * 600_000
        receipts = await accept(
            site,
            *(replace(each, message=replace(each.message, body=body)) for each in (long, new_ticket(), new_ticket())),
        )
        assert len(line_files(folder)) == 2
        await come_back(site)
        assert await site.references() == [receipt.reference for receipt in receipts]
        assert line_files(folder) == []


def put_together(folder: Path, *others: Path) -> None:
    folder.mkdir()
    for number, other in enumerate(others):
        (file,) = line_files(other)
        (folder / f"0000000{number}.spool").write_bytes(file.read_bytes())


async def test_the_files_of_two_gateways_may_be_put_together(
    tmp_path: Path, runner: SwitchedRunner, folder: Path
) -> None:
    """Even copies, and though a client went to both with the same request."""
    receipts = []
    for name in ("one", "two"):
        runner.away = False
        async with opened_site(tmp_path / name, runner) as site:
            await go_away(site)
            receipts += await accept(site, new_ticket(key="a"), new_ticket())
    put_together(folder, *(tmp_path / name / "spool" for name in ("one", "two", "two")))
    runner.away = False
    async with opened_site(tmp_path, runner) as site:
        assert site.spool.state.requests == 4
        await site.drainer.round()
        assert await site.references() == [receipts[0].reference, receipts[1].reference, receipts[3].reference]
        again = await site.spooled.ticket(receipts[2].ticket_id)
        assert again is not None
        assert again.ticket is not None
        assert again.ticket.reference == receipts[0].reference
    assert line_files(folder) == []


async def test_two_gateways_on_one_folder_are_refused(tmp_path: Path, site: Site) -> None:
    with pytest.raises(StartError, match="another gateway has this spool open"):
        async with opened_site(tmp_path, site.runner):
            pass


# Attachments


async def with_a_file(site: Site, intake: Intake) -> Intake:
    blob = await put(site.blobs)
    attached = Attachment("a.txt", "text/plain", blob.size, blob.digest)
    return replace(intake, message=replace(intake.message, attachments=(attached,)))


async def test_a_file_waits_here_and_goes_to_the_store_before_its_message(site: Site) -> None:
    await go_away(site)
    intake = await with_a_file(site, new_ticket())
    digest = intake.message.attachments[0].digest
    await accept(site, intake)
    assert await content_of(site.blobs, digest) == CONTENT
    with pytest.raises(BlobMissing):
        await content_of(site.beside, digest)
    await come_back(site)
    assert await content_of(site.beside, digest) == CONTENT
    assert (await Work(site.store).case(intake.message.ticket_id)).messages == (intake.message,)


async def test_a_file_that_came_while_the_store_was_away_and_its_message_later(site: Site) -> None:
    await go_away(site)
    intake = await with_a_file(site, new_ticket())
    await come_back(site)
    await accept(site, intake)
    assert await content_of(site.beside, intake.message.attachments[0].digest) == CONTENT


async def test_a_spooled_requests_file_is_no_orphan_here_or_there(site: Site) -> None:
    early = await with_a_file(site, new_ticket())
    await go_away(site)
    late = await with_a_file(site, new_ticket())
    await accept(site, early, late)
    site.runner.away = False
    await site.blobs.remove_orphans(2_000.0, site.store.blobs_named)
    assert await content_of(site.beside, early.message.attachments[0].digest) == CONTENT
    assert await content_of(site.here, late.message.attachments[0].digest) == CONTENT
    await come_back(site)
    await site.blobs.remove_orphans(2_000.0, site.store.blobs_named)
    with pytest.raises(BlobMissing):
        await content_of(site.here, late.message.attachments[0].digest)
    assert await content_of(site.blobs, late.message.attachments[0].digest) == CONTENT


async def test_files_count_with_the_bytes(tmp_path: Path, runner: SwitchedRunner) -> None:
    async with opened_site(tmp_path, runner, limit=len(CONTENT) + 100) as site:
        await go_away(site)
        intake = await with_a_file(site, new_ticket())
        with pytest.raises(StoreUnavailable, match="room"):
            await accept(site, intake)


async def test_the_events_of_what_was_drained_tell_when_it_came(site: Site) -> None:
    await go_away(site)
    await accept(site, new_ticket(at=1_000.0))
    site.clock.at = 5_000.0
    await come_back(site)
    assert [each.at for each in site.heard.of(TicketReceived)] == [1_000.0]
