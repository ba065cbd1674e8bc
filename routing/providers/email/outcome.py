"""What became of a letter, as an answer to a hand-off or as the error of a follow-up. Pure.

Only a refusal of the content is about the ticket. A refused sender is our relay's word about us, a refused recipient
about the desk's address: every other ticket would meet the same.
"""

from gateway.core.delivery import Answer
from gateway.core.errors import ProviderRefused, ProviderUnavailable
from gateway.core.handoff import Outcome
from gateway.core.post import Deferred, Refused, Sent, Unknown
from gateway.core.post import Outcome as Posted


def not_handed_over(posted: Deferred | Refused | Unknown) -> Answer:
    """The verdict on a letter that the relay is not known to have."""
    match posted:
        case Deferred(why, step, _, wait):
            # Who names a time (greylisting) is well, and at any other step it is our own relay that is in trouble.
            blameless = step != "recipient" or wait is not None
            return Answer(Outcome.UNAVAILABLE, f"{step}: {why}", again_after=wait, blameless=blameless)
        case Refused(why, "content"):
            return Answer(Outcome.REFUSED, f"content: {why}")
        case Refused(why, step):
            blameless = step != "recipient"
            return Answer(Outcome.UNAVAILABLE, f"{step}: {why}", misconfigured=True, blameless=blameless)
        case Unknown(why):
            return Answer(Outcome.UNKNOWN, why)


def require_sent(posted: Posted, again_after: float) -> None:
    """Raises ProviderRefused, or ProviderUnavailable with the time after which the letter is to be sent again."""
    match posted:
        case Sent():
            return
        case Refused(why, "content"):
            raise ProviderRefused(f"content: {why}")
        case Refused(why, step):
            raise ProviderUnavailable(f"{step}: {why}", retry_after=again_after, misconfigured=True)
        case Deferred(why, step):
            raise ProviderUnavailable(f"{step}: {why}", retry_after=again_after)
        case Unknown(why):
            raise ProviderUnavailable(why, retry_after=again_after)
