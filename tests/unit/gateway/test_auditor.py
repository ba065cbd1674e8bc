"""The ledger's auditor: it finds what is astray, doubts what it saw once, and says when all is well again."""

import asyncio

from gateway.auditor import Auditor
from gateway.core.events import Event, LedgerBalanced, LedgerUnbalanced
from gateway.core.ticket import TicketState
from tests.support.clock import NOW, SetClock
from tests.support.ops import FakeLedger, make_ticket, ticket_id
from tests.support.virtual_time import run


def ledger(tickets: int, state: TicketState = TicketState.WAITING) -> FakeLedger:
    return FakeLedger(tickets=[make_ticket(number, state=state) for number in range(1, tickets + 1)])


def rounds(auditor: Auditor, count: int) -> None:
    async def several() -> None:
        for _ in range(count):
            await auditor.round()

    run(several())


def test_a_balanced_ledger_says_nothing() -> None:
    store = ledger(20)
    rounds(Auditor(store, SetClock()), 3)
    assert store.announced == []


def test_what_is_astray_is_announced_once_and_cleared() -> None:
    store = ledger(20)
    auditor = Auditor(store, SetClock())
    store.astray = {ticket_id(3), ticket_id(7)}
    rounds(auditor, 3)
    store.astray = {ticket_id(7)}
    rounds(auditor, 2)
    store.astray = set()
    rounds(auditor, 2)
    expected: list[Event] = [
        LedgerUnbalanced(at=NOW, tickets=2),
        LedgerUnbalanced(at=NOW, tickets=1),
        LedgerBalanced(at=NOW),
    ]
    assert store.announced == expected


def test_what_is_seen_astray_once_only_alarms_nobody() -> None:
    store = ledger(20)
    store.astray_once = {ticket_id(5)}
    rounds(Auditor(store, SetClock()), 3)
    assert store.announced == []


def test_the_page_moves_over_all_tickets_and_begins_again() -> None:
    store = ledger(1700, TicketState.HANDED_OFF)
    auditor = Auditor(store, SetClock())
    store.astray = {ticket_id(1650)}
    rounds(auditor, 3)
    assert store.announced == []
    rounds(auditor, 1)
    assert store.announced == [LedgerUnbalanced(at=NOW, tickets=1)]
    store.astray = {ticket_id(1)}
    rounds(auditor, 1)
    assert store.announced[-1] == LedgerUnbalanced(at=NOW, tickets=1)


def test_mails_that_nobody_has_read_are_audited_page_by_page() -> None:
    store = ledger(5)
    store.unread_mails = [f"mail {number:04}" for number in range(900)]
    store.astray = {"mail 0007", "mail 0800"}
    rounds(Auditor(store, SetClock()), 2)
    assert store.announced == [LedgerUnbalanced(at=NOW, tickets=1), LedgerUnbalanced(at=NOW, tickets=2)]


def test_calls_that_nobody_watches_are_audited_page_by_page() -> None:
    store = ledger(5)
    store.open_calls = [f"CA{number:04}" for number in range(900)]
    store.astray = {"CA0007", "CA0800"}
    rounds(Auditor(store, SetClock()), 2)
    assert store.announced == [LedgerUnbalanced(at=NOW, tickets=1), LedgerUnbalanced(at=NOW, tickets=2)]


def test_every_waiting_ticket_is_looked_at_in_each_round() -> None:
    store = ledger(1700)
    store.astray = {ticket_id(1650)}
    rounds(Auditor(store, SetClock()), 1)
    assert store.announced == [LedgerUnbalanced(at=NOW, tickets=1)]


def test_a_ledger_astray_as_a_whole_is_counted_up_to_a_bound() -> None:
    store = ledger(1700)
    store.astray = {ticket.id for ticket in store.tickets}
    auditor = Auditor(store, SetClock())
    rounds(auditor, 3)
    assert store.announced == [LedgerUnbalanced(at=NOW, tickets=1000)]


def test_all_that_is_overdue_is_marked_in_one_round() -> None:
    store = ledger(1100)
    rounds(Auditor(store, SetClock(NOW + 10_000)), 1)
    assert len(store.marked) == 1100


def test_a_store_that_is_away_is_audited_when_it_is_back() -> None:
    store = ledger(5)
    store.astray = {ticket_id(2)}
    store.away = True

    async def watched() -> None:
        auditing = asyncio.create_task(Auditor(store, SetClock()).run())
        await asyncio.sleep(5)
        assert store.announced == []
        store.away = False
        await asyncio.sleep(2)
        auditing.cancel()
        await asyncio.wait([auditing])

    run(watched())
    assert store.announced == [LedgerUnbalanced(at=NOW, tickets=1)]
