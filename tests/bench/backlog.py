"""Does what waits grow? The arithmetic over one sample a second."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from tests.bench.metrics import Looked

_BEGINNING = 1 / 6
"""The part of a run in which the two sides are still finding their pace: its samples don't count."""
_GROWTH_ALLOWED = 0.01
"""Of the rate: by one in a hundred tickets that come what waits may grow, which is what sampling itself sways by."""
_WAITING_ALLOWED = 1.0
"""Seconds' worth of tickets that may wait at the end."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One moment; `at` is seconds since the run began."""

    at: float
    waiting: int
    """Accepted, and not yet handed off."""
    oldest: float
    """Seconds that the oldest of them has waited, as the store saw it within the last second."""
    lag: float | None
    """Mean seconds from acceptance to hand-off, of those handed off since the last sample; None where none were."""

    @classmethod
    def between(cls, first: Looked, last: Looked, now: Looked, at: float) -> Self:
        """From what the metrics said at the beginning, the last time, and now."""
        handed_off = now.handed_off - last.handed_off
        accepted = now.accepted - first.accepted
        return cls(
            at=at,
            waiting=accepted - (now.handed_off - first.handed_off),
            oldest=now.oldest,
            lag=(now.handoff_seconds - last.handoff_seconds) / handed_off if handed_off else None,
        )


def steady(samples: Sequence[Sample]) -> Sequence[Sample]:
    """Those that count."""
    return samples[int(len(samples) * _BEGINNING) :]


def growth(samples: Sequence[Sample]) -> float:
    """Tickets a second by which what waits grows: the slope of the least-squares line."""
    return slope([(sample.at, float(sample.waiting)) for sample in steady(samples)])


def holds(samples: Sequence[Sample], rate: float) -> bool:
    """Whether a service that got `rate` tickets a second kept up with them."""
    if not samples:
        return False
    little = samples[-1].waiting <= rate * _WAITING_ALLOWED
    return little and growth(samples) <= rate * _GROWTH_ALLOWED


def slope(points: Sequence[tuple[float, float]]) -> float:
    """Of the least-squares line through the points; 0 for fewer than two."""
    if len(points) < 2:
        return 0.0
    middle_x = sum(x for x, _ in points) / len(points)
    middle_y = sum(y for _, y in points) / len(points)
    spread = sum((x - middle_x) ** 2 for x, _ in points)
    return sum((x - middle_x) * (y - middle_y) for x, y in points) / spread if spread else 0.0
