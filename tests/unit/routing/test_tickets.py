"""Single tickets in the hands of the engine: lost, adopted, neglected, urgent, unwelcome."""

import asyncio
import itertools

import pytest

from gateway.core.events import ProviderMisconfigured, TicketRescued
from gateway.core.handoff import HandoffState
from gateway.core.provider import ReportType
from gateway.core.ticket import Priority, Receipt
from tests.support.fake_desk import RETRY_AFTER, Mood
from tests.support.simulation import Simulation, simulation
from tests.support.virtual_time import run


def test_a_lost_ticket_is_delivered_again() -> None:
    async def scenario() -> None:
        async with simulation() as sim:
            receipt = await sim.request()
            await sim.settle()
            sim.desks["acme"].lose_everything()
            await asyncio.sleep(16)
            await sim.settle()
            assert ("acme", HandoffState.LOST) in await sim.states_of(receipt)

    run(scenario())


async def _rescued_while_all_are_down(sim: Simulation) -> str:
    """A ticket at the primary, which fails when the backup has failed already."""
    receipt = await sim.request()
    await asyncio.sleep(0.5)
    sim.desks["norte"].become(Mood.CLOSED_PORT)
    await asyncio.sleep(3.0)
    sim.desks["acme"].become(Mood.CLOSED_PORT)
    await asyncio.sleep(3.0)
    assert [event.ticket_id for event in sim.chronicle.of(TicketRescued)] == [receipt.ticket_id]
    return receipt.ticket_id


def test_a_copy_whose_desk_is_back_first_is_adopted_and_read_back_like_any_other() -> None:
    async def scenario() -> None:
        async with simulation() as sim:
            ticket_id = await _rescued_while_all_are_down(sim)
            await sim.write_again(ticket_id)
            sim.desks["acme"].become(Mood.WORKS)
            await asyncio.sleep(3.0)
            assert sim.holders(ticket_id) == ["acme"]
            await sim.settle(within=1.0)
            sim.desks["norte"].become(Mood.WORKS)
            sim.desks["acme"].lose(ticket_id)
            await asyncio.sleep(20.0)
            await sim.settle(within=1.0)

    run(scenario())


def test_a_copy_that_its_desk_lost_meanwhile_is_not_adopted() -> None:
    async def scenario() -> None:
        async with simulation() as sim:
            ticket_id = await _rescued_while_all_are_down(sim)
            sim.desks["acme"].lose(ticket_id)
            sim.desks["acme"].become(Mood.WORKS)
            await sim.settle(within=5.0)
            assert await sim.states_of(sim.receipts[0]) == [
                ("acme", HandoffState.LOST),
                ("acme", HandoffState.ACCEPTED),
            ]

    run(scenario())


def test_a_copy_that_cannot_be_read_back_does_not_keep_the_ticket_from_a_healthy_desk() -> None:
    async def scenario() -> None:
        async with simulation() as sim:
            ticket_id = await _rescued_while_all_are_down(sim)
            sim.desks["acme"].become(Mood.MISCONFIGURED)
            sim.desks["norte"].become(Mood.WORKS)
            await asyncio.sleep(3.0)
            assert "norte" in sim.holders(ticket_id)

    run(scenario())


def test_of_two_superseded_copies_the_one_whose_desk_is_back_first_stays() -> None:
    """None is withdrawn before that is known: the other desk may be away for long."""

    async def scenario() -> None:
        async with simulation() as sim:
            receipt = await sim.request()
            await asyncio.sleep(0.5)
            sim.desks["acme"].become(Mood.CLOSED_PORT)
            await asyncio.sleep(3.0)
            assert sim.holders(receipt.ticket_id) == ["acme", "norte"]
            sim.desks["norte"].become(Mood.CLOSED_PORT)
            await asyncio.sleep(3.0)
            sim.desks["norte"].become(Mood.WORKS)
            await asyncio.sleep(5.0)
            assert await sim.states_of(receipt) == [("acme", HandoffState.ACCEPTED), ("norte", HandoffState.ACCEPTED)]
            sim.desks["acme"].become(Mood.WORKS)
            await sim.settle(within=10.0)
            assert sim.holders(receipt.ticket_id) == ["norte"]

    run(scenario())


@pytest.mark.parametrize("mood", [Mood.WORKS, Mood.DEAF])
def test_a_neglected_ticket_moves_within_its_bound(mood: Mood) -> None:
    """Silent death: the desk accepts, and nobody works. One that doesn't even answer is asked every other second."""

    async def scenario() -> None:
        async with simulation(policy={"pick_up_within": 20.0}) as sim:
            sim.desks["norte"].latency = 0.98
            neglected, picked_up = await sim.request(), await sim.request()
            await asyncio.sleep(1.0)
            sim.desks["acme"].work_on(picked_up.ticket_id)
            sim.desks["acme"].become(mood)
            await asyncio.sleep(20.0 + 6.0)
            bound = sim.silent_death
            assert bound is not None
            case = await sim.store.ticket(neglected.ticket_id)
            assert case is not None
            (first, second) = case.handoffs
            assert first.answered_at is not None
            assert second.answered_at is not None
            moved_after = second.answered_at - first.answered_at
            assert 0.8 * bound <= moved_after <= bound + (0.0 if mood is Mood.WORKS else 2.5)
            if mood is Mood.WORKS:
                assert await sim.states_of(picked_up) == [("acme", HandoffState.PICKED_UP)]

    run(scenario())


@pytest.mark.parametrize("mood", [Mood.WORKS, Mood.DROPS])
def test_a_neglected_ticket_that_its_desk_reported_before_it_answered_moves_in_time(mood: Mood) -> None:
    """The report knows nothing of the promise: the first look came 15 s later, however short that was."""

    async def scenario() -> None:
        async with simulation(policy={"pick_up_within": 4.0}) as sim:
            sim.desks["acme"].reports_at_once = (ReportType.ACCEPTED,)
            sim.desks["acme"].become(mood)
            receipt = await sim.request()
            await asyncio.sleep(9.0)
            case = await sim.store.ticket(receipt.ticket_id)
            assert case is not None
            first, second = case.handoffs[:2]
            assert sim.silent_death is not None
            assert (second.answered_at or 0.0) - (first.answered_at or 0.0) <= sim.silent_death

    run(scenario())


def test_urgent_tickets_go_first() -> None:
    async def scenario() -> None:
        async with simulation(rate=5.0, window=2) as sim:
            for desk in sim.desks.values():
                desk.become(Mood.CLOSED_PORT)
            await asyncio.sleep(3.0)
            receipts = [await sim.request(priority) for priority in (*Priority, *Priority)]
            await asyncio.sleep(1.0)
            sim.desks["acme"].become(Mood.WORKS)
            await sim.settle()
            after = await sim.handed_off_after()
            order = sorted(range(len(receipts)), key=lambda index: after[receipts[index].ticket_id])
            assert [list(Priority)[index % 4] for index in order] == sorted([*Priority, *Priority], reverse=True)

    run(scenario())


def test_a_desk_that_asks_to_be_left_alone_is_left_alone() -> None:
    async def scenario() -> None:
        async with simulation(names=("acme",)) as sim:
            sim.desks["acme"].become(Mood.BUSY)
            for _ in range(8):
                await sim.request()
            await asyncio.sleep(4 * RETRY_AFTER)
            for earlier, later in itertools.pairwise(sim.desks["acme"].attempts):
                # What had left before its answer came could not know.
                assert later - earlier <= 0.02 or later - earlier >= RETRY_AFTER - 0.02
            sim.desks["acme"].become(Mood.WORKS)
            await sim.settle(within=RETRY_AFTER + 1.0)

    run(scenario())


def test_while_the_primary_pauses_the_backup_gets_what_cannot_wait() -> None:
    async def scenario() -> None:
        async with simulation(policy={"hedge": 1.0}) as sim:
            sim.desks["acme"].become(Mood.BUSY)
            first = await sim.request()
            await asyncio.sleep(0.5)
            second = await sim.request()
            await asyncio.sleep(1.5)
            assert sim.holders(first.ticket_id) == sim.holders(second.ticket_id) == ["norte"]
            assert (await sim.handed_off_after())[second.ticket_id] == pytest.approx(1.0, abs=0.05)

    run(scenario())


def test_a_desk_that_refuses_our_credentials_is_reported_and_the_backup_gets_the_ticket() -> None:
    async def scenario() -> None:
        async with simulation(moods={"acme": Mood.MISCONFIGURED}) as sim:
            receipt = await sim.request()
            await sim.settle(within=1.0)
            assert sim.holders(receipt.ticket_id) == ["norte"]
            assert [event.provider for event in sim.chronicle.of(ProviderMisconfigured)] == ["acme"]

    run(scenario())


def test_a_third_desk_takes_what_the_second_does_not_answer() -> None:
    async def scenario() -> None:
        moods = {"acme": Mood.CLOSED_PORT, "norte": Mood.STUCK}
        async with simulation(names=("acme", "norte", "sur"), moods=moods) as sim:
            sim.desks["sur"].latency = 0.98
            receipt = await sim.request()
            await asyncio.sleep(5.0)
            assert sim.holders(receipt.ticket_id) == ["sur"]
            assert (await sim.handed_off_after())[receipt.ticket_id] <= sim.promise.ticket("sur")
            sim.desks["norte"].become(Mood.WORKS)
            await sim.settle(within=10.0)

    run(scenario())


class TestPickUps:
    def test_before_the_rescue_keeps_the_ticket_where_it_is(self) -> None:
        async def scenario() -> None:
            async with simulation() as sim:
                receipt = await sim.request()
                await asyncio.sleep(0.5)
                ticket = sim.desks["acme"].work_on(receipt.ticket_id)
                assert ticket
                await sim.desks["acme"].report(ReportType.PICKED_UP, ticket)
                sim.desks["acme"].become(Mood.CLOSED_PORT)
                await asyncio.sleep(4.0)
                assert await sim.states_of(receipt) == [("acme", HandoffState.PICKED_UP)]

        run(scenario())

    def test_during_the_rescue_ends_it(self) -> None:
        async def scenario() -> None:
            async with simulation(each={"norte": {"timeout": 3.0}}) as sim:
                sim.desks["norte"].latency = 2.0
                receipt = await sim.request()
                await asyncio.sleep(0.5)
                sim.desks["acme"].become(Mood.CLOSED_PORT)
                await asyncio.sleep(3.0)
                ticket = sim.desks["acme"].work_on(receipt.ticket_id)
                assert ticket
                await sim.desks["acme"].report(ReportType.PICKED_UP, ticket)
                sim.desks["acme"].become(Mood.WORKS)
                await sim.settle(within=10.0)
                assert sim.holders(receipt.ticket_id) == ["acme"]

        run(scenario())

    @pytest.mark.parametrize("reported", [True, False])
    def test_after_the_withdrawal_was_queued_lets_the_other_copy_go(self, reported: bool) -> None:
        async def scenario() -> None:
            async with simulation() as sim:
                receipt = await sim.request()
                await asyncio.sleep(0.5)
                sim.desks["acme"].become(Mood.CLOSED_PORT)
                await asyncio.sleep(3.0)
                assert sim.holders(receipt.ticket_id) == ["acme", "norte"]
                ticket = sim.desks["acme"].work_on(receipt.ticket_id)
                assert ticket
                if reported:
                    await sim.desks["acme"].report(ReportType.PICKED_UP, ticket)
                sim.desks["acme"].become(Mood.WORKS)
                await sim.settle(within=10.0)
                assert sim.holders(receipt.ticket_id) == ["acme"]

        run(scenario())


class TestMessages:
    @pytest.mark.parametrize("mood", [Mood.HANGS, Mood.CLOSED_PORT, Mood.DROPS])
    def test_written_during_hand_off_takeover_and_return_arrive_once_and_in_order(self, mood: Mood) -> None:
        async def scenario() -> None:
            async with simulation() as sim:
                early = await sim.request()
                await asyncio.sleep(0.5)
                sim.desks["acme"].become(mood)
                late = await sim.request()
                for _ in range(12):
                    await sim.write_again(early.ticket_id)
                    await sim.write_again(late.ticket_id)
                    await asyncio.sleep(0.35)
                sim.desks["acme"].become(Mood.WORKS)
                for _ in range(6):
                    await sim.write_again(early.ticket_id)
                    await asyncio.sleep(0.35)
                await sim.settle(within=10.0)  # looks at each message of each ticket

        run(scenario())

    def test_written_before_a_rescue_reach_the_desk_that_picks_the_ticket_up_after_all(self) -> None:
        async def scenario() -> None:
            async with simulation() as sim:
                receipt = await sim.request()
                await asyncio.sleep(0.5)
                for desk in sim.desks.values():
                    desk.become(Mood.HANGS)
                await asyncio.sleep(1.5)
                await sim.write_again(receipt.ticket_id)
                await asyncio.sleep(3.0)
                assert sim.chronicle.of(TicketRescued)
                sim.desks["acme"].become(Mood.WORKS)
                ticket = sim.desks["acme"].work_on(receipt.ticket_id)
                assert ticket
                await sim.desks["acme"].report(ReportType.PICKED_UP, ticket)
                await sim.settle(within=5.0)

        run(scenario())


async def _superseded_while_the_next_is_asked(sim: Simulation, after: float = 0.6) -> Receipt:
    """The primary's answer is lost, so norte is asked; then the primary's copy is found, and after a while given up."""
    sim.desks["acme"].become(Mood.DROPS)
    receipt = await sim.request()
    await asyncio.sleep(after)
    assert await sim.states_of(receipt) == [("acme", HandoffState.ACCEPTED), ("norte", HandoffState.STARTED)]
    sim.desks["acme"].become(Mood.CLOSED_PORT)
    case = await sim.store.ticket(receipt.ticket_id)
    assert case is not None
    assert await sim.store.supersede(case.handoffs[0].id, sim.clock.now(), "its desk is down")
    return receipt


@pytest.mark.parametrize("at_once", [(), (ReportType.ACCEPTED,)])
def test_a_rescue_does_not_ask_a_desk_that_is_being_asked_already(at_once: tuple[ReportType, ...]) -> None:
    async def scenario() -> None:
        async with simulation() as sim:
            sim.desks["norte"].latency = 0.9
            sim.desks["norte"].reports_at_once = at_once
            receipt = await _superseded_while_the_next_is_asked(sim)
            await asyncio.sleep(2.0)
            assert len(sim.desks["norte"].tickets) == len(sim.desks["norte"].attempts) == 1
            assert sim.holders(receipt.ticket_id) == ["acme", "norte"]
            sim.desks["acme"].become(Mood.WORKS)
            await sim.settle(within=10.0)
            assert sim.holders(receipt.ticket_id) == ["norte"]

    run(scenario())


_THREE = ("acme", "norte", "sur")


def test_a_rescue_waits_for_no_attempt_at_a_desk_that_is_down() -> None:
    async def scenario() -> None:
        async with simulation(names=_THREE, takeover_within=30.0, each={"norte": {"timeout": 6.0}}) as sim:
            sim.desks["norte"].become(Mood.HANGS)
            receipt = await _superseded_while_the_next_is_asked(sim, after=5.0)
            await asyncio.sleep(0.2)
            assert sim.holders(receipt.ticket_id) == ["acme", "sur"]

    run(scenario())


def test_a_rescue_goes_on_where_the_attempt_that_it_waited_for_ends_at_any_moment() -> None:
    async def scenario(declined_after: float) -> None:
        async with simulation(names=_THREE, takeover_within=30.0, each={"norte": {"timeout": 6.0}}) as sim:
            sim.runner.lag = 0.05
            sim.desks["norte"].declines_after = [declined_after]
            receipt = await _superseded_while_the_next_is_asked(sim, after=1.5)
            await asyncio.sleep(2.5)
            assert {"norte", "sur"} & set(sim.holders(receipt.ticket_id)), declined_after

    for hundredths in range(140, 280, 4):
        run(scenario(hundredths / 100))
