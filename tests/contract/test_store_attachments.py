"""Attachments of messages, over every engine."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from gateway.core.delivery import Kind
from gateway.core.handoff import HandoffState
from gateway.core.provider import ProviderReport, ReportResult, ReportType
from gateway.core.ticket import Acceptance, Attachment, Intake
from gateway.store import SqlStore
from tests.support.store import ENGINES, opened_store
from tests.support.store_work import Work, follow_up, new_ticket

PICTURE = Attachment("captura.png", "image/png", 2048, "a" * 64)
LOG = Attachment("año.log", "text/plain", 5_000_000_000, "b" * 64)
SAME_LOG = Attachment("copy.log", "text/plain", 5_000_000_000, "b" * 64)


@pytest.fixture(params=ENGINES)
async def store(request: pytest.FixtureRequest) -> AsyncIterator[SqlStore]:
    async with opened_store(request.param) as opened:
        yield opened


def with_files(intake: Intake, *attachments: Attachment) -> Intake:
    return replace(intake, message=replace(intake.message, attachments=attachments))


async def attached(work: Work, ticket_id: str) -> list[tuple[Attachment, ...]]:
    """What each message has, in the conversation's order."""
    return [message.attachments for message in (await work.case(ticket_id)).messages]


async def test_attachments_come_back_in_their_order(work: Work) -> None:
    ticket_id = await work.accept(with_files(new_ticket(), PICTURE, LOG, SAME_LOG))
    assert await attached(work, ticket_id) == [(PICTURE, LOG, SAME_LOG)]


async def test_each_message_has_its_own(work: Work) -> None:
    ticket_id = await work.accept(with_files(new_ticket(), PICTURE))
    await work.accept(follow_up(ticket_id))
    await work.accept(with_files(follow_up(ticket_id), LOG, PICTURE))
    assert await attached(work, ticket_id) == [(PICTURE,), (), (LOG, PICTURE)]


async def test_tickets_of_one_group_keep_theirs_apart(store: SqlStore, work: Work) -> None:
    first, second, third = new_ticket(), new_ticket(), new_ticket()
    receipts = await store.accept([with_files(first, PICTURE), second, with_files(third, LOG)])
    assert [await attached(work, each.ticket_id) for each in receipts] == [[(PICTURE,)], [()], [(LOG,)]]


async def test_whoever_claims_a_ticket_gets_them(work: Work) -> None:
    await work.accept(with_files(new_ticket(), PICTURE, LOG))
    (case,) = await work.claim()
    assert case.messages[0].attachments == (PICTURE, LOG)


async def test_whoever_claims_a_further_message_gets_them(work: Work) -> None:
    ticket_id, _ = await work.handed_off()
    await work.accept(with_files(follow_up(ticket_id), LOG))
    (case,) = await work.claim(Kind.MESSAGE, at=1_020.0)
    assert [message.attachments for message in case.messages] == [(), (LOG,)]


async def test_a_providers_reply_has_them(store: SqlStore, work: Work) -> None:
    ticket_id, copy = await work.handed_off()
    reference = (await work.copy(ticket_id, copy.id)).provider_reference
    report = ProviderReport(
        provider="acme", report_id="r1", type=ReportType.REPLIED, at=1_020.0, provider_reference=reference,
        body="Siga estos pasos.", attachments=(PICTURE,),
    )  # fmt: skip
    assert await store.report([report]) == [ReportResult.APPLIED]
    assert await store.report([report]) == [ReportResult.DUPLICATE]
    assert await attached(work, ticket_id) == [(), (PICTURE,)]


async def test_a_duplicate_adds_none(store: SqlStore, work: Work) -> None:
    ticket_id = await work.accept(with_files(new_ticket(key="k"), PICTURE))
    (again,) = await store.accept([with_files(new_ticket(key="k"), PICTURE)])
    assert (again.acceptance, again.ticket_id) == (Acceptance.DUPLICATE, ticket_id)
    assert await attached(work, ticket_id) == [(PICTURE,)]


async def test_a_refused_hand_off_leaves_them(work: Work) -> None:
    ticket_id = await work.accept(with_files(new_ticket(), PICTURE))
    (case,) = await work.claim()
    copy = await work.begin(case, "acme")
    await work.learn(copy, HandoffState.REFUSED)
    assert await attached(work, ticket_id) == [(PICTURE,)]


async def test_blobs_are_named_by_what_is_attached(store: SqlStore, work: Work) -> None:
    await work.accept(with_files(new_ticket(), PICTURE, LOG))
    await work.accept(with_files(new_ticket(), SAME_LOG))
    assert await store.blobs_named([PICTURE.digest, LOG.digest, "c" * 64]) == {PICTURE.digest, LOG.digest}
    assert await store.blobs_named([]) == set()
