"""Leases, decisions and what fences them, over every engine."""

from dataclasses import replace

import pytest

from gateway.core.delivery import ClaimRequest, Defer, Delivery, Finish, Kind, Quarantine
from gateway.core.events import DeliveryDiscarded, DeliveryQuarantined, DeliveryReleased, HandoffStarted
from gateway.core.handoff import Handoff, HandoffState
from gateway.core.ids import new_id
from gateway.core.ticket import Priority, TicketState
from gateway.store import SqlStore
from tests.support.store import Heard
from tests.support.store_work import Work, lease_of, new_ticket


async def test_claims_are_urgent_first_then_oldest(store: SqlStore, work: Work) -> None:
    late = await work.accept(new_ticket(at=1_000.5))
    early = await work.accept(new_ticket(at=1_000.0))
    urgent = await work.accept(new_ticket(at=1_000.9, priority=Priority.URGENT))
    await work.accept(new_ticket(at=1_002.0))
    first = await work.claim(limit=2)
    second = await work.claim(limit=2)
    assert [case.delivery.ticket_id for case in first] == [urgent, early]
    assert [case.delivery.ticket_id for case in second] == [late], "one is not yet due"


async def test_requests_of_one_call_share_nothing(store: SqlStore, work: Work) -> None:
    for _ in range(3):
        await work.accept()
    request = ClaimRequest(frozenset({Kind.TICKET}), 2, now=1_001.0, lease_until=1_004.0)
    first, second = await store.claim([request, request])
    assert (len(first), len(second)) == (2, 1)
    assert not {case.delivery.id for case in first} & {case.delivery.id for case in second}


async def test_what_is_leased_is_claimed_again_only_when_the_lease_has_run_out(work: Work) -> None:
    await work.accept()
    (first,) = await work.claim(at=1_001.0)
    assert await work.claim(at=1_003.9) == []
    (again,) = await work.claim(at=1_004.0)
    assert again.delivery.epoch == first.delivery.epoch + 1


async def test_an_older_lease_decides_nothing(store: SqlStore, work: Work) -> None:
    ticket_id = await work.accept()
    (old,) = await work.claim(at=1_001.0)
    copy = await work.begin(old, "acme")
    (new,) = await work.claim(at=1_010.0)
    assert new.handoffs[0].state is HandoffState.UNKNOWN, "cut off by the newer lease"
    assert not await work.try_begin(old, replace(copy, attempts=2))
    assert await store.defer([Defer(lease_of(old), 1_100.0, "late")]) == [False]
    assert await store.finish([Finish(lease_of(old))]) == [False]
    assert await store.quarantine([Quarantine(lease_of(old), "late", 1_011.0)]) == [False]
    assert not await store.adopt(Finish(lease_of(old)), copy.id, 1_011.0)
    assert await work.learn(copy, HandoffState.ACCEPTED, at=1_012.0), "but facts are recorded whoever brings them"
    assert await work.state(ticket_id) is TicketState.HANDED_OFF


async def test_begin_is_told_and_renews_the_lease(work: Work, heard: Heard) -> None:
    await work.accept()
    (case,) = await work.claim(at=1_001.0)
    copy = await work.begin(case, "acme", at=1_003.0)
    assert await work.claim(at=1_005.0) == []
    (started,) = heard.of(HandoffStarted)
    assert (started.handoff_id, started.provider, started.attempt, started.at) == (copy.id, "acme", 1, 1_003.0)


async def test_a_second_attempt_by_the_same_holder_leaves_the_first_alone(work: Work) -> None:
    ticket_id = await work.accept()
    (case,) = await work.claim(at=1_001.0)
    first = await work.begin(case, "acme", at=1_001.0)
    await work.begin(case, "norte", at=1_002.0)
    assert (await work.copy(ticket_id, first.id)).state is HandoffState.STARTED


async def test_a_shorter_attempt_does_not_shorten_the_lease(work: Work) -> None:
    await work.accept()
    (case,) = await work.claim(at=1_001.0)
    await work.begin(case, "acme", at=1_003.0)
    await work.begin(case, "norte", at=1_001.5)
    assert await work.claim(at=1_005.5) == []


@pytest.mark.parametrize("ended", [HandoffState.REFUSED, HandoffState.ACCEPTED])
async def test_a_copy_that_ended_or_lives_is_not_tried_again(work: Work, ended: HandoffState) -> None:
    await work.accept()
    (case,) = await work.claim()
    copy = await work.begin(case, "acme")
    await work.learn(copy, ended)
    assert not await work.try_begin(case, replace(copy, attempts=2))


@pytest.mark.parametrize("state", [HandoffState.UNAVAILABLE, HandoffState.UNKNOWN])
async def test_the_same_copy_is_tried_again_under_its_key(work: Work, state: HandoffState) -> None:
    ticket_id = await work.accept()
    (case,) = await work.claim()
    copy = await work.begin(case, "acme")
    await work.learn(copy, state)
    await work.begin(case, "acme", again=replace(copy, attempts=2, started_at=1_003.0))
    stored = await work.copy(ticket_id, copy.id)
    assert (stored.state, stored.attempts, stored.started_at) == (HandoffState.STARTED, 2, 1_003.0)


async def test_a_deferred_delivery_waits_and_says_why(store: SqlStore, work: Work) -> None:
    ticket_id = await work.accept()
    (case,) = await work.claim()
    assert await store.defer([Defer(lease_of(case), 1_030.0, "acme is down", attempted=True)]) == [True]
    assert await store.next_due(frozenset({Kind.TICKET})) == 1_030.0
    assert await work.claim(at=1_029.0) == []
    found = await work.case(ticket_id)
    assert found.ticket is not None
    assert found.ticket.reason == found.delivery.reason == "acme is down"
    assert found.delivery.attempts == 1
    fresh = Handoff(new_id(), ticket_id, "acme", HandoffState.STARTED, 1_001.0)
    assert not await work.try_begin(case, fresh), "who defers gives its lease up"


async def test_a_wake_reaches_what_is_deferred_and_not_what_is_leased(store: SqlStore, work: Work) -> None:
    deferred, leased = await work.accept(), await work.accept()
    cases = {case.delivery.ticket_id: case for case in await work.claim(at=1_001.0)}
    await store.defer([Defer(lease_of(cases[deferred]), 9_000.0, "all down")])
    assert await store.wake(1_002.0, frozenset({Kind.TICKET}), 10) == 1
    assert [case.delivery.ticket_id for case in await work.claim(at=1_002.0)] == [deferred]
    assert leased in cases


async def test_a_wake_may_be_for_one_target(store: SqlStore, work: Work) -> None:
    for provider in ("acme", "norte"):
        await work.handed_off(provider)
    assert await store.wake(1_002.0, frozenset({Kind.CONFIRM}), 10, "norte") == 1
    (case,) = await work.claim(Kind.CONFIRM, at=1_002.0)
    assert case.delivery.target == "norte"


async def test_nothing_owed_is_due_never(store: SqlStore) -> None:
    assert await store.next_due(frozenset(Kind)) is None
    assert await store.next_due(frozenset()) is None


async def test_a_waiting_ticket_can_not_be_finished_away(store: SqlStore, work: Work) -> None:
    await work.accept()
    (case,) = await work.claim(at=1_001.0)
    assert await store.finish([Finish(lease_of(case))]) == [False]
    assert len(await work.claim(at=1_010.0)) == 1
    assert await work.astray() == []


async def test_what_is_done_is_gone(store: SqlStore, work: Work) -> None:
    await work.handed_off()
    (case,) = await work.claim(Kind.CONFIRM, at=1_100.0)
    assert await store.finish([Finish(lease_of(case)), Finish(lease_of(case))]) == [True, False]
    assert await work.owed() == {}


async def test_quarantine_keeps_the_ticket_for_a_person(store: SqlStore, work: Work, heard: Heard) -> None:
    ticket_id = await work.accept()
    (case,) = await work.claim()
    assert await store.quarantine([Quarantine(lease_of(case), "everybody refused", 1_005.0)]) == [True]
    (item,) = await store.quarantined()
    assert (item.ticket_id, item.kind, item.reason) == (ticket_id, Kind.TICKET, "everybody refused")
    assert item.reference == heard.of(DeliveryQuarantined)[0].reference
    assert await work.state(ticket_id) is TicketState.QUARANTINED
    assert await work.astray() == []


async def test_a_released_item_goes_again_with_a_fresh_contracted_time(
    store: SqlStore, work: Work, heard: Heard
) -> None:
    ticket_id = await work.accept()
    (case,) = await work.claim()
    await store.quarantine([Quarantine(lease_of(case), "everybody refused", 1_005.0)])
    assert await store.release(case.delivery.id, 2_000.0, "eva")
    assert not await store.release(case.delivery.id, 2_000.0, "eva")
    (again,) = await work.claim(at=2_000.0)
    assert again.delivery.epoch > case.delivery.epoch
    assert again.ticket is not None
    assert (again.ticket.state, again.ticket.due_at) == (TicketState.WAITING, 2_005.0)
    assert heard.of(DeliveryReleased)[0].ticket_id == ticket_id
    assert await store.finish([Finish(lease_of(case))]) == [False], "a lease from before is fenced off"
    assert await work.astray() == []


async def test_a_discarded_item_closes_its_ticket(store: SqlStore, work: Work, heard: Heard) -> None:
    ticket_id = await work.accept()
    (case,) = await work.claim()
    await store.quarantine([Quarantine(lease_of(case), "spam", 1_005.0)])
    assert await store.discard(case.delivery.id, 2_000.0, "eva")
    assert not await store.discard("unheard of", 2_000.0, "eva")
    assert await work.state(ticket_id) is TicketState.RESOLVED
    assert heard.of(DeliveryDiscarded)[0].ticket_id == ticket_id
    assert await store.quarantined() == []
    assert await work.astray() == []


async def test_a_late_acceptance_takes_the_ticket_out_of_quarantine(store: SqlStore, work: Work) -> None:
    ticket_id = await work.accept()
    (case,) = await work.claim()
    copy = await work.begin(case, "acme")
    await work.learn(copy, HandoffState.UNKNOWN)
    await store.quarantine([Quarantine(lease_of(case), "tried in vain", 1_005.0)])
    await work.learn(copy, HandoffState.ACCEPTED, at=1_006.0)
    assert await work.state(ticket_id) is TicketState.HANDED_OFF
    assert await store.quarantined() == []


async def test_notices_have_no_ticket(store: SqlStore, work: Work) -> None:
    notice = Delivery(new_id(), Kind.NOTICE, 1_000.0, 1_000.0, target="ops", payload={"alarm": "down", "n": 2})
    await store.announce([], [notice])
    (case,) = await work.claim(Kind.NOTICE)
    assert case.ticket is None
    assert case.delivery.payload == {"alarm": "down", "n": 2}
    assert await store.finish([Finish(lease_of(case))]) == [True]
