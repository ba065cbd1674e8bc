"""A desk wants to be called together with a requester: what is owed then, and by whom; over every engine."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from gateway.core.delivery import Finish, Kind, Quarantine
from gateway.core.handoff import HandoffState
from gateway.core.provider import ProviderReport, ReportResult, ReportType
from gateway.store import SqlStore
from gateway.store.verbs.report import MOST_REPLIES
from tests.support.store import ENGINES, opened_store
from tests.support.store_work import Work, follow_up, lease_of, new_ticket

BY_PHONE = {"web": "phone"}


@pytest.fixture(params=ENGINES)
async def store(request: pytest.FixtureRequest) -> AsyncIterator[SqlStore]:
    async with opened_store(request.param) as opened:
        yield opened


async def ask(work: Work, ticket_id: str, report_id: str = "r1", **changes: Any) -> ReportResult:
    ticket = (await work.case(ticket_id)).ticket
    assert ticket is not None
    told = {"reference": ticket.reference, "called_back_by": BY_PHONE, "provider": "acme", **changes}
    report = ProviderReport(report_id=report_id, type=ReportType.CALLBACK_REQUESTED, at=1_020.0, **told)
    return (await work.store.report([report]))[0]


async def test_the_channel_that_calls_owes_it_at_once_and_the_ticket_counts_as_picked_up(work: Work) -> None:
    ticket_id, copy = await work.handed_off()
    assert await ask(work, ticket_id) is ReportResult.APPLIED
    (case,) = await work.claim(Kind.CALLBACK, at=1_020.0)
    assert (case.delivery.target, case.delivery.handoff_id) == ("phone", copy.id)
    asked = case.handoff()
    assert asked is not None
    assert (asked.provider, asked.state) == ("acme", HandoffState.PICKED_UP)
    assert await work.astray() == []


async def test_the_same_report_and_another_one_while_it_is_owed_are_one_call(store: SqlStore, work: Work) -> None:
    ticket_id, _ = await work.handed_off()
    assert await ask(work, ticket_id) is ReportResult.APPLIED
    assert await ask(work, ticket_id) is ReportResult.DUPLICATE
    assert await ask(work, ticket_id, "r2") is ReportResult.APPLIED
    (case,) = await work.claim(Kind.CALLBACK, at=1_020.0)
    await store.finish([Finish(lease_of(case))])
    assert await ask(work, ticket_id, "r3") is ReportResult.APPLIED
    assert len(await work.claim(Kind.CALLBACK, at=1_021.0)) == 1


async def test_t35_for_a_channel_whose_requesters_nobody_calls_nothing_is_kept(work: Work) -> None:
    ticket_id, copy = await work.handed_off()
    assert await ask(work, ticket_id, called_back_by={"texts": "phone"}) is ReportResult.NOT_CALLABLE
    assert (await work.copy(ticket_id, copy.id)).state is HandoffState.ACCEPTED
    assert "callback" not in await work.owed()
    assert await ask(work, ticket_id) is ReportResult.APPLIED, "the same report counts once that is allowed"


async def test_t35_a_desk_that_asks_without_end_is_not_listened_to(store: SqlStore, work: Work) -> None:
    """Each call leaves its account in the ticket, also one that is refused, and a program may answer that by asking."""
    ticket_id = await work.accept()
    await store.accept([follow_up(ticket_id) for _ in range(MOST_REPLIES - 2)])
    (case,) = await work.claim()
    await work.learn(await work.begin(case, "acme"), HandoffState.ACCEPTED)
    assert await ask(work, ticket_id) is ReportResult.APPLIED
    await store.accept([follow_up(ticket_id)])
    assert await ask(work, ticket_id, "r2") is ReportResult.FULL


async def test_whoever_has_not_got_the_ticket_has_nobody_called(work: Work) -> None:
    ticket_id, copy = await work.handed_off()
    assert await ask(work, ticket_id, provider="norte") is ReportResult.NOT_FOUND
    await work.learn(copy, HandoffState.WITHDRAWN)
    assert await ask(work, ticket_id) is ReportResult.NOT_FOUND
    assert "callback" not in await work.owed()


async def test_a_call_back_that_nobody_can_make_is_a_persons_to_look_at(store: SqlStore, work: Work) -> None:
    ticket_id, _ = await work.handed_off("acme", new_ticket())
    await ask(work, ticket_id)
    (case,) = await work.claim(Kind.CALLBACK, at=1_020.0)
    assert await store.quarantine([Quarantine(lease_of(case), "an error of ours", 1_021.0)]) == [True]
    (item,) = await store.quarantined()
    assert (item.kind, item.target, item.ticket_id) == (Kind.CALLBACK, "phone", ticket_id)
    assert await store.release(item.id, 1_030.0, "eva")
    (again,) = await work.claim(Kind.CALLBACK, at=1_030.0)
    assert again.delivery.handoff_id == case.delivery.handoff_id
