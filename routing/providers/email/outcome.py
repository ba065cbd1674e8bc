"""What became of a letter, as an answer to a hand-off or as the error of a follow-up. Pure."""

from gateway.core.delivery import Answer
from gateway.core.errors import ProviderRefused, ProviderUnavailable
from gateway.core.handoff import Outcome
from gateway.core.post import Deferred, Refused, Sent, Unknown
from gateway.core.post import Outcome as Posted

_AGAIN_AFTER = 60.0
AFTER_UNKNOWN = 300.0
"""Seconds until a letter that may have arrived is sent again."""
_ABOUT_THE_MAIL = frozenset({"sender", "recipient", "content"})
"""Steps at which a relay speaks of this letter; at any other the relay itself is in trouble."""


def not_handed_over(posted: Deferred | Refused | Unknown) -> Answer:
    """The verdict on a letter that the relay is not known to have."""
    match posted:
        case Deferred(why, step, _, wait):
            # Our own relay's trouble says nothing of the desk's health.
            blameless = step not in _ABOUT_THE_MAIL and wait is None
            return Answer(Outcome.UNAVAILABLE, f"{step}: {why}", retry_after=wait, blameless=blameless)
        case Refused(why, step):
            return Answer(Outcome.REFUSED, f"{step}: {why}")
        case Unknown(why):
            return Answer(Outcome.UNKNOWN, why)


def require_sent(posted: Posted) -> None:
    """Raises ProviderRefused, or ProviderUnavailable with the time after which the letter is to be sent again."""
    match posted:
        case Deferred(why, step, _, wait):
            raise ProviderUnavailable(f"{step}: {why}", retry_after=wait or _AGAIN_AFTER)
        case Refused(why, step):
            raise ProviderRefused(f"{step}: {why}")
        case Unknown(why):
            raise ProviderUnavailable(why, retry_after=AFTER_UNKNOWN)
        case Sent():
            return
