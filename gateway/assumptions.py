"""Watches what the bounds assume of this process: that the event loop, commits and the wall clock keep pace.

A bound is a promise under assumptions; a breach has to be able to name the one that failed.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

import structlog

from gateway.core.clock import Clock, Instant
from gateway.core.errors import StoreUnavailable
from gateway.core.events import AssumptionBroken, AssumptionRestored, Event
from gateway.core.ports import Announcer, Measurements

_EVERY = 0.1
_SAY_AGAIN_AFTER = 60.0
_TRY_AGAIN_AFTER = 0.5
_WALL_CLOCK_ALLOWANCE = 1.0
"""Seconds that records may be wrong by before somebody has to know."""
_RECENT = 20
"""How many measurements of the loop's lag readiness looks back on: two seconds."""

_log = structlog.get_logger("relevo.assumptions")


@dataclass(slots=True)
class _Broken:
    """An assumption that does not hold, or has held again for less than a minute."""

    said: float
    said_at: Instant
    last_at: Instant


class Assumptions:
    """Decides what there is to say of measurements. Pure: time is handed in."""

    def __init__(self) -> None:
        self._broken: dict[str, _Broken] = {}

    def judge(self, assumption: str, measured: float, declared: float, now: Instant) -> Event | None:
        """AssumptionBroken at most once a minute, and again only where it is worse than was said; AssumptionRestored
        when it has held for a minute."""
        broken = self._broken.get(assumption)
        if measured <= declared:
            if broken is None or now - broken.last_at < _SAY_AGAIN_AFTER:
                return None
            del self._broken[assumption]
            return AssumptionRestored(at=now, assumption=assumption)
        if broken is not None:
            broken.last_at = now
            if measured <= broken.said or now - broken.said_at < _SAY_AGAIN_AFTER:
                return None
        self._broken[assumption] = _Broken(measured, now, now)
        return AssumptionBroken(at=now, assumption=assumption, measured=round(measured, 6), declared=declared)


class AssumptionWatch:
    """Measures ten times a second. `allowance` is the declared lag of loop and commits (e), in seconds;
    `worst_commit` gives the slowest commit since it was last asked."""

    def __init__(
        self,
        store: Announcer,
        measurements: Measurements,
        clock: Clock,
        *,
        allowance: float,
        worst_commit: Callable[[], float],
    ) -> None:
        self._store = store
        self._measurements = measurements
        self._clock = clock
        self._allowance = allowance
        self._worst_commit = worst_commit
        self._assumptions = Assumptions()
        self._lags = [0.0] * _RECENT
        self._unsaid: asyncio.Queue[Event] = asyncio.Queue()

    def why_not_ready(self) -> str | None:
        """A readiness check: the event loop's lag of the last two seconds."""
        worst = max(self._lags)
        if worst <= self._allowance:
            return None
        return f"the event loop lagged {worst:.3f} s, more than the {self._allowance:g} s declared"

    async def run(self) -> None:
        """Measure for ever. What there is to say is announced beside it: a store that hangs must hold up no measuring,
        since an old lag would keep the gateway unready for as long."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._measure())
            tasks.create_task(self._announce())

    def measured(self, lag: float) -> None:
        """Judge one measurement of the loop's lag, and what else there is to measure."""
        self._measurements.loop_lag_seconds(lag)
        self._lags = [*self._lags[1:], lag]
        now = self._clock.now()
        for assumption, measured, declared in (
            ("loop lag", lag, self._allowance),
            ("commit lag", self._worst_commit(), self._allowance),
            ("wall clock", abs(self._clock.drift()), _WALL_CLOCK_ALLOWANCE),
        ):
            event = self._assumptions.judge(assumption, measured, declared, now)
            if event is not None:
                self._unsaid.put_nowait(event)

    async def _measure(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + _EVERY
            await asyncio.sleep(_EVERY)
            self.measured(max(0.0, loop.time() - due))

    async def _announce(self) -> None:
        while True:
            event = await self._unsaid.get()
            while True:
                try:
                    await self._store.announce([event])
                    break
                except StoreUnavailable as error:
                    _log.warning("assumptions not announced", error=str(error))
                    await asyncio.sleep(_TRY_AGAIN_AFTER)
