"""What the bounds assume of this process is watched, and said once."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from hypothesis import given
from hypothesis import strategies as st

from gateway.assumptions import Assumptions, AssumptionWatch
from gateway.core.delivery import Delivery
from gateway.core.events import AssumptionBroken, AssumptionRestored, Event
from tests.support.clock import NOW, SetClock
from tests.support.ops import FakeLedger, FakeMeasurements
from tests.support.virtual_time import run


class HangingLedger(FakeLedger):
    """Says nothing to anybody until it is `back`."""

    def __init__(self) -> None:
        super().__init__()
        self.back = asyncio.Event()

    async def announce(self, events: Sequence[Event], notices: Sequence[Delivery] = ()) -> None:
        await self.back.wait()
        await super().announce(events, notices)


def watch(
    store: FakeLedger,
    clock: SetClock,
    *,
    commits: list[float] | None = None,
    measurements: FakeMeasurements | None = None,
) -> AssumptionWatch:
    worst_commits = commits or []
    return AssumptionWatch(
        store,
        measurements or FakeMeasurements(),
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


@asynccontextmanager
async def running(watching: AssumptionWatch) -> AsyncIterator[None]:
    task = asyncio.create_task(watching.run())
    yield
    task.cancel()
    await asyncio.wait([task])


def test_lag_commit_and_wall_clock_are_judged() -> None:
    store, clock = FakeLedger(), SetClock(wall_drift=-3600.0)
    watching = watch(store, clock, commits=[0.5])
    watching.measured(0.3)

    async def told() -> None:
        async with running(watching):
            await asyncio.sleep(0.05)

    run(told())
    expected: list[Event] = [
        AssumptionBroken(at=NOW, assumption="loop lag", measured=0.3, declared=0.25),
        AssumptionBroken(at=NOW, assumption="commit lag", measured=0.5, declared=0.25),
        AssumptionBroken(at=NOW, assumption="wall clock", measured=3600.0, declared=1.0),
    ]
    assert store.announced == expected


def test_what_the_store_cannot_take_is_announced_later_and_once() -> None:
    store = FakeLedger(away=True)
    watching = watch(store, SetClock())
    watching.measured(0.3)

    async def away_for_a_while() -> None:
        async with running(watching):
            await asyncio.sleep(10)
            store.away = False
            await asyncio.sleep(10)

    run(away_for_a_while())
    assert [event.type for event in store.announced] == ["assumption.broken"]


def test_a_store_that_hangs_keeps_nobody_from_measuring() -> None:
    """A lag from before it fell silent kept the gateway unready for as long as it was."""
    clock, measurements = SetClock(wall_drift=-3600.0), FakeMeasurements()

    async def hang_for_three_seconds() -> HangingLedger:
        store = HangingLedger()
        async with running(watch(store, clock, commits=[0.0, 0.5], measurements=measurements)):
            await asyncio.sleep(3.05)
            assert len(measurements.lags) == 30
            assert store.announced == []
            store.back.set()
            await asyncio.sleep(3)
        return store

    said = [event for event in run(hang_for_three_seconds()).announced if isinstance(event, AssumptionBroken)]
    assert [each.assumption for each in said] == ["wall clock", "commit lag"]


def test_readiness_looks_back_two_seconds() -> None:
    watching = watch(FakeLedger(), SetClock())
    assert watching.why_not_ready() is None
    watching.measured(0.3)
    for _ in range(19):
        watching.measured(0.0)
        assert watching.why_not_ready() == "the event loop lagged 0.300 s, more than the 0.25 s declared"
    watching.measured(0.0)
    assert watching.why_not_ready() is None


def test_an_idle_loop_does_not_lag() -> None:
    store = FakeLedger()

    async def idle() -> None:
        async with running(watch(store, SetClock())):
            await asyncio.sleep(600)

    run(idle())
    assert store.announced == []


async def test_a_loop_that_hangs_is_noticed() -> None:
    store = FakeLedger()
    async with running(watch(store, SetClock())):
        await asyncio.sleep(0.02)
        time.sleep(0.5)  # noqa: ASYNC251 (the hang itself)
        await asyncio.sleep(0.02)
    assert isinstance(store.announced[0], AssumptionBroken)
    assert store.announced[0].assumption == "loop lag"
