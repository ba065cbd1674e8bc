"""The whole engine and the tickets of phone calls under virtual time: held, released, taken, and recorded."""

import asyncio

import pytest

from gateway.core.calls import CallKept, Taken
from gateway.core.delivery import Case, Delivery, Finish, Kind, Lease
from gateway.core.events import CallEnded, HandoffChanged, TicketRescued
from gateway.core.handoff import HandoffState
from gateway.core.ids import new_id
from gateway.core.ticket import Acceptance, InboundMessage, Receipt, Requester
from tests.support.fake_desk import Mood
from tests.support.kept_calls import CALLER, Calling, said
from tests.support.simulation import Simulation, simulation
from tests.support.virtual_time import run

pytestmark = pytest.mark.simulation
HOLD = 600.0


class PhoneCall:
    """One, as a channel keeps it."""

    def __init__(self, sim: Simulation) -> None:
        self.sim = sim
        self.steps = Calling(sim.store)
        self.ticket_id = ""

    async def begin(self) -> None:
        now = self.sim.clock.now()
        caller = Requester(phone=CALLER)
        call = InboundMessage(channel="phone", body="Llamada.", requester=caller, held_until=now + HOLD)
        opening = self.sim.door.rows_of(call, now)
        assert opening.ticket is not None
        assert await self.steps.step(at=now, opening=opening) is CallKept.KEPT
        ticket, self.ticket_id = opening.ticket, opening.ticket.id
        self.sim.receipts.append(Receipt(Acceptance.NEW, ticket.id, ticket.reference, opening.message.id, now))

    async def take(self, provider: str) -> None:
        now = self.sim.clock.now()
        assert await self.steps.step(at=now, taken=Taken(provider, now)) is CallKept.KEPT

    async def end(self) -> None:
        now = self.sim.clock.now()
        over = CallEnded(
            at=now,
            ticket_id=self.ticket_id,
            channel="phone",
            call=self.steps.sid,
            outcome="answered",
            provider=None,
            waiting=1.0,
            ringing=1.0,
            talking=1.0,
            failovers=0,
            abandoned=False,
            told_of_recording=False,
            left_in=None,
        )
        account = said(at=now)
        kept = await self.steps.step(at=now, messages=(account,), release=True, over=True, events=(over,))
        assert kept is CallKept.KEPT

    async def states(self) -> list[tuple[str, HandoffState]]:
        return await self.sim.states_of(next(each for each in self.sim.receipts if each.ticket_id == self.ticket_id))


async def _woken(sim: Simulation) -> None:
    """As a start does it, whatever was put off."""
    await sim.store.wake(sim.clock.now(), frozenset(Kind) - {Kind.CONFIRM}, 1_000)


def test_a_call_that_nobody_takes_is_handed_over_in_time_once_it_is_over() -> None:
    async def scenario() -> None:
        async with simulation() as sim:
            sim.desks["acme"].become(Mood.HANGS)
            call = PhoneCall(sim)
            await call.begin()
            await asyncio.sleep(90.0)
            await _woken(sim)
            await asyncio.sleep(5.0)
            assert await call.states() == []
            assert await sim.astray() == []
            await call.end()
            await sim.settle(within=10)
            (changed,) = [each for each in sim.chronicle.of(HandoffChanged) if each.first]
            assert changed.seconds <= sim.promise.ticket("norte")
            assert sim.holders(call.ticket_id) == ["norte"]

    run(scenario())


def test_a_ticket_that_is_released_is_handed_over_at_once() -> None:
    async def scenario() -> None:
        async with simulation() as sim:
            call = PhoneCall(sim)
            await call.begin()
            await asyncio.sleep(30.2)
            await call.end()
            over_at = sim.clock.now()
            await sim.settle(within=5)
            assert sim.desks["acme"].attempts == [pytest.approx(over_at, abs=0.1)]

    run(scenario())


def test_a_call_that_nobody_ends_is_handed_over_when_its_hold_is() -> None:
    async def scenario() -> None:
        async with simulation() as sim:
            call = PhoneCall(sim)
            await call.begin()
            await asyncio.sleep(HOLD + 1.0)
            await sim.settle(within=10)
            assert sim.holders(call.ticket_id) == ["acme"]

    run(scenario())


def test_a_call_that_was_taken_goes_to_the_system_of_who_took_it_and_to_no_other() -> None:
    async def scenario() -> None:
        async with simulation() as sim:
            call = PhoneCall(sim)
            await call.begin()
            await asyncio.sleep(20.0)
            await call.take("norte")
            await asyncio.sleep(120.0)
            assert [desk.attempts for desk in sim.desks.values()] == [[], []]
            await call.end()
            over_at = sim.clock.now()
            await sim.settle(within=1.0)
            assert sim.desks["norte"].attempts == [pytest.approx(over_at, abs=0.1)], "at once"
            assert sim.holders(call.ticket_id) == ["norte"]
            assert await call.states() == [("norte", HandoffState.PICKED_UP)]
            await sim.write_again(call.ticket_id)
            await sim.settle(within=1.0)

    run(scenario())


@pytest.mark.parametrize("kind", [Kind.CALL, Kind.CALLBACK])
def test_what_a_channel_owes_about_a_call_is_done_by_it(kind: Kind) -> None:
    async def scenario() -> None:
        async with simulation() as sim:
            done: list[tuple[Kind, float]] = []

            async def by_channel(case: Case) -> None:
                done.append((case.delivery.kind, sim.clock.now()))
                await sim.store.finish([Finish(Lease(case.delivery.id, case.delivery.epoch))])

            sim.channel = by_channel
            due_at = sim.clock.now() + 2.0
            owed = Delivery(new_id(), kind, due_at, due_at, target="phone")
            assert await Calling(sim.store).step(owed=(owed,)) is CallKept.KEPT
            await asyncio.sleep(3.0)
            assert [each for each, _ in done] == [kind]
            assert done[0][1] == pytest.approx(due_at, abs=0.6)

    run(scenario())


@pytest.mark.parametrize(
    ("mood", "within"),
    [(Mood.CLOSED_PORT, 10.0), (Mood.ERRORS, 10.0), (Mood.HANGS, 10.0), (Mood.DROPS, 40.0), (Mood.DEAF, 40.0)],
)
def test_a_system_that_is_away_gets_it_once_when_it_is_back(mood: Mood, within: float) -> None:
    async def scenario() -> None:
        async with simulation() as sim:
            call = PhoneCall(sim)
            await call.begin()
            await call.take("acme")
            sim.desks["acme"].become(mood)
            await asyncio.sleep(10.0)
            await call.end()
            await asyncio.sleep(5.0)
            await sim.write_again(call.ticket_id)
            await asyncio.sleep(30.0)
            sim.desks["acme"].become(Mood.WORKS)
            await sim.settle(within)
            assert await call.states() == [("acme", HandoffState.PICKED_UP)]
            assert len(sim.desks["acme"].tickets) == 1
            assert sim.chronicle.of(TicketRescued) == [], "its agent has spoken with the requester"

    run(scenario())


@pytest.mark.parametrize("after", [0.005, 0.015, 0.5])
def test_a_crash_in_the_middle_makes_no_second_copy(after: float) -> None:
    async def scenario() -> None:
        async with simulation() as sim:
            call = PhoneCall(sim)
            await call.begin()
            await call.take("acme")
            await call.end()
            await asyncio.sleep(after)
            await sim.crash()
            await asyncio.sleep(2.0)
            await sim.restart()
            await _woken(sim)
            await sim.settle(within=10)
            assert len(sim.desks["acme"].tickets) == 1
            assert await sim.astray() == []

    run(scenario())


def test_a_system_that_will_not_have_it_leaves_the_ticket_with_its_provider() -> None:
    async def scenario() -> None:
        async with simulation(moods={"acme": Mood.DECLINES}) as sim:
            call = PhoneCall(sim)
            await call.begin()
            await call.take("acme")
            await call.end()
            await asyncio.sleep(5.0)
            (item,) = await sim.store.quarantined()
            assert item.kind is Kind.RECORD
            assert await call.states() == [("acme", HandoffState.PICKED_UP)]
            assert await sim.astray() == []
            sim.desks["acme"].become(Mood.WORKS)
            assert await sim.store.release(item.id, sim.clock.now(), "eva")
            await sim.settle(within=5)
            assert sim.holders(call.ticket_id) == ["acme"]

    run(scenario())
