"""Canaries: whether the desk answers its mail, by letters about nothing. Pure, driven by the caller's clock."""

from collections.abc import Set

from gateway.core.clock import Instant
from gateway.core.settings import show_duration

_MOST_IN_THE_AIR = 20


class CanaryWatch:
    """A canary is due every so many seconds, the first at once; acknowledged within so many, it shows that the desk
    works. Its time counts from when it was due, so that one which can't be sent is one unanswered."""

    def __init__(self, every: float, within: float) -> None:
        self._every = every
        self._within = within
        self._due: Instant | None = None
        self._in_the_air: list[Instant] = []

    def due(self, now: Instant) -> bool:
        """Whether one is to be sent; from now on it is in the air."""
        if self._due is not None and now < self._due:
            return False
        self._due = now + self._every
        self._in_the_air.append(now)
        if len(self._in_the_air) > _MOST_IN_THE_AIR:
            del self._in_the_air[1]  # the oldest says since when the desk is silent; the newest may be answered
        return True

    def in_the_air(self) -> Set[Instant]:
        """Those whose acknowledgement would say something."""
        return set(self._in_the_air)

    def answered(self, sent_at: Instant) -> None:
        """The one of that instant was; those before it don't matter any more."""
        self._in_the_air = [each for each in self._in_the_air if each > sent_at]

    def trouble(self, now: Instant, deaf_until: Instant = 0.0) -> str | None:
        """Why the desk counts as silent; None while it doesn't. Until `deaf_until` no answer could come in: what it has
        not answered by then it may still answer as if it had got it then."""
        if not self._in_the_air or now - max(self._in_the_air[0], deaf_until) <= self._within:
            return None
        since = show_duration(float(round(now - self._in_the_air[0])))
        allowed = show_duration(self._within)
        return f"a canary of {since} ago has not been acknowledged, and {allowed} are allowed"
