"""Time as a parameter: one `now` that never jumps while the process lives.

Instants are seconds since the Unix epoch (UTC) as floats. Inside one process they advance with the monotonic
clock, anchored once to the wall clock, so a wall clock that jumps an hour moves no deadline; `drift` tells by how
much the wall clock has departed since, for those who must mark their records.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Protocol

Instant = float
"""Seconds since the Unix epoch, UTC."""

_SLEW = 0.01
"""How much faster or slower than time a clock runs while it comes nearer to another."""


class Clock(Protocol):
    """What the shells read; everything below them takes `now` as an argument."""

    def now(self) -> Instant:
        """The present instant; never goes back."""

    def drift(self) -> float:
        """Seconds by which the wall clock has left `now`; zero where it kept pace."""


class SystemClock:
    """The machine's clock, or another's that it follows."""

    def __init__(
        self, monotonic: Callable[[], float] = time.monotonic, wall: Callable[[], Instant] = time.time
    ) -> None:
        self._monotonic = monotonic
        self._wall = wall
        self._anchor = wall() - monotonic()
        self._latest = 0.0
        self._followed_at: float | None = None

    def now(self) -> Instant:
        now = self._anchor + self._monotonic()
        if now > self._latest:
            self._latest = now
        return self._latest

    def drift(self) -> float:
        return self._wall() - self.now()

    def follow(self, instant: Instant) -> None:
        """Another clock says `instant` now. The first time this one is set by it, which is for the start, before
        anybody has noted an instant; afterwards it comes nearer by a hundredth of the time that passes: two gateways
        that share a database agree about its leases, and yet time never jumps."""
        monotonic = self._monotonic()
        behind = instant - (self._anchor + monotonic)
        if self._followed_at is None:
            self._anchor += behind
            self._latest = 0.0
        else:
            most = (monotonic - self._followed_at) * _SLEW
            self._anchor += max(-most, min(behind, most))
        self._followed_at = monotonic


@lru_cache(maxsize=1024)
def iso(at: Instant) -> str:
    """`2026-12-24T03:00:00.250Z` (RFC 3339, milliseconds, the rest cut off). Log line and answer ask for the same."""
    milliseconds = round(at * 1e6) // 1000
    return f"{_second(milliseconds // 1000)}.{str(milliseconds % 1000).zfill(3)}Z"


@lru_cache(maxsize=8)
def _second(seconds: int) -> str:
    """Nearly all that is written at one time was at the same second."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
