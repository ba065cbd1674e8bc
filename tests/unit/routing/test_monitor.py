"""The watch over one provider, run for real under virtual time: its grid, its confirmers, its bound of detection."""

import asyncio
import itertools
import random
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from gateway.core.errors import ProviderUnavailable
from gateway.core.provider import HealthState as State
from gateway.core.provider import ProviderStatus
from routing.health.machine import Transition
from routing.health.monitor import Monitor
from routing.health.settings import HealthSettings
from routing.takeover.bounds import Probing, detection, detection_of_errors
from tests.support.examples import examples
from tests.support.virtual_time import EPOCH, VirtualClock, run

pytestmark = pytest.mark.simulation

_ROUNDING = 1e-5
"""Instants are floats of today's epoch seconds: a quarter of a microsecond is their grain."""


@dataclass
class Desk:
    """A provider whose probes do what the script says; `script` gets the seconds since the start."""

    script: Callable[[float], Awaitable[None]]
    name: str = "acme"
    starts: list[float] = field(default_factory=list)

    async def probe(self, timeout: float) -> None:
        now = VirtualClock().now() - EPOCH
        self.starts.append(now)
        await self.script(now)


async def answers() -> None:
    await asyncio.sleep(0.01)


async def silence() -> None:
    await asyncio.Event().wait()


async def refuses() -> None:
    raise ProviderUnavailable("refused")


@dataclass
class Watched:
    """What a run showed."""

    desk: Desk
    transitions: list[Transition] = field(default_factory=list)
    status: ProviderStatus | None = None

    def first(self, state: State) -> Transition:
        return next(transition for transition in self.transitions if transition.new is state)

    def times(self, state: State) -> list[float]:
        return [transition.at - EPOCH for transition in self.transitions if transition.new is state]


def watch(
    script: Callable[[float], Awaitable[None]],
    health: HealthSettings,
    seconds: float,
    *,
    chance: Callable[[], float] = lambda: 0.0,
    live: Callable[[Monitor], Coroutine[Any, Any, None]] | None = None,
) -> Watched:
    """Watch a desk for so many virtual seconds."""

    async def whole() -> Watched:
        watched = Watched(Desk(script))
        clock = VirtualClock()
        monitor = Monitor(watched.desk, health, clock, watched.transitions.append, chance=chance)  # type: ignore[arg-type]
        async with asyncio.TaskGroup() as tasks:
            watching = tasks.create_task(monitor.run())
            traffic = tasks.create_task(live(monitor)) if live else None
            await asyncio.sleep(seconds)
            watching.cancel()
            if traffic:
                traffic.cancel()
        watched.status = monitor.status(clock.now())
        return watched

    return run(whole(), seconds=seconds + 60)


def failing_from(at: float, how: Callable[[], Awaitable[None]]) -> Callable[[float], Awaitable[None]]:
    return lambda now: how() if now >= at else answers()


def probing(health: HealthSettings) -> Probing:
    return Probing(
        health.every, health.timeout, health.suspect_after, health.failures, health.confirm_every, health.jitter
    )


def test_probes_start_on_their_grid_whatever_the_last_one_did() -> None:
    watched = watch(lambda now: silence(), HealthSettings(failures=20, every=1.0, timeout=3.0, confirm_every=5.0), 6.5)
    assert [start for start in watched.desk.starts if abs(start - round(start)) < _ROUNDING] == pytest.approx(range(7))


def test_the_grid_does_not_drift_with_the_jitter() -> None:
    watched = watch(lambda now: answers(), HealthSettings(jitter=0.3), 60.0, chance=random.Random(7).random)
    for number, start in enumerate(watched.desk.starts):
        assert number - _ROUNDING <= start <= number + 0.3 + _ROUNDING


def test_after_the_machine_slept_there_is_no_burst_of_probes() -> None:
    async def whole() -> list[float]:
        clock = VirtualClock()
        desk = Desk(lambda now: answers())
        skipped = 0.0

        class Sleepy(VirtualClock):
            def now(self) -> float:
                return super().now() + skipped

        monitor = Monitor(desk, HealthSettings(), Sleepy(), lambda _: None, chance=lambda: 0.0)  # type: ignore[arg-type]
        task = asyncio.create_task(monitor.run())
        await asyncio.sleep(1.5)
        skipped = 3600.0
        before = clock.now() - EPOCH
        await asyncio.sleep(3.0)
        task.cancel()
        await asyncio.wait([task])
        return [start for start in desk.starts if start > before]

    assert len(run(whole())) <= 4


def test_confirmers_start_at_once_and_then_at_their_spacing() -> None:
    watched = watch(failing_from(3.0, silence), HealthSettings(failures=4), 6.0)
    assert watched.desk.starts[:7] == pytest.approx([0, 1, 2, 3, 3.3, 3.55, 3.8], abs=_ROUNDING)
    assert watched.times(State.SUSPECT) == pytest.approx([3.3], abs=_ROUNDING)
    assert watched.times(State.DOWN) == pytest.approx([4.8], abs=_ROUNDING)  # with the regular probe of 4.0 still open


def test_confirmers_stop_when_the_suspicion_is_cleared() -> None:
    slow_once = lambda now: asyncio.sleep(0.5) if 3.0 <= now < 3.2 else answers()  # noqa: E731
    watched = watch(slow_once, HealthSettings(failures=5), 3.95)
    assert watched.desk.starts == pytest.approx([0, 1, 2, 3, 3.3], abs=_ROUNDING)
    assert [transition.new for transition in watched.transitions] == [State.UP, State.SUSPECT, State.UP]


def test_a_clean_end_leaves_nothing_behind_even_in_the_middle_of_a_suspicion() -> None:
    for seconds in (0.0, 0.1, 1.31, 2.0, 3.3, 3.31, 3.56, 4.0):
        watch(failing_from(1.0, silence), HealthSettings(), seconds)


def test_an_error_of_ours_is_logged_counts_as_a_failure_and_ends_nothing() -> None:
    async def broken() -> None:
        raise TypeError("our bug")

    with capture_logs() as lines:
        watched = watch(lambda now: broken() if 2.0 <= now < 6.0 else answers(), HealthSettings(), 10.0)
    assert State.DOWN in [transition.new for transition in watched.transitions]
    assert watched.transitions[-1].new is State.RECOVERING
    assert {line["log_level"] for line in lines} == {"error"}


def test_a_listener_that_fails_is_logged_and_ends_nothing() -> None:
    async def whole() -> State:
        def listener(transition: Transition) -> None:
            raise RuntimeError("deaf")

        monitor = Monitor(Desk(lambda now: answers()), HealthSettings(), VirtualClock(), listener)  # type: ignore[arg-type]
        task = asyncio.create_task(monitor.run())
        await asyncio.sleep(2.5)
        task.cancel()
        await asyncio.wait([task])
        return monitor.status(VirtualClock().now()).state

    with capture_logs() as lines:
        assert run(whole()) is State.UP
    assert lines[0]["event"] == "a change of health was not heard"


def test_hold_and_ramp_pass_by_themselves() -> None:
    out = lambda now: refuses() if 2.0 <= now < 5.0 else answers()  # noqa: E731
    watched = watch(out, HealthSettings(hold=7.0, ramp=4.0), 30.0)
    back, held, up = watched.transitions[-3:]
    assert [back.new, held.new, up.new] == [State.RECOVERING, State.RECOVERING, State.UP]
    assert back.at - EPOCH == pytest.approx(5.01, abs=_ROUNDING)
    assert held.at - back.at == pytest.approx(7.0, abs=_ROUNDING)
    assert up.at - back.at == pytest.approx(11.0, abs=_ROUNDING)


@pytest.mark.parametrize("failures", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("silent", [True, False])
def test_the_worst_phase_comes_near_the_bound_and_no_phase_exceeds_it(failures: int, silent: bool) -> None:
    health = HealthSettings(failures=failures)
    bound = (detection if silent else detection_of_errors)(probing(health), 0.0).seconds
    how = silence if silent else _late_refusal(health.suspect_after - 0.001)  # the slowest error that counts as one
    worst = 0.0
    for phase in range(0, 1200, 25):
        jitter = itertools.cycle([0.0, 0.0, 0.0, 0.0, 0.9999])  # the fifth start is late
        fault = 3.005 + phase / 1000
        watched = watch(failing_from(fault, how), health, fault + bound + 2, chance=jitter.__next__)
        taken = watched.first(State.DOWN).at - EPOCH - fault
        assert taken <= bound + _ROUNDING
        worst = max(worst, taken)
    assert worst >= 0.8 * bound


def _late_refusal(after: float) -> Callable[[], Awaitable[None]]:
    async def late() -> None:
        await asyncio.sleep(after)
        raise ProviderUnavailable("status 500")

    return late


_HEALTH = st.builds(
    HealthSettings,
    every=st.floats(0.2, 5.0),
    timeout=st.floats(0.1, 4.0),
    suspect_after=st.floats(0.05, 2.0),
    failures=st.integers(1, 5),
    confirm_every=st.floats(0.05, 2.0),
    jitter=st.floats(0.0, 0.5),
)


@dataclass(frozen=True)
class Script:
    """What the desk does before it dies for good: for each probe a delay, and whether it then answers."""

    before: tuple[tuple[float, bool], ...]
    dies_at: float
    silent: bool

    def __call__(self) -> Callable[[float], Awaitable[None]]:
        behaviour = itertools.cycle(self.before)

        async def act(now: float) -> None:
            if now >= self.dies_at:
                await (silence() if self.silent else refuses())
            delay, good = next(behaviour)
            await asyncio.sleep(delay)
            if not good:
                raise ProviderUnavailable("status 500")

        return act


_SCRIPT = st.builds(
    Script,
    before=st.lists(st.tuples(st.floats(0.001, 3.0), st.booleans()), min_size=1, max_size=6).map(tuple),
    dies_at=st.floats(0.5, 20.0),
    silent=st.booleans(),
)


@examples(100)
@given(_HEALTH, _SCRIPT, st.integers(0, 2**32))
@example(  # a late answer from before its death came in after the first silent probe had turned slow
    HealthSettings(every=0.375, timeout=2.0, suspect_after=0.5, failures=4, confirm_every=0.0625, jitter=0.0),
    Script(before=((1.0, True), (0.5, False)), dies_at=2.0, silent=True),
    0,
)
def test_no_fault_script_is_noticed_later_than_the_bound_says(
    health: HealthSettings, script: Script, seed: int
) -> None:
    """Whatever it did before (slow, failing, late answers that come after its death), and whatever the jitter."""
    bound = detection(probing(health), 0.0).seconds
    watched = watch(script(), health, script.dies_at + bound + _ROUNDING, chance=random.Random(seed).random)
    assert watched.status is not None
    assert watched.status.state is State.DOWN


@examples(60)
@given(_HEALTH, st.floats(3.0, 10.0), st.booleans(), st.integers(0, 2**32))
def test_from_the_last_good_probe_to_down_is_never_more_than_the_bound(
    health: HealthSettings, dies_at: float, silent: bool, seed: int
) -> None:
    bound = detection(probing(health), 0.0).seconds
    script = failing_from(dies_at, silence if silent else refuses)
    watched = watch(script, health, dies_at + bound + 1, chance=random.Random(seed).random)
    assert watched.status is not None
    assert watched.status.last_good_at is not None
    assert watched.first(State.DOWN).at - watched.status.last_good_at <= bound + _ROUNDING


@examples(40)
@given(st.floats(0.05, 2.0), st.integers(0, 2**32), st.sampled_from([0, 1, 2]))
def test_two_of_three_live_failures_are_noticed_within_one_window(spacing: float, seed: int, first: int) -> None:
    """The probes pass all the time. The desk fails from second 5 on."""
    health = HealthSettings()

    async def traffic(monitor: Monitor) -> None:
        clock = VirtualClock()
        for number in itertools.count(first):
            await asyncio.sleep(spacing)
            now = clock.now()
            if now - EPOCH >= 5.0 and number % 3 != 2:
                monitor.live_failed(now - 0.01, now, explicit=True, reason="status 500")
            else:
                monitor.live_succeeded(now - 0.01, now)

    watched = watch(
        lambda now: answers(), health, 5 + health.live_window + 5, chance=random.Random(seed).random, live=traffic
    )
    assert watched.first(State.DOWN).at - EPOCH - 5.0 <= health.live_window


@pytest.mark.parametrize("up_for", [0.5, 1.0, 5.0, 29.0, 31.0, 45.0, 59.0, 61.0, 65.0, 90.0])
def test_a_flapping_desk_takes_the_service_over_at_most_once_a_minute(up_for: float) -> None:
    """It fails for three seconds, then answers for `up_for`, and so on for half an hour."""
    period = 3.0 + up_for
    flapping = lambda now: refuses() if now % period < 3.0 and now > 1.0 else answers()  # noqa: E731
    watched = watch(flapping, HealthSettings(), 1800.0, chance=random.Random(3).random)
    takeovers = [
        transition.at
        for before, transition in itertools.pairwise(watched.transitions)
        if transition.new is State.DOWN and before.new is not State.RECOVERING
    ]
    assert all(later - earlier >= 60.0 for earlier, later in itertools.pairwise(takeovers))
    returns = [each.at for each in watched.transitions if each.old is each.new is State.RECOVERING]
    assert len(returns) <= 1800 / 60
