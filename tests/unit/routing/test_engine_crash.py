"""The gateway dies at any instant and comes back: nothing is lost, no ticket stays at two desks, and the bound that
reckons with one crash holds."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.handoff import HandoffState
from routing.takeover.bounds import Platform
from tests.support.examples import examples
from tests.support.fake_desk import FAULTS, Mood
from tests.support.simulation import QUICK_RETURN, Simulation, follow, simulation
from tests.support.virtual_time import run

pytestmark = pytest.mark.simulation

_PLATFORM = Platform(crashes=1)
_DOWN_FOR = _PLATFORM.restart_within - 0.3
"""Seconds; the first probes of a silent provider take the rest."""
_NEAR = 0.8


async def _crash_and_restart(sim: Simulation) -> None:
    await sim.crash()
    await asyncio.sleep(_DOWN_FOR)
    await sim.restart()


def slowest_around_a_crash(mood: Mood, crash_after: float, *, forgets: bool, timeout: float) -> tuple[float, float]:
    """The longest hand-over of the tickets that came in just before a crash, and the bound, in seconds."""

    async def scenario() -> tuple[float, float]:
        async with simulation(platform=_PLATFORM, each={"acme": {"timeout": timeout}}) as sim:
            sim.desks["norte"].latency = 0.98
            sim.desks["norte"].forgets_the_interrupted = forgets
            await asyncio.sleep(1.0)
            sim.desks["acme"].become(mood)
            await sim.request()
            await asyncio.sleep(crash_after)
            await sim.request()
            await _crash_and_restart(sim)
            await asyncio.sleep(sim.promise.ticket("norte"))
            sim.desks["acme"].become(Mood.WORKS)
            return max((await sim.handed_off_after()).values()), sim.promise.ticket("norte")

    return run(scenario())


@pytest.mark.parametrize("mood", [Mood.HANGS, Mood.STUCK, Mood.CLOSED_PORT, Mood.DROPS])
def test_no_moment_of_a_crash_makes_a_ticket_late(mood: Mood) -> None:
    for crash_after in (0.0, 0.56, 1.2):
        longest, bound = slowest_around_a_crash(mood, crash_after, forgets=False, timeout=1.0)
        assert longest <= bound


def test_the_worst_moment_of_a_crash_comes_near_the_bound() -> None:
    """The primary is stuck; the backup has had the ticket for nearly its time, and forgets it with the connection."""
    parts = []
    for crash_after in (0.54, 1.0, 1.5):
        longest, bound = slowest_around_a_crash(Mood.STUCK, crash_after, forgets=True, timeout=4.0)
        assert longest <= bound
        parts.append(longest / bound)
    assert max(parts) >= _NEAR


@examples(6)
@given(
    script=st.lists(st.tuples(st.floats(0.0, 2.0), st.sampled_from([*FAULTS, Mood.WORKS])), max_size=3),
    crash_after=st.floats(0.0, 4.0),
    down_for=st.floats(0.0, 5.0),
    forgets=st.booleans(),
)
def test_nothing_is_lost_and_nothing_stays_at_two_desks(
    script: list[tuple[float, Mood]], crash_after: float, down_for: float, forgets: bool
) -> None:
    async def scenario() -> None:
        async with simulation() as sim:
            for desk in sim.desks.values():
                desk.forgets_the_interrupted = forgets
            faults = asyncio.create_task(follow(sim.desks["acme"], script))
            traffic = asyncio.create_task(sim.traffic(60.0, 0.4))
            await asyncio.sleep(crash_after)
            traffic.cancel()
            await sim.crash()
            assert await sim.astray() == []
            await asyncio.sleep(down_for)
            await sim.restart()
            await faults
            sim.desks["acme"].become(Mood.WORKS)
            await sim.settle(within=15)
            assert await sim.astray() == []

    run(scenario())


def test_what_the_desk_had_taken_before_the_crash_is_found_and_not_handed_over_twice() -> None:
    async def scenario() -> None:
        async with simulation() as sim:
            sim.desks["acme"].latency = 0.4
            receipt = await sim.request()
            await asyncio.sleep(0.2)
            await sim.crash()
            await asyncio.sleep(_DOWN_FOR)
            assert sim.holders(receipt.ticket_id) == ["acme"]
            await sim.restart()
            await sim.settle(within=15)
            assert await sim.states_of(receipt) == [("acme", HandoffState.ACCEPTED)]

    run(scenario())


def test_a_rescue_goes_on_after_a_crash() -> None:
    async def scenario() -> None:
        async with simulation(each={"norte": {"rate": 5.0}}) as sim:
            await sim.traffic(2.0, 0.2)
            sim.desks["acme"].become(Mood.CLOSED_PORT)
            await asyncio.sleep(2.0)
            assert 0 < len(sim.desks["norte"].open_tickets()) < len(sim.receipts)
            await _crash_and_restart(sim)
            await asyncio.sleep(4.0)
            assert len(sim.desks["norte"].open_tickets()) == len(sim.receipts)
            (evidence,) = await sim.store.takeovers(open_only=True)
            assert evidence.rescue_size == len(sim.receipts)
            sim.desks["acme"].become(Mood.WORKS)
            await asyncio.sleep(QUICK_RETURN.hold + QUICK_RETURN.ramp + 1.0)
            await sim.settle(within=15)
            (evidence,) = await sim.store.takeovers()
            assert evidence.ended_at is not None

    run(scenario())
