"""What to do next with a mail that is owed to somebody. Pure."""

from gateway.core.clock import Instant
from gateway.core.delivery import Delivery
from gateway.core.post import Deferred, Outcome, Refused, Sent, Unknown
from gateway.core.values import dataclass

_FIRST = 15.0
_LONGEST = 900.0
_AFTER_UNKNOWN = (300.0, 1800.0)
"""Seconds until one that may have arrived is sent again, and once more; then it is a person's to look at."""
_GIVEN_UP_AFTER = 5 * 86_400.0
"""Seconds (RFC 5321 section 4.5.4.1: at least four to five days)."""


@dataclass(frozen=True, slots=True)
class Done:
    """It is on its way."""


@dataclass(frozen=True, slots=True)
class Again:
    """The same mail, after `pause` seconds."""

    pause: float
    reason: str


@dataclass(frozen=True, slots=True)
class GiveUp:
    """A person has to look."""

    reason: str


def next_step(outcome: Outcome, delivery: Delivery, now: Instant) -> Done | Again | GiveUp:
    """After one more try at it."""
    pause = min(_FIRST * 2 ** min(delivery.attempts, 10), _LONGEST)
    old = now - delivery.created_at >= _GIVEN_UP_AFTER
    match outcome:
        case Sent():
            return Done()
        case Refused(why, step) if step != "sender":
            return GiveUp(f"refused, {step}: {why}")
        case Refused(why, step):
            # Our relay won't have mail of ours: that is no mail's fault, and will be mended.
            return _not_now(f"{step}: {why}", pause, old=old)
        case Deferred(why, step, _, wait):
            return _not_now(f"{step}: {why}", wait or pause, old=old)
        case Unknown(why):
            if old or delivery.attempts >= len(_AFTER_UNKNOWN):
                return GiveUp(f"it may have arrived, and nothing says so: {why}")
            return Again(_AFTER_UNKNOWN[delivery.attempts], why)


def _not_now(reason: str, pause: float, *, old: bool) -> Again | GiveUp:
    return GiveUp(f"not taken for five days, {reason}") if old else Again(pause, reason)
