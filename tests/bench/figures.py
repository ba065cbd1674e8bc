"""From measurements to figures: the middle of the rounds, with the least and the most beside it."""

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Self, TypeVar

from tests.bench.rounds import Measurement

Measured = TypeVar("Measured")


@dataclass(frozen=True, slots=True)
class Spread:
    """The median of the rounds, and how far they lay apart."""

    middle: float
    least: float
    most: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Self:
        return cls(statistics.median(values), min(values), max(values))

    def show(self, digits: int, factor: float = 1.0) -> str:
        """`0.43 (0.40 to 0.47)`."""
        middle, least, most = (f"{value * factor:.{digits}f}" for value in (self.middle, self.least, self.most))
        return f"{middle} ({least} to {most})"


def rate(measurement: Measurement) -> float:
    """Requests answered a second."""
    return measurement.load.rate


def economy(measurement: Measurement) -> float:
    """Requests for a second of processor."""
    return 1 / measurement.processor


def settled_rate(measurement: Measurement) -> float:
    """Requests a second until all that followed from them was done."""
    return measurement.load.requests / measurement.settled


def spread(measurements: Sequence[Measured], figure: Callable[[Measured], float]) -> Spread:
    return Spread.of([figure(each) for each in measurements])


def as_good_as(base: Sequence[Measured], measured: Sequence[Measured], figure: Callable[[Measured], float]) -> Spread:
    """Round by round, so that what disturbs a whole round cancels out; 1 is as good as `base`, more is better."""
    return Spread.of([figure(mine) / figure(theirs) for mine, theirs in zip(measured, base, strict=True)])
