"""What to do next with a text that is owed to somebody. Pure.

The error codes: https://www.twilio.com/docs/api/errors.
"""

from channels.ending import Again, Done, GiveUp, Step
from channels.phone.messaging.sent import Sent
from channels.phone.twilio.outcome import Deferred, Outcome, Refused, Taken, Unknown
from gateway.core.clock import Instant
from gateway.core.delivery import Delivery
from gateway.core.sending_again import GIVEN_UP_AFTER, pause_after

UNSUBSCRIBED = 21610
LOOK_AFTER = 60.0
"""Seconds until what may have been taken is looked for."""
SETTLED = 300.0
"""Seconds after which what isn't in Twilio's lists was never taken."""
_LATER = frozenset({21611, 63018})
"""Refused for now: too many texts are queued, or were sent within a while."""
_WORDS = {
    21211: "this is no number that can be written to",
    21408: "the account may not send to that country: see Twilio's messaging geographic permissions",
    21612: "Twilio can't reach that number from this one",
    21614: "this is no mobile number",
    UNSUBSCRIBED: "the requester has told Twilio STOP",
    30003: "the phone is off, or out of reach",
    30004: "the requester's network or phone blocks our messages",
    30005: "the number isn't known, or no more in use",
    30006: "it is a landline, or its network takes no texts",
    30007: "the network took it for spam",
    63003: "this number has no WhatsApp",
    63016: "more than 24 hours have passed since the requester last wrote: WhatsApp takes a free text no more",
    63024: "this number has no WhatsApp",
}


def next_step(outcome: Outcome, delivery: Delivery, now: Instant) -> Step:
    """After one more try."""
    match outcome:
        case Taken():
            return Done()
        case Deferred(why, wait):
            return _not_now(why, wait, delivery, now)
        case Refused(why, _, code) if code in _LATER:
            return _not_now(why, None, delivery, now)
        case Refused(why, _, code):
            return GiveUp(failure(code) if code in _WORDS else f"refused: {why}")
        case Unknown(why):
            return Again(LOOK_AFTER, f"it may have been taken, and is looked for: {why}")


def _not_now(why: str, wait: float | None, delivery: Delivery, now: Instant) -> Step:
    if now - delivery.created_at >= GIVEN_UP_AFTER:
        return GiveUp(f"not taken for five days, {why}")
    return Again(wait or pause_after(delivery.attempts), why)


def after_search_in_vain(sent: Sent, now: Instant) -> Step | None:
    """It wasn't in Twilio's lists. None where it may be ordered again."""
    left = sent.ordered_at + SETTLED - now
    return Again(left, "it may have been taken, and isn't in Twilio's lists yet") if left > 0 else None


def failure(code: int | None) -> str:
    """Why it was not delivered, in words; the code with it, for who looks it up."""
    if code is None:
        return "it was not delivered, and Twilio doesn't say why"
    words = _WORDS.get(code, "it was not delivered, see Twilio's list of errors")
    return f"{words} (Twilio {code})"
