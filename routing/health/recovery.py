"""The way back of a provider that was down: held back first, then a growing share of new tickets."""

from gateway.core.clock import Instant
from gateway.core.values import dataclass

FIRST_SHARE = 0.1
"""Part of new tickets with which the ramp begins."""

_MOST_DOUBLINGS = 3
_CALM_HOLDS = 10
"""After so many holds at its full share, relapses are forgotten."""


@dataclass(frozen=True, slots=True)
class Recovery:
    """When new tickets return, and how many of them."""

    hold_from: Instant
    """When it first answered again, or last failed a probe since."""
    hold: float
    ramp: float

    @property
    def hold_ends(self) -> Instant:
        return self.hold_from + self.hold

    @property
    def ends(self) -> Instant:
        return self.hold_ends + self.ramp

    def share(self, now: Instant) -> float:
        """Part of new tickets, 0 to 1: none while held, then a straight line from the first share to all."""
        if now < self.hold_ends:
            return 0.0
        if now >= self.ends:
            return 1.0
        return FIRST_SHARE + (1.0 - FIRST_SHARE) * (now - self.hold_ends) / self.ramp


class Relapses:
    """How often it fell again before it had been calm, and the patience that follows: each time twice the hold.

    Between two takeovers lie at least a hold and a ramp (with the defaults a minute), however it flaps; the doubling
    makes them rarer still.
    """

    def __init__(self, hold: float, ramp: float) -> None:
        self._hold = hold
        self._ramp = ramp
        self._count = 0
        self._recovered_at: Instant | None = None

    def fell(self, now: Instant, *, recovering: bool) -> None:
        """It went down, be it from its full share or on the way back."""
        calm = self._recovered_at is None or now - self._recovered_at >= _CALM_HOLDS * self._hold
        self._count = self._count + 1 if recovering or not calm else 0

    def recovered(self, now: Instant) -> None:
        """It has its full share again."""
        self._recovered_at = now

    def recovery(self, now: Instant) -> Recovery:
        """It answers again: the way back from here."""
        return Recovery(now, self._hold * 2.0 ** min(self._count, _MOST_DOUBLINGS), self._ramp)
