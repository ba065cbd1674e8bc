"""What counts as evidence for or against a provider's health, and what refutes it."""

from collections import deque

from gateway.core.clock import Instant
from gateway.core.values import dataclass


@dataclass(frozen=True, slots=True)
class Probe:
    """One look at a provider."""

    started: Instant
    confirming: bool = False
    """Started because of a suspicion, beside the regular grid."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """The suspicion that failed live attempts raised."""

    since: Instant
    """Start of the first of them."""
    latest: Instant
    """End of the last of them: a success that started before it is stale."""
    explicit: bool

    def and_then(self, other: "Doubt") -> "Doubt":
        """Both together."""
        since, latest = min(self.since, other.since), max(self.latest, other.latest)
        return Doubt(since, latest, self.explicit or other.explicit)


class Streak:
    """Failures that no success has refuted: a success refutes what started before it and nothing else.

    Probes and attempts overlap, so the order in which they end says little: a success that started before a failure
    is stale, however late it comes in.
    """

    def __init__(self) -> None:
        self._failures: list[tuple[Instant, bool]] = []
        self.last_success: Instant | None = None
        """Start of the success that started last."""

    def failed(self, started: Instant, *, explicit: bool) -> None:
        if self.last_success is None or started >= self.last_success:
            self._failures.append((started, explicit))

    def succeeded(self, started: Instant) -> None:
        if self.last_success is None or started > self.last_success:
            self.last_success = started
            self._failures = [failure for failure in self._failures if failure[0] >= started]

    def forget(self) -> None:
        """Drop the failures; the last success stays known."""
        self._failures.clear()

    def __len__(self) -> int:
        return len(self._failures)

    @property
    def explicit(self) -> bool:
        """True where one of the failures was an explicit error."""
        return any(explicit for _, explicit in self._failures)

    @property
    def first(self) -> Instant | None:
        """Start of the failure that started first."""
        return min((started for started, _ in self._failures), default=None)


class FailureRate:
    """The part of attempts that failed among those that ended within the last `window` seconds."""

    def __init__(self, window: float, minimum: int, threshold: float) -> None:
        self._window = window
        self._minimum = minimum
        self._threshold = threshold
        self._ended: deque[tuple[Instant, Instant, bool]] = deque()
        self._failed = 0

    def add(self, started: Instant, ended: Instant, *, failed: bool) -> None:
        self._ended.append((ended, started, failed))
        self._failed += failed
        while self._ended[0][0] <= ended - self._window:
            self._failed -= self._ended.popleft()[2]

    def forget(self) -> None:
        self._ended.clear()
        self._failed = 0

    @property
    def exceeded(self) -> bool:
        """Too many failed, among enough attempts for the rate to mean anything."""
        total = len(self._ended)
        return total >= self._minimum and self._failed >= self._threshold * total

    @property
    def first_failure(self) -> Instant | None:
        """Start of the failure that started first."""
        return min((started for _, started, failed in self._ended if failed), default=None)

    def __str__(self) -> str:
        return f"{self._failed} of {len(self._ended)} attempts failed within {self._window:g} s"
