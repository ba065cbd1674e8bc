"""Time as a parameter: one `now` that never jumps while the process lives.

Instants are seconds since the Unix epoch (UTC) as floats. Inside one process they advance with the monotonic
clock, anchored once to the wall clock, so a wall clock that jumps an hour moves no deadline; `drift` tells by how
much the wall clock has departed since, for those who must mark their records.
"""

import time
from datetime import UTC, datetime
from typing import Protocol

Instant = float
"""Seconds since the Unix epoch, UTC."""


class Clock(Protocol):
    """What the shells read; everything below them takes `now` as an argument."""

    def now(self) -> Instant:
        """The present instant; never goes back."""

    def drift(self) -> float:
        """Seconds by which the wall clock has left `now`; zero where it kept pace."""


class SystemClock:
    """The machine's clock."""

    def __init__(self) -> None:
        self._anchor = time.time() - time.monotonic()

    def now(self) -> Instant:
        return self._anchor + time.monotonic()

    def drift(self) -> float:
        return time.time() - self.now()


def iso(at: Instant) -> str:
    """`2026-12-24T03:00:00.250Z` (RFC 3339, milliseconds)."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
