"""What is left to do about a call, and when. Pure: times of now are parameters."""

from channels.phone.call import Call, Fetching, Outcome, State
from channels.phone.ending import patience
from gateway.core.clock import Instant

LOOK_AFTER = 180.0
"""Seconds after its beginning that a call is asked after at Twilio: nobody may have told us that it is over."""
RECORDING_WITHIN = 120.0
"""Seconds after the call, or after it is known of, that the ticket waits for a recording; what comes later follows as
a further message."""
_RECORDING_PATIENCE = 3600.0
"""Seconds after the call that a recording is tried for."""
_SOONEST, _LATEST = 5.0, 300.0
"""Seconds between two tries."""


def is_releasable(call: Call, now: Instant) -> bool:
    """Its ticket may go to a provider: the caller is gone, and what he left is in it, or was waited for long enough. Of
    who is to be called back, that is for the calling back to say."""
    if call.ended_at is None or call.outcome is Outcome.CALLBACK:
        return False
    if now >= _waited_until(call, call.ended_at):
        return call.state is State.ENDED or call.left_in is State.VOICEMAIL
    return call.state is State.ENDED and not _awaits_recording(call)


def is_over(call: Call) -> bool:
    """Nothing is left to be done."""
    settled = call.released or call.outcome is Outcome.CALLBACK
    return call.state is State.ENDED and settled and not _awaits_recording(call)


def may_miss(call: Call, now: Instant) -> bool:
    """A recording that could not be had until now won't be had at all."""
    return call.ended_at is not None and now >= call.ended_at + _RECORDING_PATIENCE


def next_look(call: Call, now: Instant, *, undone: bool = False) -> Instant | None:
    """When somebody has to look at it next though nothing is heard of it; None where nothing is left. `undone` where
    something was tried just now and can't be done yet."""
    times = [now + _pause(call, now)] if undone or _awaits_recording(call) else []
    if call.ended_at is None:
        return min([*times, max(now + LOOK_AFTER, call.began_at + LOOK_AFTER)])
    if call.state is State.GONE:
        times.append(call.ended_at + patience(call))
    if not call.released and call.outcome is not Outcome.CALLBACK:
        times.append(_waited_until(call, call.ended_at))
    return max(now, min(times)) if times else None


def _awaits_recording(call: Call) -> bool:
    return any(each.fetching is Fetching.WAITING for each in call.recordings)


def _waited_until(call: Call, ended_at: Instant) -> Instant:
    """When the ticket has waited for recordings long enough."""
    return max((ended_at, *(each.known_at for each in call.recordings))) + RECORDING_WITHIN


def _pause(call: Call, now: Instant) -> float:
    """Longer and longer."""
    since = call.began_at if call.ended_at is None else call.ended_at
    return min(_LATEST, max(_SOONEST, (now - since) / 4))
