"""The takeover of a whole service: who serves, what is announced, and what the evidence says in the end."""

import asyncio
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.events import (
    FailbackStarted,
    NoProviderLeft,
    ProviderAvailableAgain,
    TakeoverEnded,
    TakeoverStarted,
    TicketRescued,
)
from routing.health.settings import HealthSettings
from tests.support.examples import examples
from tests.support.fake_desk import Mood
from tests.support.simulation import QUICK_RETURN, Simulation, follow, simulation
from tests.support.virtual_time import run

_HOLD, _RAMP = QUICK_RETURN.hold, QUICK_RETURN.ramp
_NOTICED = 3.0
"""Seconds within which any change of a desk's mood is noticed."""
_MANY = 40
"""Of so many tickets some surely fall within a share of about a half, and some outside."""


async def _become(sim: Simulation, desk: str, mood: Mood, wait: float = _NOTICED) -> None:
    sim.desks[desk].become(mood)
    await asyncio.sleep(wait)


def _moves(sim: Simulation) -> list[tuple[str, str | None]]:
    return [(event.from_provider, event.to_provider) for event in sim.chronicle.of(TakeoverStarted)]


@pytest.mark.simulation
@examples(3)
@given(st.lists(st.floats(2.0, 40.0), min_size=5, max_size=8), st.integers(0, 1000))
def test_flapping_switches_at_most_once_a_minute_by_default(pauses: list[float], seed: int) -> None:
    async def scenario() -> None:
        async with simulation(health=HealthSettings(), seed=seed) as sim:
            await sim.request()
            moods = itertools.cycle((Mood.CLOSED_PORT, Mood.WORKS))
            await follow(sim.desks["acme"], list(zip(pauses, moods, strict=False)))
            switches = [event.at for event in sim.chronicle.of(TakeoverStarted)]
            assert all(later - earlier >= 60.0 for earlier, later in itertools.pairwise(switches))
            sim.desks["acme"].become(Mood.WORKS)
            await sim.settle(within=10.0)

    run(scenario())


def test_a_relapse_in_the_ramp_is_the_same_takeover_and_rescues_again() -> None:
    async def scenario() -> None:
        async with simulation(health=HealthSettings(hold=2.0, ramp=20.0)) as sim:
            await _become(sim, "acme", Mood.CLOSED_PORT)
            await _become(sim, "acme", Mood.WORKS, 14.0)
            assert len(sim.chronicle.of(FailbackStarted)) == 1
            at_acme = []
            for _ in range(_MANY):
                receipt = await sim.request()
                await asyncio.sleep(0.05)
                at_acme += [receipt.ticket_id] if sim.holders(receipt.ticket_id) == ["acme"] else []
            assert 0 < len(at_acme) < _MANY, "it has a share"
            await _become(sim, "acme", Mood.CLOSED_PORT)
            assert {event.ticket_id for event in sim.chronicle.of(TicketRescued)} == set(at_acme)
            assert all("norte" in sim.holders(ticket_id) for ticket_id in at_acme)
            await _become(sim, "acme", Mood.WORKS, _NOTICED + 4.0 + 20.0 + 1.0)
            assert _moves(sim) == [("acme", "norte")]
            (evidence,) = await sim.store.takeovers()
            assert evidence.rescue_size == evidence.rescued == len(at_acme)
            assert evidence.ended_at is not None
            assert evidence.met, evidence

    run(scenario())


def test_all_down_and_then_one_back_is_announced_and_the_evidence_names_who_took_over() -> None:
    async def scenario() -> None:
        async with simulation(names=("acme", "norte", "sur")) as sim:
            for desk in sim.desks.values():
                desk.become(Mood.CLOSED_PORT)
            await asyncio.sleep(_NOTICED)
            assert len(sim.chronicle.of(NoProviderLeft)) == 1
            receipt = await sim.request()
            await _become(sim, "sur", Mood.WORKS)
            assert [event.provider for event in sim.chronicle.of(ProviderAvailableAgain)] == ["sur"]
            assert sim.holders(receipt.ticket_id) == ["sur"]
            assert "sur" in {each.to_provider for each in await sim.store.takeovers(open_only=True)}
            for name in ("acme", "norte"):
                await _become(sim, name, Mood.WORKS, _NOTICED + _HOLD + _RAMP)
            assert await sim.store.takeovers(open_only=True) == []
            assert sim.fleet.serving("default") == "acme"

    run(scenario())


def test_a_ticket_that_was_late_because_all_were_down_is_blamed_on_that() -> None:
    async def scenario() -> None:
        async with simulation() as sim:
            await _become(sim, "acme", Mood.CLOSED_PORT)
            await _become(sim, "norte", Mood.CLOSED_PORT)
            await sim.request()
            await asyncio.sleep(10.0)
            await _become(sim, "norte", Mood.WORKS)
            await _become(sim, "acme", Mood.WORKS, _NOTICED + _HOLD + _RAMP)
            evidence = next(each for each in await sim.store.takeovers() if each.from_provider == "acme")
            assert evidence.met is False
            assert evidence.failed_assumption is not None
            assert "no backup was up" in evidence.failed_assumption

    run(scenario())


def test_a_backup_that_dies_while_it_serves_is_taken_over_in_its_turn() -> None:
    async def scenario() -> None:
        async with simulation(names=("acme", "norte", "sur")) as sim:
            await _become(sim, "acme", Mood.CLOSED_PORT)
            await sim.traffic(1.0, 0.25)
            await _become(sim, "norte", Mood.CLOSED_PORT)
            assert _moves(sim) == [("acme", "norte"), ("norte", "sur")]
            assert sim.fleet.serving("default") == "sur"
            assert sim.desks["sur"].open_tickets() == {receipt.ticket_id for receipt in sim.receipts}
            await _become(sim, "acme", Mood.WORKS, _NOTICED + _HOLD + _RAMP)
            assert sim.fleet.serving("default") == "acme"
            await _become(sim, "norte", Mood.WORKS, _NOTICED + _HOLD + _RAMP)
            await sim.settle(within=10.0)
            assert len(sim.chronicle.of(TakeoverEnded)) == 2

    run(scenario())


def test_an_idle_backup_that_fails_moves_no_service() -> None:
    async def scenario() -> None:
        async with simulation() as sim:
            await _become(sim, "norte", Mood.CLOSED_PORT)
            assert _moves(sim) == []
            assert sim.fleet.serving("default") == "acme"

    run(scenario())


def test_a_restart_goes_on_with_the_evidence_that_was_open() -> None:
    async def scenario() -> None:
        async with simulation() as sim:
            await sim.traffic(0.5, 0.1)
            await _become(sim, "acme", Mood.CLOSED_PORT)
            await sim.crash()
            await asyncio.sleep(1.0)
            await sim.restart()
            await asyncio.sleep(_NOTICED)
            assert _moves(sim) == [("acme", "norte")]
            await _become(sim, "acme", Mood.WORKS, _NOTICED + _HOLD + _RAMP)
            (evidence,) = await sim.store.takeovers()
            assert evidence.ended_at is not None
            assert evidence.rescued == evidence.rescue_size == len(sim.receipts)

    run(scenario())


def test_a_provider_that_is_back_before_the_restart_ends_its_takeover() -> None:
    async def scenario() -> None:
        async with simulation() as sim:
            await _become(sim, "acme", Mood.CLOSED_PORT)
            await sim.crash()
            sim.desks["acme"].become(Mood.WORKS)
            await sim.restart()
            await asyncio.sleep(_NOTICED + _HOLD + _RAMP)
            assert await sim.store.takeovers(open_only=True) == []
            assert sim.fleet.serving("default") == "acme"

    run(scenario())


def test_what_was_seen_broken_meanwhile_is_blamed_for_a_breach() -> None:
    async def scenario() -> None:
        async with simulation() as sim:
            sim.broken.add("commit lag")
            sim.runner.lag = 2.0
            await _become(sim, "acme", Mood.HANGS, 8.0)
            sim.runner.lag = 0.0
            await _become(sim, "acme", Mood.WORKS, _NOTICED + _HOLD + _RAMP)
            (evidence,) = await sim.store.takeovers()
            assert evidence.failed_assumption == "detection bound exceeded: commit lag"

    run(scenario())
