"""One attempt to hand a ticket to one provider, and what it says about that provider's health."""

from gateway.core.clock import Clock, Instant
from gateway.core.delivery import Answer, Case
from gateway.core.errors import ProviderUnavailable
from gateway.core.failpoints import failpoint
from gateway.core.handoff import Handoff, Outcome
from routing.delivery.fleet import LiveProvider

_OWN_LAG = 0.5
"""An attempt that ends so many seconds after its time is our own standstill, and says nothing of the provider."""
_TROUBLE = frozenset({Outcome.UNAVAILABLE, Outcome.UNKNOWN})


async def attempt(live: LiveProvider, case: Case, handoff: Handoff, clock: Clock, *, search_first: bool) -> Answer:
    """Hand the ticket over. After an unknown outcome a provider that can be asked is searched by key first of all."""
    started = clock.now()
    answer = await _searched(live, handoff) if search_first and live.settings.can_search else None
    if answer is None:
        failpoint("create.before")
        answer = await live.adapter.create(case, handoff)
        failpoint("create.after")
    if answer.again_after is not None:
        live.put_off.put_off(handoff.ticket_id, clock.now() + answer.again_after)
    _tell_health(live, answer, started, clock, first=handoff.attempts == 1)
    return answer


async def _searched(live: LiveProvider, handoff: Handoff) -> Answer | None:
    """The copy that an earlier attempt made; None where the provider surely has none, so that one may be created."""
    try:
        copy = await live.adapter.find(handoff)
    except ProviderUnavailable as error:
        return Answer(Outcome.UNKNOWN, f"could not be searched: {error}", retry_after=error.retry_after)
    if copy is None:
        return None
    return Answer(Outcome.ACCEPTED, "found by its key", copy.provider_reference, copy.state)


def _tell_health(live: LiveProvider, answer: Answer, started: Instant, clock: Clock, *, first: bool) -> None:
    """A ticket speaks against a provider once, so that one poisoned ticket alone can't bring it down."""
    now = clock.now()
    if answer.blameless:
        return
    if answer.retry_after is not None:
        live.paused_until = max(live.paused_until, now + answer.retry_after)
    elif answer.outcome in _TROUBLE:
        if first and now - started <= live.attempt_seconds + _OWN_LAG:
            live.monitor.live_failed(started, now, explicit=answer.explicit, reason=answer.reason)
    else:
        if answer.outcome is Outcome.ACCEPTED:
            live.accepted_at = now
        live.monitor.live_succeeded(started, now)
