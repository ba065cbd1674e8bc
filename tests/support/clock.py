"""A clock that stands still until a test sets it."""

from dataclasses import dataclass

from gateway.core.clock import Instant

NOW: Instant = 1_767_225_600.0
"""2026-01-01T00:00:00Z."""


@dataclass
class SetClock:
    """`wall_drift` are the seconds by which the wall clock has gone another way."""

    at: Instant = NOW
    wall_drift: float = 0.0

    def now(self) -> Instant:
        return self.at

    def drift(self) -> float:
        return self.wall_drift
