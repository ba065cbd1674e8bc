"""What the bounds assume of this process is watched, and said once."""

import asyncio
import time

from hypothesis import given
from hypothesis import strategies as st

from gateway.assumptions import Assumptions, AssumptionWatch
from gateway.core.events import AssumptionBroken, AssumptionRestored, Event
from tests.support.clock import NOW, SetClock
from tests.support.ops import FakeLedger, FakeMeasurements
from tests.support.virtual_time import run


def watch(store: FakeLedger, clock: SetClock, *, commits: list[float] | None = None) -> AssumptionWatch:
    worst_commits = commits or []
    return AssumptionWatch(
        store,
        FakeMeasurements(),
        clock,
        allowance=0.25,
        worst_commit=lambda: worst_commits.pop(0) if worst_commits else 0.0,
    )


def test_what_holds_is_not_talked_about() -> None:
    assumptions = Assumptions()
    assert all(assumptions.judge("loop lag", 0.25, 0.25, NOW + second) is None for second in range(300))


def test_a_spike_is_said_and_a_quiet_minute_restores() -> None:
    assumptions = Assumptions()
    broken = assumptions.judge("loop lag", 0.4, 0.25, NOW)
    assert broken == AssumptionBroken(at=NOW, assumption="loop lag", measured=0.4, declared=0.25)
    assert assumptions.judge("loop lag", 0.1, 0.25, NOW + 59) is None
    assert assumptions.judge("loop lag", 0.1, 0.25, NOW + 60) == AssumptionRestored(at=NOW + 60, assumption="loop lag")
    assert assumptions.judge("loop lag", 0.1, 0.25, NOW + 61) is None


def test_each_assumption_has_its_own_account() -> None:
    assumptions = Assumptions()
    assert assumptions.judge("loop lag", 1, 0.25, NOW)
    assert assumptions.judge("commit lag", 1, 0.25, NOW)


def test_a_wall_clock_that_jumped_for_good_is_said_once() -> None:
    assumptions = Assumptions()
    said = [assumptions.judge("wall clock", 3600.0, 1.0, NOW + second) for second in range(600)]
    assert [event is not None for event in said] == [True] + [False] * 599


@given(st.lists(st.tuples(st.floats(0, 2), st.floats(0, 40)), max_size=200))
def test_broken_is_said_at_most_once_a_minute_and_restored_only_after_it(steps: list[tuple[float, float]]) -> None:
    assumptions = Assumptions()
    now, last_said, active = NOW, float("-inf"), False
    for measured, pause in steps:
        now += pause
        match assumptions.judge("loop lag", measured, 0.25, now):
            case AssumptionBroken():
                assert now - last_said >= 60
                last_said, active = now, True
            case AssumptionRestored():
                assert active
                active = False
        assert active or measured <= 0.25


async def test_lag_commit_and_wall_clock_are_judged() -> None:
    store, clock = FakeLedger(), SetClock(wall_drift=-3600.0)
    await watch(store, clock, commits=[0.5]).measured(0.3)
    expected: list[Event] = [
        AssumptionBroken(at=NOW, assumption="loop lag", measured=0.3, declared=0.25),
        AssumptionBroken(at=NOW, assumption="commit lag", measured=0.5, declared=0.25),
        AssumptionBroken(at=NOW, assumption="wall clock", measured=3600.0, declared=1.0),
    ]
    assert store.announced == expected


async def test_what_the_store_cannot_take_is_announced_later() -> None:
    store = FakeLedger(away=True)
    watching = watch(store, SetClock())
    await watching.measured(0.3)
    store.away = False
    await watching.measured(0.0)
    assert [event.type for event in store.announced] == ["assumption.broken"]


async def test_readiness_looks_back_two_seconds() -> None:
    watching = watch(FakeLedger(), SetClock())
    assert watching.why_not_ready() is None
    await watching.measured(0.3)
    for _ in range(19):
        await watching.measured(0.0)
        assert watching.why_not_ready() == "the event loop lagged 0.300 s, more than the 0.25 s declared"
    await watching.measured(0.0)
    assert watching.why_not_ready() is None


def test_an_idle_loop_does_not_lag() -> None:
    store = FakeLedger()

    async def idle() -> None:
        watching = asyncio.create_task(watch(store, SetClock()).run())
        await asyncio.sleep(600)
        watching.cancel()
        await asyncio.wait([watching])

    run(idle())
    assert store.announced == []


async def test_a_loop_that_hangs_is_noticed() -> None:
    store = FakeLedger()
    watching = asyncio.create_task(watch(store, SetClock()).run())
    await asyncio.sleep(0.02)
    time.sleep(0.5)  # noqa: ASYNC251 (the hang itself)
    await asyncio.sleep(0.02)
    watching.cancel()
    assert isinstance(store.announced[0], AssumptionBroken)
    assert store.announced[0].assumption == "loop lag"
