"""Who may be called by us, when, how often and for how much (T35). Pure.

Whoever calls can show any number, so that asking to be called back is a way to have others called at our cost: premium
and foreign numbers pay who owns them, and anybody's phone can be made to ring. What is left to such a person is an
ordinary subscriber's number here, so many times a day, within the hours, and whoever is there hears who calls and can
say no.
"""

from collections.abc import Collection
from math import ceil

from channels.phone.calling_back.callback import Callback, DeskLeg, Refusal
from channels.phone.settings import LINE_SECONDS, CallbackSettings, VoiceSettings
from channels.phone.twilio.numbers import Objection, normal_number, objection
from gateway.core.calls import CallsMade
from gateway.core.clock import Instant
from gateway.core.dialling import Desk
from gateway.core.values import dataclass

ACCEPT_WITHIN = 20.0
"""Seconds that an agent has for the key, at least: a desk without a queue sets no time for it."""
GREETING_WITHIN = 20.0
"""Seconds that whoever picks up at the requester's end has for the key."""
_SET_UP = 30.0
"""Seconds that carriers and webhooks may add to a line."""
DAY = 86_400.0
_BILLED = 60.0
"""Lines are billed by minutes begun (https://www.twilio.com/docs/voice/pricing)."""
_OBJECTIONS = {
    Objection.NO_NUMBER: Refusal.NO_NUMBER,
    Objection.COUNTRY: Refusal.COUNTRY,
    Objection.COSTLY: Refusal.COSTLY,
}


@dataclass(frozen=True, slots=True)
class Claimed:
    """A number that somebody wants to be called at, and what speaks for its being his."""

    number: str | None
    told_by_network: bool
    """It came in a webhook that Twilio has signed, and was not written by somebody."""
    attested: bool
    """Its carrier vouches for it: STIR/SHAKEN's highest level, A."""


def refusal(claimed: Claimed, line: VoiceSettings, now: Instant, desks: Collection[str] = ()) -> Refusal | None:
    """Why it isn't called now, by what is known of the number alone; None where it may be. `desks` are what is dialled
    for any desk: one of them would be called to speak with itself."""
    number, settings = normal_number(claimed.number or ""), line.callback
    if number is None:
        return Refusal.NO_NUMBER
    if number in line.numbers or number in desks:
        return Refusal.OURS
    if not claimed.told_by_network or (settings.verification == "attestation" and not claimed.attested):
        return Refusal.NOT_VERIFIED
    objected = objection(number, settings.countries)
    if objected is not None:
        return _OBJECTIONS[objected]
    return None if settings.open_at(now) else Refusal.HOURS


def over_limits(settings: CallbackSettings, all_calls: CallsMade, to_it: CallsMade) -> Refusal | None:
    """Which limit of the last 24 hours the call back at hand is over: it is counted already, with all that it may cost.
    Two that are kept at once may refuse each other; they never cost too much together."""
    if to_it.calls > settings.most_a_day_each:
        return Refusal.MOST_A_DAY_EACH
    if all_calls.calls > settings.most_a_day:
        return Refusal.MOST_A_DAY
    return Refusal.SPEND if settings.cost(all_calls.seconds) > settings.spend_a_day else None


def with_one_more(made: CallsMade, settings: CallbackSettings) -> CallsMade:
    """What would be counted with one call more, of which nothing is known yet."""
    return CallsMade(made.calls + 1, made.seconds + 2 * _billed(settings.longest))


def seconds_of(callback: Callback, settings: CallbackSettings) -> float:
    """What its lines come to, as they are billed: those that are open at the most that they can last."""
    return sum(_seconds_of(leg, settings) for leg in callback.legs)


def accept_within(desk: Desk) -> float:
    """Seconds from picking up that an agent has for the key."""
    return max(desk.accept_within, ACCEPT_WITHIN)


def line_limit(desk: Desk, settings: CallbackSettings) -> int:
    """Seconds that a desk's line may last from picking up: the agent, the requester's phone, and the talk."""
    return round(accept_within(desk) + settings.ring + GREETING_WITHIN + _SET_UP + settings.longest)


def lasts_at_most(settings: CallbackSettings) -> float:
    """Seconds from the wish until the last line of it is cut."""
    return settings.within + LINE_SECONDS + settings.longest


def _seconds_of(leg: DeskLeg, settings: CallbackSettings) -> float:
    if leg.open:
        return _billed(line_limit(leg.desk, settings)) + _billed(settings.longest + GREETING_WITHIN)
    return _billed(leg.seconds) + _billed(_talked(leg))


def _talked(leg: DeskLeg) -> float:
    """Where nobody has told how long the requester's line lasted, it was no longer than the desk's."""
    if leg.requester is None:
        return 0.0
    return leg.seconds if leg.requester.seconds is None else leg.requester.seconds


def _billed(seconds: float) -> float:
    return ceil(seconds / _BILLED) * _BILLED
