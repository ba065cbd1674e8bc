"""The whole engine under virtual time: the fault it exists for, and what must never happen."""

import asyncio

import pytest

from gateway.core.events import NoProviderLeft, TakeoverEnded, TakeoverStarted, TicketRescued
from tests.support.fake_desk import Mood
from tests.support.simulation import simulation
from tests.support.virtual_time import run

pytestmark = pytest.mark.simulation


def test_a_ticket_reaches_the_primary() -> None:
    async def scenario() -> None:
        async with simulation() as sim:
            receipt = await sim.request()
            await sim.settle()
            assert sim.holders(receipt.ticket_id) == ["acme"]
            assert (await sim.handed_off_after())[receipt.ticket_id] < 0.1

    run(scenario())


@pytest.mark.parametrize("mood", [Mood.CLOSED_PORT, Mood.ERRORS, Mood.HANGS, Mood.DROPS])
def test_the_backup_has_every_ticket_in_time_and_none_is_left_at_two(mood: Mood) -> None:
    async def scenario() -> None:
        async with simulation() as sim:
            await sim.traffic(1.0, 0.25)
            sim.desks["acme"].become(mood)
            await sim.traffic(5.0, 0.25)
            sim.desks["acme"].become(Mood.WORKS)
            await sim.traffic(3.0, 0.5)
            await sim.settle(within=10)
            slowest = max((await sim.handed_off_after()).values())
            assert slowest <= sim.promise.ticket("norte")
            assert await sim.astray() == []

    run(scenario())


def test_after_an_explicit_fault_the_backup_has_each_ticket_at_once() -> None:
    async def scenario() -> None:
        for mood in (Mood.CLOSED_PORT, Mood.ERRORS):
            async with simulation() as sim:
                sim.desks["acme"].become(mood)
                await sim.traffic(3.0, 0.2)
                assert max((await sim.handed_off_after()).values()) < 0.5

    run(scenario())


def test_the_service_is_taken_over_and_returns() -> None:
    async def scenario() -> None:
        async with simulation() as sim:
            await sim.traffic(1.0, 0.2)
            sim.desks["acme"].become(Mood.CLOSED_PORT)
            await sim.traffic(4.0, 0.5)
            assert [event.from_provider for event in sim.chronicle.of(TakeoverStarted)] == ["acme"]
            assert sim.chronicle.of(TicketRescued)
            sim.desks["acme"].become(Mood.WORKS)
            await sim.traffic(5.0, 0.5)
            await sim.settle(within=10)
            ended = sim.chronicle.of(TakeoverEnded)
            assert len(ended) == 1
            evidence = (await sim.store.takeovers())[0]
            assert ended[0].met, evidence
            assert evidence.rescued == evidence.rescue_size == len(sim.chronicle.of(TicketRescued))
            assert evidence.doubles == evidence.doubles_withdrawn > 0
            late = await sim.request()
            await sim.settle()
            assert sim.holders(late.ticket_id) == ["acme"]

    run(scenario())


def test_all_down_is_accepted_alarmed_and_drained_at_the_rate_of_who_is_back_first() -> None:
    async def scenario() -> None:
        async with simulation(rate=20) as sim:
            for desk in sim.desks.values():
                desk.become(Mood.CLOSED_PORT)
            await sim.traffic(8.0, 0.2)
            assert sim.chronicle.of(NoProviderLeft)
            assert sim.fleet.serving("default") is None
            sim.desks["norte"].become(Mood.WORKS)
            started = sim.clock.now()
            await sim.settle(within=60)
            assert sim.clock.now() - started <= len(sim.receipts) / 20 + 2.0
            assert await sim.astray() == []

    run(scenario())


def test_a_backlog_while_all_are_down_costs_next_to_nothing() -> None:
    async def scenario() -> None:
        async with simulation() as sim:
            for desk in sim.desks.values():
                desk.become(Mood.CLOSED_PORT)
            await asyncio.sleep(3.0)
            for _ in range(10):
                await sim.request()
            await asyncio.sleep(1.0)
            before = sim.runner.writes
            await asyncio.sleep(20.0)
            reviews = 20 * len(sim.desks) * 2
            assert sim.runner.writes - before <= reviews + 10

    run(scenario())


def test_what_a_thawed_desk_finishes_is_found_and_withdrawn_within_ten_seconds() -> None:
    async def scenario() -> None:
        async with simulation() as sim:
            sim.desks["acme"].become(Mood.HANGS)
            await sim.traffic(5.0, 0.15)
            sim.desks["acme"].become(Mood.WORKS)
            await asyncio.sleep(10)
            doubles = [receipt for receipt in sim.receipts if len(sim.holders(receipt.ticket_id)) != 1]
            assert doubles == []
            assert sim.desks["acme"].withdrawals > 0

    run(scenario())


def test_no_more_is_in_flight_to_a_hung_desk_than_its_window() -> None:
    async def scenario() -> None:
        async with simulation(window=4, rate=1000) as sim:
            await sim.traffic(0.5, 0.1)
            before = len(sim.desks["acme"].attempts)
            sim.desks["acme"].become(Mood.HANGS)
            await sim.traffic(1.5, 0.05)
            assert 0 < len(sim.desks["acme"].attempts) - before <= 4
            sim.desks["acme"].become(Mood.WORKS)
            await sim.settle(within=30)

    run(scenario())


def test_a_ticket_that_every_desk_declines_is_for_a_person() -> None:
    async def scenario() -> None:
        moods = {"acme": Mood.DECLINES, "norte": Mood.DECLINES}
        async with simulation(moods=moods) as sim:
            await sim.request()
            await asyncio.sleep(5)
            assert len(await sim.store.quarantined()) == 1
            assert await sim.astray() == []

    run(scenario())
