"""What is owed to requesters by a channel: acknowledgements within their allowances, and answers; over every engine."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from gateway.core.delivery import Finish, Kind, Quarantine
from gateway.core.provider import ProviderReport, ReportResult, ReportType
from gateway.core.ticket import Acceptance, Allowance, Intake, Priority, TicketState
from gateway.store import SqlStore
from tests.support.store import ENGINES, opened_store
from tests.support.store_work import Work, follow_up, lease_of, new_ticket

ANY = Allowance("any", 1_000, 3600.0)
THREE = Allowance("sender and subject", 3, 3600.0)
FIVE = Allowance("sender", 5, 3600.0)


@pytest.fixture(params=ENGINES)
async def store(request: pytest.FixtureRequest) -> AsyncIterator[SqlStore]:
    async with opened_store(request.param) as opened:
        yield opened


def by_mail(*allowances: Allowance, at: float = 1_000.0, key: str | None = None) -> Intake:
    """A request whose requester is answered by the channel `mail`."""
    intake = new_ticket(at=at, key=key, priority=Priority.HIGH)
    assert intake.ticket is not None
    return replace(intake, ticket=replace(intake.ticket, answer_by="mail"), acknowledge=allowances)


def reply(to: Intake, report_id: str = "r1") -> ProviderReport:
    assert to.ticket is not None
    reference = to.ticket.reference
    return ProviderReport("acme", report_id, ReportType.REPLIED, 1_020.0, reference=reference, body="Reinicie")


async def acknowledged(work: Work) -> int:
    """How many acknowledgements are owed."""
    return (await work.owed()).get("acknowledgement", 0)


async def test_a_new_ticket_is_acknowledged_by_its_channel(store: SqlStore, work: Work) -> None:
    intake = by_mail(ANY)
    await store.accept([intake])
    (case,) = await work.claim(Kind.ACKNOWLEDGEMENT, at=1_000.0)
    assert (case.delivery.target, case.delivery.message_id) == ("mail", intake.message.id)
    assert (case.delivery.priority, case.delivery.created_at) == (Priority.HIGH, 1_000.0)
    assert (case.ticket, case.messages) == (intake.ticket, (intake.message,))
    assert await store.finish([Finish(lease_of(case))]) == [True], "though the ticket itself waits still"
    assert await work.owed() == {"ticket": 1}


async def test_nobody_is_acknowledged_who_is_not_to_be(store: SqlStore, work: Work) -> None:
    await store.accept([new_ticket(), by_mail(), replace(new_ticket(), acknowledge=(ANY,))])
    assert await work.owed() == {"ticket": 3}


async def test_what_opens_no_ticket_is_not_acknowledged(store: SqlStore, work: Work) -> None:
    (first, again) = await store.accept([by_mail(THREE, key="k"), by_mail(THREE, key="k")])
    conflicting = new_ticket(key="k", fingerprint="other").dedupe
    (other,) = await store.accept([replace(by_mail(THREE), dedupe=conflicting)])
    (further,) = await store.accept([replace(follow_up(first.ticket_id), acknowledge=(THREE,))])
    assert [each.acceptance for each in (again, other, further)] == [
        Acceptance.DUPLICATE,
        Acceptance.CONFLICT,
        Acceptance.NEW,
    ]
    assert await acknowledged(work) == 1
    await store.accept([by_mail(THREE) for _ in range(3)])
    assert await acknowledged(work) == 3, "and used up nothing"


async def test_what_was_spooled_is_acknowledged_once(store: SqlStore, work: Work) -> None:
    intake = by_mail(ANY, key="k")
    await store.drain([intake])
    await store.drain([intake])
    assert await acknowledged(work) == 1


async def test_an_allowance_is_used_up_in_one_commit_or_in_several(store: SqlStore, work: Work) -> None:
    await store.accept([by_mail(THREE), by_mail(THREE)])
    await asyncio.gather(*(store.accept([by_mail(THREE)]) for _ in range(3)))
    assert await acknowledged(work) == 3
    assert (await work.owed())["ticket"] == 5, "they are tickets all the same"


async def test_an_allowance_comes_back_when_its_while_is_over(store: SqlStore, work: Work) -> None:
    await store.accept([by_mail(THREE, at=1_000.0 + second) for second in range(3)])
    await store.accept([by_mail(THREE, at=4_599.9)])
    assert await acknowledged(work) == 3
    await store.accept([by_mail(THREE, at=4_600.0)])
    assert await acknowledged(work) == 4, "the first counts no more"
    await store.accept([by_mail(THREE, at=4_600.0)])
    assert await acknowledged(work) == 4
    await store.accept([by_mail(THREE, at=9_000.0) for _ in range(4)])
    assert await acknowledged(work) == 7


async def test_one_that_is_used_up_saves_the_others(store: SqlStore, work: Work) -> None:
    await store.accept([by_mail(THREE, FIVE) for _ in range(9)])
    assert await acknowledged(work) == 3
    another = replace(THREE, key="sender and another subject")
    await store.accept([by_mail(another, FIVE) for _ in range(9)])
    assert await acknowledged(work) == 5, "all that is left of the five"
    await store.accept([by_mail(another)])
    assert await acknowledged(work) == 6, "of which the subject's share was not spent"


async def test_a_providers_reply_is_owed_to_who_is_answered_by_a_channel(store: SqlStore, work: Work) -> None:
    intake = by_mail()
    ticket_id, _ = await work.handed_off("acme", intake)
    assert await store.report([reply(intake), reply(intake), reply(intake, "r2")]) == [
        ReportResult.APPLIED,
        ReportResult.DUPLICATE,
        ReportResult.APPLIED,
    ]
    cases = await work.claim(Kind.ANSWER, at=1_020.0)
    written = (await work.case(ticket_id)).messages
    assert [case.delivery.message_id for case in cases] == [message.id for message in written[1:]]
    for case in cases:
        assert (case.delivery.target, case.messages, case.delivery.priority) == ("mail", written, Priority.HIGH)
        assert case.ticket is not None
        assert case.ticket.answer_by == "mail"
        assert [copy.provider for copy in case.handoffs] == ["acme"]


async def test_who_is_answered_on_the_page_alone_is_owed_nothing(store: SqlStore, work: Work) -> None:
    intake = new_ticket()
    await work.handed_off("acme", intake)
    assert await store.report([reply(intake)]) == [ReportResult.APPLIED]
    assert "answer" not in await work.owed()


async def test_what_changes_at_the_desk_leaves_answers_owed(store: SqlStore, work: Work) -> None:
    intake = by_mail()
    await work.handed_off("acme", intake)
    await store.report([reply(intake)])
    await store.rescue(None, "acme", 1_021.0, "acme is down", 10)
    await store.report([replace(reply(intake, "r2"), type=ReportType.RESOLVED)])
    assert (await work.owed())["answer"] == 1


async def test_an_answer_that_nobody_can_send_is_withheld_alone(store: SqlStore, work: Work) -> None:
    intake = by_mail()
    ticket_id, _ = await work.handed_off("acme", intake)
    await store.report([reply(intake)])
    (case,) = await work.claim(Kind.ANSWER, at=1_021.0)
    assert await store.quarantine([Quarantine(lease_of(case), "550 5.1.1", 1_022.0)]) == [True]
    (item,) = await store.quarantined()
    assert (item.kind, item.target, item.ticket_id, item.place) == (Kind.ANSWER, "mail", ticket_id, None)
    assert await work.state(ticket_id) is TicketState.HANDED_OFF
    assert await store.release(item.id, 1_030.0, "eva")
    (again,) = await work.claim(Kind.ANSWER, at=1_030.0)
    assert again.delivery.message_id == case.delivery.message_id
    assert await work.astray() == []
