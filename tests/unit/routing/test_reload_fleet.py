"""A reload under way: what it changes, and what goes on as if nothing had been."""

import asyncio

from gateway.core.handoff import HandoffState
from routing.delivery.fleet import Route
from routing.policy.settings import PolicySettings
from routing.settings import AskableSettings
from tests.support.fake_desk import Mood
from tests.support.simulation import QUICK_RETURN, Simulation, simulation
from tests.support.virtual_time import run

SETTINGS = AskableSettings(health=QUICK_RETURN)


def _reload(sim: Simulation, *names: str, settings: AskableSettings = SETTINGS, policy: str = "default") -> None:
    rules = PolicySettings(name=policy, providers=names, takeover_within=5.0)
    sim.apply([Route(rules, sim.hedge)], dict.fromkeys(names, settings))


def test_a_removed_provider_keeps_what_it_has_and_gets_nothing_new() -> None:
    async def scenario() -> None:
        async with simulation() as sim:
            old = await sim.request()
            await asyncio.sleep(0.5)
            _reload(sim, "norte")
            await sim.write_again(old.ticket_id)
            new = await sim.request()
            await asyncio.sleep(1.0)
            assert sim.holders(old.ticket_id) == ["acme"]
            assert sim.holders(new.ticket_id) == ["norte"]
            await sim.settle(within=1.0)  # the further message reached it

    run(scenario())


def test_what_a_removed_provider_has_is_rescued_when_it_fails() -> None:
    async def scenario() -> None:
        async with simulation() as sim:
            old = await sim.request()
            await asyncio.sleep(0.5)
            _reload(sim, "norte")
            sim.desks["acme"].become(Mood.CLOSED_PORT)
            await asyncio.sleep(4.0)
            assert "norte" in sim.holders(old.ticket_id)

    run(scenario())


def test_what_a_removed_policy_left_is_rescued_when_its_provider_fails() -> None:
    async def scenario() -> None:
        async with simulation() as sim:
            old = await sim.request()
            await asyncio.sleep(0.5)
            _reload(sim, "acme", "norte", policy="renamed")
            sim.desks["acme"].become(Mood.CLOSED_PORT)
            await asyncio.sleep(4.0)
            assert "norte" in sim.holders(old.ticket_id)

    run(scenario())


def test_a_provider_that_is_removed_in_the_middle_of_an_attempt_may_finish_it() -> None:
    async def scenario() -> None:
        async with simulation() as sim:
            sim.desks["acme"].latency = 0.8
            receipt = await sim.request()
            await asyncio.sleep(0.4)
            _reload(sim, "norte")
            await asyncio.sleep(1.0)
            assert await sim.states_of(receipt) == [("acme", HandoffState.ACCEPTED)]

    run(scenario())


def test_a_backup_added_in_the_middle_of_an_outage_helps_what_is_waiting() -> None:
    async def scenario() -> None:
        async with simulation(names=("acme", "norte", "sur")) as sim:
            _reload(sim, "acme", "norte")
            for name in ("acme", "norte"):
                sim.desks[name].become(Mood.CLOSED_PORT)
            await asyncio.sleep(3.0)
            receipt = await sim.request()
            await asyncio.sleep(2.0)
            _reload(sim, "acme", "norte", "sur")
            await asyncio.sleep(2.0)
            assert sim.holders(receipt.ticket_id) == ["sur"]

    run(scenario())


def test_a_backup_that_another_policy_had_all_along_helps_at_once_too() -> None:
    """No health changes, and yet what is waiting must be looked at again."""

    async def scenario() -> None:
        async with simulation(names=("acme", "sur")) as sim:
            other = Route(PolicySettings(name="other", providers=("sur",), takeover_within=5.0), sim.hedge)
            alone = PolicySettings(name="default", providers=("acme",), takeover_within=5.0)
            both = PolicySettings(name="default", providers=("acme", "sur"), takeover_within=5.0)
            settings = dict.fromkeys(("acme", "sur"), SETTINGS)
            sim.apply([Route(alone, sim.hedge), other], settings)
            sim.desks["acme"].become(Mood.CLOSED_PORT)
            await asyncio.sleep(3.0)
            receipt = await sim.request()
            await asyncio.sleep(6.0)
            sim.apply([Route(both, sim.hedge), other], settings)
            await asyncio.sleep(2.0)
            assert sim.holders(receipt.ticket_id) == ["sur"]

    run(scenario())


def test_unchanged_providers_go_on_with_what_is_known_of_them() -> None:
    async def scenario() -> None:
        async with simulation() as sim:
            sim.desks["acme"].become(Mood.CLOSED_PORT)
            await asyncio.sleep(3.0)
            before = sim.fleet["acme"]
            _reload(sim, "acme", "norte")
            assert sim.fleet["acme"] is before
            receipt = await sim.request()
            await asyncio.sleep(0.2)
            assert sim.holders(receipt.ticket_id) == ["norte"]

    run(scenario())


def test_a_changed_provider_is_watched_anew_and_its_open_takeover_goes_on() -> None:
    async def scenario() -> None:
        async with simulation() as sim:
            sim.desks["acme"].become(Mood.CLOSED_PORT)
            await asyncio.sleep(3.0)
            _reload(sim, "acme", "norte", settings=AskableSettings(health=QUICK_RETURN, timeout=0.5))
            await asyncio.sleep(3.0)
            (evidence,) = await sim.store.takeovers()
            assert evidence.ended_at is None
            sim.desks["acme"].become(Mood.WORKS)
            await asyncio.sleep(6.0)
            (evidence,) = await sim.store.takeovers()
            assert evidence.ended_at is not None

    run(scenario())


def test_the_takeover_of_a_provider_that_was_removed_is_closed() -> None:
    async def scenario() -> None:
        async with simulation() as sim:
            sim.desks["acme"].become(Mood.CLOSED_PORT)
            await asyncio.sleep(3.0)
            _reload(sim, "norte")
            await asyncio.sleep(2.0)
            assert await sim.store.takeovers(open_only=True) == []

    run(scenario())
