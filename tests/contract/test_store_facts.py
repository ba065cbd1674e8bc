"""What follows from a fact: hand-over, late facts, loss, rescue, doubles; over every engine."""

from dataclasses import replace

import pytest

from gateway.core.delivery import Case, Finish, HandoffFact, Kind
from gateway.core.events import DoubleDetected, HandoffChanged, HandoffConfirmed, HandoffKept, TicketRescued
from gateway.core.handoff import Handoff, HandoffState
from gateway.core.ids import new_id
from gateway.core.provider import ProviderReport, ReportResult, ReportType
from gateway.core.ticket import Priority, TicketState
from gateway.store import SqlStore
from tests.support.store import Heard
from tests.support.store_work import Work, follow_up, lease_of, new_ticket


async def two_attempts(work: Work) -> tuple[str, Case, Handoff, Handoff]:
    """One ticket, asked of both providers under one lease."""
    ticket_id = await work.accept()
    (case,) = await work.claim(at=1_001.0)
    return ticket_id, case, await work.begin(case, "acme"), await work.begin(case, "norte")


async def rescued(work: Work, store: SqlStore) -> tuple[str, Handoff, Case]:
    """A ticket that acme had, superseded and claimed again."""
    ticket_id, copy = await work.handed_off("acme")
    assert await store.rescue("default", "acme", 1_100.0, "acme is down", 10) == 1
    (case,) = await work.claim(Kind.RESCUE, at=1_100.0)
    return ticket_id, copy, case


async def at_desk_in(work: Work, state: HandoffState, *, doubted: bool = False) -> tuple[str, Handoff]:
    """A ticket of which acme's copy came to that state: at once, or after an attempt that it said nothing to."""
    ticket_id = await work.accept()
    (case,) = await work.claim()
    copy = await work.begin(case, "acme")
    if state in (HandoffState.WITHDRAWN, HandoffState.LOST):
        await work.learn(copy, HandoffState.ACCEPTED)
    elif doubted or state is HandoffState.ABSENT:
        await work.learn(copy, HandoffState.UNKNOWN)
    assert await work.learn(copy, state, at=1_003.0) or state is HandoffState.STARTED
    return ticket_id, copy


async def report(store: SqlStore, work: Work, ticket_id: str, kind: ReportType) -> ReportResult:
    """What becomes of it when acme reports that; asked beforehand, the store says the same."""
    ticket = (await work.case(ticket_id)).ticket
    assert ticket is not None
    told = ProviderReport("acme", new_id(), kind, 1_010.0, ticket.reference, body="Reinicie")
    foreseen = await store.foresee(told)
    (result,) = await store.report([told])
    assert foreseen is result
    assert await store.foresee(told) is (
        ReportResult.DUPLICATE if result is ReportResult.APPLIED else ReportResult.NOT_FOUND
    )
    return result


async def test_acceptance_hands_the_ticket_over(work: Work, heard: Heard) -> None:
    ticket_id, copy = await work.handed_off("acme")
    case, stored = await work.case(ticket_id), await work.copy(ticket_id, copy.id)
    assert case.ticket is not None
    assert (case.ticket.state, case.ticket.handed_off_at) == (TicketState.HANDED_OFF, 1_002.0)
    assert stored.answered_at == 1_002.0
    assert await work.owed() == {"confirm": 1}
    (changed,) = heard.of(HandoffChanged)
    assert (changed.state, changed.first, changed.seconds, changed.attempt_seconds) == ("accepted", True, 2.0, 1.0)


async def test_a_read_back_is_due_when_the_fact_says(store: SqlStore, work: Work) -> None:
    await work.accept()
    (case,) = await work.claim()
    copy = await work.begin(case, "acme")
    await store.record([HandoffFact(copy.id, HandoffState.ACCEPTED, 1_002.0, read_back_at=1_007.0)])
    assert await store.next_due(frozenset({Kind.CONFIRM})) == 1_007.0


async def test_a_read_back_of_what_was_reported_before_it_was_answered_is_due_when_the_answer_says(
    store: SqlStore, work: Work
) -> None:
    await work.accept()
    (case,) = await work.claim()
    copy = await work.begin(case, "acme")
    await work.learn(copy, HandoffState.ACCEPTED, at=1_002.0)
    await store.record([HandoffFact(copy.id, HandoffState.UNKNOWN, 1_003.0, read_back_at=1_007.0)])
    assert await store.next_due(frozenset({Kind.CONFIRM})) == 1_007.0
    assert await work.owed() == {"confirm": 1}


async def test_a_read_back_confirms_once(work: Work, heard: Heard) -> None:
    ticket_id, copy = await work.handed_off()
    assert await work.learn(copy, HandoffState.ACCEPTED, at=1_020.0, confirmed=True)
    assert not await work.learn(copy, HandoffState.ACCEPTED, at=1_080.0, confirmed=True)
    assert (await work.copy(ticket_id, copy.id)).confirmed_at == 1_020.0
    assert len(heard.of(HandoffConfirmed)) == 1


@pytest.mark.parametrize("late", [HandoffState.UNAVAILABLE, HandoffState.REFUSED, HandoffState.ABSENT])
async def test_what_was_not_there_may_turn_out_to_be(work: Work, late: HandoffState) -> None:
    ticket_id = await work.accept()
    (case,) = await work.claim()
    copy = await work.begin(case, "acme")
    await work.learn(copy, HandoffState.UNKNOWN)
    assert await work.learn(copy, late, at=1_003.0)
    assert await work.state(ticket_id) is TicketState.WAITING
    assert await work.learn(copy, HandoffState.ACCEPTED, at=1_004.0)
    assert await work.state(ticket_id) is TicketState.HANDED_OFF


NOT_THERE = [
    HandoffState.REFUSED,
    HandoffState.UNAVAILABLE,
    HandoffState.ABSENT,
    HandoffState.LOST,
    HandoffState.WITHDRAWN,
]


@pytest.mark.parametrize("state", NOT_THERE)
async def test_t38_a_desk_that_has_not_got_the_ticket_has_no_say_in_it(
    store: SqlStore, work: Work, state: HandoffState
) -> None:
    """It can't speak to the requester in the organisation's name, no more than it can read the files."""
    ticket_id, _ = await at_desk_in(work, state)
    assert await report(store, work, ticket_id, ReportType.REPLIED) is ReportResult.NOT_FOUND
    assert len((await work.case(ticket_id)).messages) == 1


@pytest.mark.parametrize("state", [HandoffState.STARTED, HandoffState.UNKNOWN])
async def test_who_replies_before_we_have_its_answer_has_the_ticket(
    store: SqlStore, work: Work, state: HandoffState
) -> None:
    ticket_id, _ = await at_desk_in(work, state)
    assert await report(store, work, ticket_id, ReportType.REPLIED) is ReportResult.APPLIED
    assert await work.state(ticket_id) is TicketState.HANDED_OFF


async def test_a_surplus_copy_has_a_say_until_it_is_withdrawn(store: SqlStore, work: Work) -> None:
    """Somebody there may just have answered; and if the withdrawal is refused, that copy stays."""
    ticket_id, _, acme, norte = await two_attempts(work)
    await work.learn(norte, HandoffState.ACCEPTED)
    await work.learn(acme, HandoffState.ACCEPTED, at=1_003.0)
    assert await report(store, work, ticket_id, ReportType.REPLIED) is ReportResult.APPLIED
    await work.learn(acme, HandoffState.WITHDRAWN, at=1_011.0)
    assert await report(store, work, ticket_id, ReportType.REPLIED) is ReportResult.NOT_FOUND


@pytest.mark.parametrize("doubted", [False, True])
async def test_t33_a_desk_that_refused_a_ticket_cannot_close_it(store: SqlStore, work: Work, doubted: bool) -> None:
    ticket_id, _ = await at_desk_in(work, HandoffState.REFUSED, doubted=doubted)
    assert await report(store, work, ticket_id, ReportType.RESOLVED) is ReportResult.NOT_FOUND
    assert await work.state(ticket_id) is TicketState.WAITING


@pytest.mark.parametrize("first", [ReportType.ACCEPTED, ReportType.PICKED_UP])
async def test_a_desk_that_has_after_all_what_it_refused_says_so_first(
    store: SqlStore, work: Work, first: ReportType
) -> None:
    """It may have kept the first attempt, which it said nothing to, and refused the second."""
    ticket_id, _ = await at_desk_in(work, HandoffState.REFUSED, doubted=True)
    for kind, state in (
        (first, TicketState.HANDED_OFF),
        (ReportType.REPLIED, TicketState.HANDED_OFF),
        (ReportType.RESOLVED, TicketState.RESOLVED),
    ):
        assert await report(store, work, ticket_id, kind) is ReportResult.APPLIED
        assert await work.state(ticket_id) is state


async def test_what_a_search_finds_resolved_is_resolved_whatever_was_refused_later(work: Work) -> None:
    ticket_id, copy = await at_desk_in(work, HandoffState.REFUSED, doubted=True)
    assert await work.learn(copy, HandoffState.RESOLVED, at=1_010.0)
    assert await work.state(ticket_id) is TicketState.RESOLVED


@pytest.mark.parametrize("state", [HandoffState.UNAVAILABLE, HandoffState.ABSENT])
async def test_a_desk_that_has_it_after_all_may_close_it(store: SqlStore, work: Work, state: HandoffState) -> None:
    ticket_id, _ = await at_desk_in(work, state)
    assert await report(store, work, ticket_id, ReportType.RESOLVED) is ReportResult.APPLIED
    assert await work.state(ticket_id) is TicketState.RESOLVED


async def test_facts_never_move_a_copy_backwards(work: Work) -> None:
    ticket_id, copy = await work.handed_off()
    order = [
        (HandoffState.UNKNOWN, False),
        (HandoffState.REFUSED, False),
        (HandoffState.PICKED_UP, True),
        (HandoffState.ACCEPTED, False),
        (HandoffState.PICKED_UP, False),
        (HandoffState.RESOLVED, True),
        (HandoffState.PICKED_UP, False),
        (HandoffState.WITHDRAWN, False),
        (HandoffState.LOST, False),
    ]
    for state, changes in order:
        assert await work.learn(copy, state, at=1_010.0) is changes, state
    assert await work.state(ticket_id) is TicketState.RESOLVED


async def test_a_search_that_misses_says_nothing_of_an_attempt_under_way(work: Work) -> None:
    await work.accept()
    (case,) = await work.claim()
    copy = await work.begin(case, "acme")
    assert not await work.learn(copy, HandoffState.ABSENT)


async def test_a_fact_about_nothing_changes_nothing(work: Work) -> None:
    stranger = Handoff("0" * 32, "0" * 32, "acme", HandoffState.STARTED, 1_000.0)
    assert not await work.learn(stranger, HandoffState.ACCEPTED)


async def test_the_providers_reference_is_learned_late(work: Work) -> None:
    ticket_id = await work.accept()
    (case,) = await work.claim()
    copy = await work.begin(case, "acme")
    await work.learn(copy, HandoffState.PICKED_UP)
    assert await work.learn(copy, HandoffState.ACCEPTED, reference="A-9", at=1_003.0)
    stored = await work.copy(ticket_id, copy.id)
    assert (stored.state, stored.provider_reference) == (HandoffState.PICKED_UP, "A-9")


async def test_an_unknown_outcome_is_a_duty_to_reconcile(work: Work) -> None:
    await work.accept()
    (case,) = await work.claim(at=1_001.0)
    copy = await work.begin(case, "acme")
    await work.learn(copy, HandoffState.UNKNOWN, at=1_002.0)
    (owed,) = await work.claim(Kind.RECONCILE, at=1_002.0)
    assert (owed.delivery.handoff_id, owed.delivery.target) == (copy.id, "acme")
    await work.begin(case, "acme", again=replace(copy, attempts=2))
    await work.learn(copy, HandoffState.UNKNOWN, at=1_003.0)
    assert (await work.owed())["reconcile"] == 1, "one duty per copy"


async def test_a_lost_copy_puts_the_ticket_back(work: Work) -> None:
    ticket_id, copy = await work.handed_off()
    await work.learn(copy, HandoffState.LOST, at=1_200.0)
    found = await work.case(ticket_id)
    assert found.ticket is not None
    assert (found.ticket.state, found.ticket.due_at, found.ticket.hedge_at) == (TicketState.WAITING, 1_205.0, 1_202.0)
    assert len(await work.claim(at=1_200.0)) == 1


async def test_the_second_answer_makes_a_double_that_is_withdrawn(store: SqlStore, work: Work, heard: Heard) -> None:
    ticket_id, _, acme, norte = await two_attempts(work)
    await work.learn(norte, HandoffState.ACCEPTED, at=1_002.0)
    assert await work.learn(acme, HandoffState.ACCEPTED, at=1_003.0), "the lease is over, the fact counts"
    assert [event.surplus for event in heard.of(DoubleDetected)] == [acme.id]
    (owed,) = await work.claim(Kind.WITHDRAW, at=1_003.0)
    assert (owed.delivery.handoff_id, owed.delivery.target) == (acme.id, "acme")
    await work.learn(acme, HandoffState.WITHDRAWN, at=1_004.0)
    assert await work.state(ticket_id) is TicketState.HANDED_OFF
    assert (await store.counts(1_005.0))["doubles_open"] == 0


async def test_the_copy_that_is_worked_on_stays(work: Work, heard: Heard) -> None:
    _, _, acme, norte = await two_attempts(work)
    await work.learn(norte, HandoffState.ACCEPTED, at=1_002.0)
    await work.learn(acme, HandoffState.ACCEPTED, at=1_003.0)
    await work.learn(acme, HandoffState.PICKED_UP, at=1_004.0)
    assert [event.surplus for event in heard.of(DoubleDetected)] == [acme.id, norte.id]
    (owed,) = await work.claim(Kind.WITHDRAW, at=1_004.0)
    assert owed.delivery.handoff_id == norte.id, "the other withdrawal is owed no longer"


async def test_the_surplus_copy_stays_when_the_kept_one_is_lost(work: Work) -> None:
    ticket_id, _, acme, norte = await two_attempts(work)
    await work.learn(norte, HandoffState.ACCEPTED, at=1_002.0)
    await work.learn(acme, HandoffState.ACCEPTED, at=1_003.0)
    await work.learn(norte, HandoffState.LOST, at=1_004.0)
    assert await work.state(ticket_id) is TicketState.HANDED_OFF
    assert "withdraw" not in await work.owed()


async def test_both_copies_gone_puts_the_ticket_back(work: Work) -> None:
    ticket_id, _, acme, norte = await two_attempts(work)
    await work.learn(norte, HandoffState.ACCEPTED, at=1_002.0)
    await work.learn(acme, HandoffState.ACCEPTED, at=1_003.0)
    await work.learn(acme, HandoffState.WITHDRAWN, at=1_004.0)
    await work.learn(norte, HandoffState.LOST, at=1_005.0)
    assert await work.state(ticket_id) is TicketState.WAITING
    assert await work.astray() == []


async def test_resolved_at_one_desk_is_withdrawn_at_the_other(work: Work) -> None:
    ticket_id, _, acme, norte = await two_attempts(work)
    await work.learn(acme, HandoffState.RESOLVED, at=1_002.0)
    await work.learn(norte, HandoffState.ACCEPTED, at=1_003.0)
    assert await work.state(ticket_id) is TicketState.RESOLVED
    (owed,) = await work.claim(Kind.WITHDRAW, at=1_003.0)
    assert owed.delivery.handoff_id == norte.id


async def test_rescue_takes_what_nobody_has_picked_up_urgent_first(store: SqlStore, work: Work, heard: Heard) -> None:
    normal, _ = await work.handed_off("acme")
    urgent, _ = await work.handed_off("acme", new_ticket(priority=Priority.URGENT))
    picked_up, copy = await work.handed_off("acme")
    await work.learn(copy, HandoffState.PICKED_UP, at=1_003.0)
    elsewhere, _ = await work.handed_off("norte")
    other_policy, _ = await work.handed_off("acme", new_ticket(policy="vip"))
    assert await store.rescue("default", "acme", 1_100.0, "acme is down", 1) == 1
    assert await store.rescue("default", "acme", 1_100.0, "acme is down", 5) == 1
    assert [event.ticket_id for event in heard.of(TicketRescued)] == [urgent, normal]
    assert await work.state(normal) is TicketState.WAITING
    for untouched in (picked_up, elsewhere, other_policy):
        assert await work.state(untouched) is TicketState.HANDED_OFF
    assert [case.delivery.ticket_id for case in await work.claim(Kind.RESCUE, at=1_100.0)] == [urgent, normal]


async def test_a_rescued_ticket_is_withdrawn_where_it_was(store: SqlStore, work: Work) -> None:
    ticket_id, at_acme, case = await rescued(work, store)
    assert case.ticket is not None
    assert case.ticket.due_at == 1_105.0, "a fresh contracted time"
    at_norte = await work.begin(case, "norte", at=1_100.0)
    await work.learn(at_norte, HandoffState.ACCEPTED, at=1_101.0)
    (owed,) = await work.claim(Kind.WITHDRAW, at=1_101.0)
    assert owed.delivery.handoff_id == at_acme.id
    assert await work.state(ticket_id) is TicketState.HANDED_OFF
    assert await store.rescue("default", "acme", 1_110.0, "still down", 10) == 0


async def test_a_superseded_copy_is_adopted_again(store: SqlStore, work: Work) -> None:
    ticket_id, copy, case = await rescued(work, store)
    await store.accept([follow_up(ticket_id)])
    assert await store.adopt(Finish(lease_of(case)), copy.id, 1_103.0)
    stored = await work.copy(ticket_id, copy.id)
    assert (stored.superseded, stored.confirmed_at) == (False, 1_103.0)
    assert await work.state(ticket_id) is TicketState.HANDED_OFF
    assert await work.owed() == {"confirm": 1, "message": 1}


async def test_what_nobody_read_back_is_kept_and_not_said_to_be_confirmed(store: SqlStore, work: Work) -> None:
    ticket_id, copy, case = await rescued(work, store)
    assert await store.adopt(Finish(lease_of(case)), copy.id, 1_103.0, read_back=False)
    stored = await work.copy(ticket_id, copy.id)
    assert (stored.superseded, stored.confirmed_at) == (False, None)
    events = [recorded.event for recorded in await store.events(0, 100)]
    assert [event.handoff_id for event in events if isinstance(event, HandoffKept)] == [copy.id]
    assert not [event for event in events if isinstance(event, HandoffConfirmed)]
    assert await work.astray() == []


async def test_a_lost_copy_is_not_adopted(store: SqlStore, work: Work) -> None:
    _, copy, case = await rescued(work, store)
    await work.learn(copy, HandoffState.LOST, at=1_102.0)
    assert not await store.adopt(Finish(lease_of(case)), copy.id, 1_103.0)
    assert await work.astray() == []


async def test_a_superseded_copy_that_is_picked_up_needs_no_rescue(store: SqlStore, work: Work) -> None:
    ticket_id, copy, _ = await rescued(work, store)
    await work.learn(copy, HandoffState.PICKED_UP, at=1_101.0)
    assert await work.state(ticket_id) is TicketState.HANDED_OFF
    assert not (await work.copy(ticket_id, copy.id)).superseded
    assert "rescue" not in await work.owed()


async def test_one_neglected_copy_is_superseded(store: SqlStore, work: Work) -> None:
    ticket_id, copy = await work.handed_off("acme")
    assert await store.supersede(copy.id, 1_100.0, "not picked up in time")
    assert not await store.supersede(copy.id, 1_101.0, "again")
    assert not await store.supersede("0" * 32, 1_101.0, "unheard of")
    assert await work.state(ticket_id) is TicketState.WAITING
    assert len(await work.claim(Kind.RESCUE, at=1_100.0)) == 1


async def test_a_pending_message_follows_the_ticket_to_its_new_provider(store: SqlStore, work: Work) -> None:
    ticket_id, _ = await work.handed_off("acme")
    await store.accept([follow_up(ticket_id)])
    await store.rescue("default", "acme", 1_100.0, "acme is down", 10)
    (case,) = await work.claim(Kind.RESCUE, at=1_100.0)
    copy = await work.begin(case, "norte")
    await store.accept([follow_up(ticket_id)])
    await work.learn(copy, HandoffState.ACCEPTED, at=1_101.0)
    (owed,) = await work.claim(Kind.MESSAGE, at=1_101.0)
    assert owed.delivery.target == "norte"
    assert [message.number for message in owed.messages if message.id == owed.delivery.message_id] == [3]
