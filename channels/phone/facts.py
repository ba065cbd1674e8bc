"""What a call comes to in figures; all in seconds."""

from channels.phone.call import Call, Leg, LegResult, Outcome
from gateway.core.clock import Instant
from gateway.core.values import dataclass


@dataclass(frozen=True, slots=True)
class CallFacts:
    """Of a call that has ended."""

    waiting: float
    """From the beginning until somebody answered, or until the last desk had failed, or the caller hung up first."""
    ringing: float
    """How long desks rang, all together."""
    talking: float
    """With whoever answered."""
    failovers: int
    """Desks after the first that were dialled."""
    provider: str | None
    """Who answered."""
    abandoned: bool


def facts_of(call: Call) -> CallFacts:
    """By what is known; a report of a leg that comes later can make it more exact."""
    answered = next((leg for leg in call.legs if leg.result is LegResult.ANSWERED), None)
    return CallFacts(
        waiting=max(0.0, _waited_until(call, answered) - call.began_at),
        ringing=sum(rang_for(leg) for leg in call.legs),
        talking=_talked(call, answered) if answered else 0.0,
        failovers=max(0, len(call.legs) - 1),
        provider=answered.desk.provider if answered else None,
        abandoned=call.outcome is Outcome.ABANDONED,
    )


def _waited_until(call: Call, answered: Leg | None) -> Instant:
    if answered is not None:
        return answered_at(answered)
    if call.outcome is not Outcome.ABANDONED and call.leg is not None and call.leg.ended_at is not None:
        return call.leg.ended_at
    return call.began_at if call.ended_at is None else call.ended_at


def answered_at(leg: Leg) -> Instant:
    """When the agent was there; where no key tells, when it was picked up."""
    if leg.accepted_at is not None:
        return leg.accepted_at
    picked_up_at = _picked_up_at(leg)
    return leg.dialled_at if picked_up_at is None else picked_up_at


def _picked_up_at(leg: Leg) -> Instant | None:
    if leg.picked_up_at is None and leg.seconds and leg.ended_at is not None:
        return max(leg.dialled_at, leg.ended_at - leg.seconds)
    return leg.picked_up_at


def rang_for(leg: Leg) -> float:
    """Seconds, until it was picked up or given up."""
    until = _picked_up_at(leg)
    until = leg.ended_at if until is None else until
    return 0.0 if until is None else max(0.0, until - leg.dialled_at)


def _talked(call: Call, leg: Leg) -> float:
    until = call.ended_at if leg.ended_at is None else leg.ended_at
    return 0.0 if until is None else max(0.0, until - answered_at(leg))
