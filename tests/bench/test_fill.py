"""A store that is filled has tickets as real ones."""

from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.core.clock import SystemClock
from gateway.core.delivery import ClaimRequest, Kind
from gateway.core.events import HandoffChanged
from gateway.core.reference import parse_reference
from gateway.core.ticket import TicketState
from gateway.core.tokens import TokenSigner
from gateway.store import SqlStore
from tests.bench.million.fill import Filled, fill, opened

COPIES, TEMPLATE = 3, 120
ALL = 10_000
_YEAR = 365 * 24 * 3600


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Filled]:
    file = tmp_path_factory.mktemp("filled") / "filled.db"
    return file, fill(file, COPIES * TEMPLATE, TEMPLATE)


@pytest.fixture
async def store(filled: tuple[Path, Filled]) -> AsyncIterator[SqlStore]:
    store = opened(filled[0])
    await store.start()
    yield store
    await store.close()


async def test_the_ledger_balances_and_every_row_can_be_read(store: SqlStore) -> None:
    astray, _ = await store.audit(None, ALL)
    tickets = await store.tickets(limit=ALL)
    cases = [await store.ticket(ticket.id) for ticket in tickets]
    events = await store.events(0, ALL)

    assert astray == []
    assert len(tickets) == COPIES * TEMPLATE
    assert all(case and case.messages and case.handoffs for case in cases)
    assert [each.seq for each in events] == list(range(1, len(events) + 1))
    assert {each.event.ticket_id for each in events} == {ticket.id for ticket in tickets}
    assert Counter(ticket.state for ticket in tickets)[TicketState.RESOLVED] > 0.9 * len(tickets)


async def test_copies_are_their_tickets_own_and_so_are_the_desks_references(store: SqlStore) -> None:
    copies = await store.handoffs([ticket.id for ticket in await store.tickets(limit=ALL)])
    owners = {copy.id: copy.ticket_id for copy in copies}
    events = [each.event for each in await store.events(0, ALL) if isinstance(each.event, HandoffChanged)]

    assert all(owners[event.handoff_id] == event.ticket_id for event in events)
    theirs = [(copy.provider, copy.provider_reference) for copy in copies if copy.provider_reference]
    assert len(set(theirs)) == len(theirs) == COPIES * TEMPLATE


async def test_references_are_valid_and_no_two_tickets_share_one(store: SqlStore) -> None:
    references = [ticket.reference for ticket in await store.tickets(limit=ALL)]

    assert len(set(references)) == len(references)
    assert references not in (sorted(references), sorted(references, reverse=True))
    assert all(parse_reference(reference) == reference for reference in references)


async def test_they_came_in_over_a_year_with_ids_that_sort_by_time(store: SqlStore) -> None:
    newest_first = await store.tickets(limit=ALL)

    received = [ticket.received_at for ticket in newest_first]
    assert received == sorted(received, reverse=True)
    assert 0.9 * _YEAR < received[0] - received[-1] < _YEAR
    assert received[0] < SystemClock().now()


async def test_nothing_of_it_is_due_while_it_is_measured(store: SqlStore) -> None:
    soon = SystemClock().now() + 1800

    assert await store.claim([ClaimRequest(frozenset(Kind), ALL, soon, soon + 1)]) == [[]]
    assert (await store.counts(soon))["deliveries_waiting.confirm"] == COPIES


async def test_the_pages_are_those_of_its_tickets(store: SqlStore, filled: tuple[Path, Filled]) -> None:
    signer = TokenSigner(await store.secret())
    ids = {ticket.id for ticket in await store.tickets(limit=ALL)}

    assert {signer.verify(token) for token in filled[1].tokens} == ids
