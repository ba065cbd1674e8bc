"""The whole engine against the bounds that `relevo check` prints: no script of faults exceeds them, and the worst phase
comes near them. The backup is healthy, and as slow as its timeout allows: that is what the bounds assume."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.events import TakeoverStarted, TicketRescued
from routing.takeover.bounds import Platform
from tests.support.examples import examples
from tests.support.fake_desk import FAULTS, Mood
from tests.support.simulation import Simulation, follow, simulation
from tests.support.virtual_time import run

pytestmark = pytest.mark.simulation

_ROUNDING = 1e-5
_NEAR = 0.8
"""A bound that is never approached proves nothing."""
_SLOW = 0.98
"""Seconds that the backup takes, of the one that it may."""
_LAG = Platform().lag
_PATIENT = {"acme": {"timeout": 4.0}}
"""A primary that may keep a ticket for longer than the hedge lets it."""


@dataclass(frozen=True)
class Measured:
    """The longest that a run showed, in seconds, and its bound."""

    longest: float
    bound: float

    @property
    def part(self) -> float:
        return self.longest / self.bound


def slowest_ticket(
    script: Sequence[tuple[float, Mood]],
    *,
    start: float,
    seconds: float,
    every: float,
    lag: float = 0.0,
    each: Mapping[str, Mapping[str, Any]] | None = None,
    seed: int = 0,
) -> Measured:
    """Requests at their pace, while the primary follows its script."""

    async def scenario() -> Measured:
        async with simulation(each=each, seed=seed) as sim:
            sim.runner.lag = lag
            sim.desks["norte"].latency = _SLOW
            script_runs = asyncio.create_task(follow(sim.desks["acme"], script))
            await asyncio.sleep(start)
            await sim.traffic(seconds, every)
            await script_runs
            await asyncio.sleep(sim.promise.ticket("norte"))
            sim.desks["acme"].become(Mood.WORKS)
            return Measured(max((await sim.handed_off_after()).values()), sim.promise.ticket("norte"))

    return run(scenario())


@pytest.mark.parametrize("mood", FAULTS)
def test_no_ticket_takes_longer_than_its_bound_whatever_the_primary_does(mood: Mood) -> None:
    measured = slowest_ticket([(2.0, mood)], start=1.0, seconds=4.0, every=0.35)
    assert measured.longest <= measured.bound


@pytest.mark.parametrize("mood", [Mood.HANGS, Mood.DEAF])
def test_the_worst_phase_of_a_ticket_comes_near_its_bound(mood: Mood) -> None:
    measured = slowest_ticket([(2.0, mood)], start=1.4, seconds=1.6, every=0.2, each=_PATIENT, lag=_LAG)
    assert _NEAR * measured.bound <= measured.longest <= measured.bound


@examples(6)
@given(
    script=st.lists(st.tuples(st.floats(0.0, 3.0), st.sampled_from([*FAULTS, Mood.WORKS])), min_size=1, max_size=4),
    start=st.floats(0.0, 2.0),
    timeout=st.sampled_from([0.5, 1.0, 4.0]),
    seed=st.integers(0, 1000),
)
def test_no_script_of_faults_makes_a_ticket_late(
    script: list[tuple[float, Mood]], start: float, timeout: float, seed: int
) -> None:
    each = {"acme": {"timeout": timeout}}
    measured = slowest_ticket(script, start=start, seconds=4.0, every=0.4, each=each, seed=seed)
    assert measured.longest <= measured.bound


def detected_after(mood: Mood, phase: float, *, traffic: bool = False, lag: float = 0.0, seed: int = 0) -> Measured:
    """From the start of the last good probe to the takeover of the service."""

    async def scenario() -> Measured:
        async with simulation(seed=seed) as sim:
            sim.runner.lag = lag
            await asyncio.sleep(1.0 + phase)
            sim.desks["acme"].become(mood)
            if traffic:
                await sim.traffic(sim.promise.detection("acme"), 0.4)
            else:
                await asyncio.sleep(sim.promise.detection("acme") + lag)  # the event itself is committed late
            (started,) = sim.chronicle.of(TakeoverStarted)
            sim.desks["acme"].become(Mood.WORKS)
            return Measured(started.seconds, sim.promise.detection("acme"))

    return run(scenario())


def test_the_worst_phase_of_a_takeover_comes_near_its_bound_and_none_exceeds_it() -> None:
    measured = [detected_after(Mood.HANGS, phase / 10, seed=phase, lag=_LAG) for phase in range(10)]
    assert max(each.part for each in measured) >= _NEAR
    assert all(each.longest <= each.bound + _ROUNDING for each in measured)


@examples(6)
@given(st.sampled_from([Mood.HANGS, Mood.CLOSED_PORT, Mood.ERRORS]), st.floats(0.0, 1.2), st.integers(0, 1000))
def test_no_fault_is_taken_over_later_than_its_bound(mood: Mood, phase: float, seed: int) -> None:
    for traffic in (False, True):
        measured = detected_after(mood, phase, traffic=traffic, seed=seed)
        assert measured.longest <= measured.bound + _ROUNDING


_RESCUED = 24
_RATE = 6.0


def last_rescued_after(mood: Mood, phase: float, *, arrivals: float) -> Measured:
    """From the fault to the last of the primary's tickets in the backup's hands, while new ones arrive."""

    async def scenario() -> Measured:
        async with simulation(each={"acme": {"rate": 1000}, "norte": {"rate": _RATE}}) as sim:
            sim.desks["norte"].latency = _SLOW
            for _ in range(_RESCUED):
                await sim.request()
            await asyncio.sleep(1.0 + phase)
            fault = sim.clock.now()
            sim.desks["acme"].become(mood)
            rescued = await _rescued(sim, arrivals)
            return Measured(rescued - fault, sim.promise.rescue("acme", "norte", _RESCUED))

    return run(scenario())


async def _rescued(sim: Simulation, arrivals: float) -> float:
    """When the last ticket was rescued: new ones go on arriving until then."""
    mine = {receipt.ticket_id for receipt in sim.receipts}
    while not mine <= sim.desks["norte"].open_tickets():
        await sim.traffic(1.0, 1 / arrivals) if arrivals else await asyncio.sleep(1.0)
    assert len(sim.chronicle.of(TicketRescued)) == _RESCUED
    found = [await sim.store.ticket(ticket_id) for ticket_id in mine]
    sim.desks["acme"].lose_everything()  # nothing to be withdrawn when it is back
    return max(copy.answered_at or 0.0 for case in found if case for copy in case.handoffs if copy.provider == "norte")


@pytest.mark.parametrize("phase", [0.05, 0.95])
def test_a_rescue_comes_near_its_bound_and_never_exceeds_it_while_new_tickets_arrive(phase: float) -> None:
    measured = last_rescued_after(Mood.HANGS, phase, arrivals=_RATE * 0.6)
    assert _NEAR * measured.bound <= measured.longest <= measured.bound


def test_a_rescue_without_new_tickets_has_the_backup_for_itself() -> None:
    measured = last_rescued_after(Mood.CLOSED_PORT, 0.5, arrivals=0.0)
    assert measured.longest <= 0.6 * measured.bound
