"""What to do next with a mail that is owed to somebody. Pure."""

from channels.ending import Again, Done, GiveUp, Step
from gateway.core.clock import Instant
from gateway.core.delivery import Delivery
from gateway.core.post import Deferred, Outcome, Refused, Sent, Unknown
from gateway.core.sending_again import AFTER_DOUBT, GIVEN_UP_AFTER, pause_after


def next_step(outcome: Outcome, delivery: Delivery, now: Instant) -> Step:
    """After one more try at it."""
    pause = pause_after(delivery.attempts)
    old = now - delivery.created_at >= GIVEN_UP_AFTER
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
            if old or delivery.attempts >= len(AFTER_DOUBT):
                return GiveUp(f"it may have arrived, and nothing says so: {why}")
            return Again(AFTER_DOUBT[delivery.attempts], why)


def _not_now(reason: str, pause: float, *, old: bool) -> Again | GiveUp:
    return GiveUp(f"not taken for five days, {reason}") if old else Again(pause, reason)
