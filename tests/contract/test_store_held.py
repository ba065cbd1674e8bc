"""Tickets that are held while their requester is on the phone, over every engine."""

from gateway.core.delivery import Kind
from gateway.core.events import HandoffChanged
from gateway.core.handoff import Handoff, HandoffState
from gateway.core.ids import new_id
from gateway.core.provider import Takeover
from gateway.core.ticket import TicketState
from gateway.store import SqlStore
from tests.support.kept_calls import HOLD, Calling, held_ticket
from tests.support.store import Heard
from tests.support.store_work import Work, follow_up, new_ticket

EVERYTHING = frozenset(Kind)


class TestHolding:
    async def test_a_held_ticket_is_owed_to_nobody(self, store: SqlStore, work: Work, call: Calling) -> None:
        ticket_id = await call.opened(at=1_000.0)
        assert await work.claim(at=1_000.0 + HOLD - 1) == []
        assert await store.next_due(frozenset({Kind.TICKET})) == 1_000.0 + HOLD
        assert await work.state(ticket_id) is TicketState.WAITING
        assert await work.astray() == []

    async def test_it_neither_waits_nor_is_overdue(self, store: SqlStore, call: Calling) -> None:
        await call.opened(at=1_000.0)
        for now in (999.0, 1_000.0 + HOLD - 1):
            counts = await store.counts(now)
            assert (counts["tickets_waiting"], counts["oldest_waiting_seconds"]) == (0, 0.0)
            assert await store.mark_overdue(now, 10) == []
            assert await store.overdue(now) == []

    async def test_beside_one_that_waits_it_is_not_counted(self, store: SqlStore, work: Work, call: Calling) -> None:
        await work.accept(new_ticket(at=1_000.0))
        await call.opened(at=1_000.0)
        counts = await store.counts(1_003.0)
        assert (counts["tickets_waiting"], counts["oldest_waiting_seconds"]) == (1, 3.0)

    async def test_nothing_wakes_it(self, store: SqlStore, work: Work, call: Calling) -> None:
        """Not a provider that is back, and not a gateway's start."""
        await call.opened(at=1_000.0)
        assert await store.wake(1_010.0, EVERYTHING, 10) == 0
        assert await work.claim(at=1_010.0) == []

    async def test_the_end_of_the_call_releases_it_with_the_whole_of_its_time(
        self, store: SqlStore, work: Work, call: Calling, heard: Heard
    ) -> None:
        ticket_id = await call.opened(at=1_000.0)
        await call.ended(at=1_030.0)
        (case,) = await work.claim(at=1_030.0)
        assert case.ticket is not None
        assert (case.ticket.hedge_at, case.ticket.due_at) == (1_032.0, 1_035.0)
        assert [message.number for message in case.messages] == [1, 2]
        assert (await store.counts(1_033.0))["oldest_waiting_seconds"] == 3.0
        copy = await work.begin(case, "acme", at=1_031.0)
        await work.learn(copy, HandoffState.ACCEPTED, at=1_032.0)
        assert heard.of(HandoffChanged)[-1].seconds == 2.0, "from when it was owed"
        assert await work.state(ticket_id) is TicketState.HANDED_OFF

    async def test_released_again_it_keeps_its_time(self, store: SqlStore, work: Work, call: Calling) -> None:
        ticket_id = await call.opened()
        await call.ended(at=1_030.0)
        await call.step(at=1_034.0, release=True)
        assert [each.id for each in await store.mark_overdue(1_036.0, 10)] == [ticket_id]
        assert (await work.case(ticket_id)).delivery.due_at == 1_030.0

    async def test_a_hold_that_nobody_ends_ends(self, store: SqlStore, work: Work, call: Calling) -> None:
        ticket_id = await call.opened(at=1_000.0)
        (case,) = await work.claim(at=1_000.0 + HOLD)
        assert case.ticket is not None
        assert (case.ticket.hedge_at, case.ticket.due_at) == (1_002.0 + HOLD, 1_005.0 + HOLD)
        await call.ended(at=1_001.0 + HOLD)
        assert await work.try_begin(case, _attempt(ticket_id), at=1_001.0 + HOLD), "the end of the call takes no lease"

    async def test_what_the_requester_writes_meanwhile_goes_along(self, work: Work, call: Calling) -> None:
        ticket_id = await call.opened()
        await work.accept(follow_up(ticket_id))
        assert await work.owed() == {"ticket": 1}
        await call.ended(at=1_030.0)
        (case,) = await work.claim(at=1_030.0)
        assert [message.number for message in case.messages] == [1, 2, 3]

    async def test_a_held_ticket_is_taken_out_of_the_spool_as_one(self, store: SqlStore, work: Work) -> None:
        spooled = held_ticket(at=1_000.0)
        await store.drain([spooled])
        assert await work.claim(at=1_010.0) == []
        assert len(await work.claim(at=1_000.0 + HOLD)) == 1

    async def test_the_evidence_counts_from_the_release(self, store: SqlStore, work: Work, call: Calling) -> None:
        await call.opened(at=1_000.0)
        await call.ended(at=1_060.0)
        (case,) = await work.claim(at=1_060.0)
        await work.learn(await work.begin(case, "norte", at=1_060.0), HandoffState.ACCEPTED, at=1_062.0)
        assert (await store.takeover_figures(_takeover())).slowest_ticket == 2.0


def _attempt(ticket_id: str) -> Handoff:
    return Handoff(new_id(), ticket_id, "acme", HandoffState.STARTED, 1_001.0 + HOLD, messages_sent=1)


def _takeover() -> Takeover:
    at = 1_050.0
    return Takeover(new_id(), "default", "acme", "norte", at - 2, at - 1, at, at, 2.8, 5.0)
