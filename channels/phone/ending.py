"""How a call ends: the caller hangs up, is told the last words, or is never heard of again."""

from channels.phone.call import OVER, Call, LegResult, Outcome, Recording, State
from channels.phone.inputs import NothingMore, Recorded, RecordingAbsent
from channels.phone.legs import seems_answered, with_leg
from gateway.core.clock import Instant
from gateway.core.values import replace

_LEG_PATIENCE = 60.0
_RECORDING_PATIENCE = 3600.0


def patience(call: Call) -> float:
    """Seconds after its end that what is still missing of a call is waited for: how a leg ended is told at once,
    a recording has to be made first."""
    return _RECORDING_PATIENCE if call.left_in is State.VOICEMAIL else _LEG_PATIENCE


def hang_up(call: Call, at: Instant) -> Call:
    """The caller's line is cut. An outcome that hangs on a leg or a recording waits for its result."""
    if call.state in OVER:
        return call
    if call.state is State.CLOSING:
        return replace(call, state=State.ENDED, ended_at=at)
    left = replace(call, ended_at=at, left_in=call.state)
    if call.state is State.LEAVING:
        return end(with_result(left, LegResult.ANSWERED), Outcome.ANSWERED)
    if call.state is State.VOICEMAIL and call.recordings:
        return end(left, Outcome.VOICEMAIL)
    if call.state in (State.DIALLING, State.VOICEMAIL):
        return replace(left, state=State.GONE)
    return end(left, Outcome.ABANDONED)


def is_about(call: Call, state: State) -> bool:
    """The caller is at it, or was when he hung up and its result is still waited for."""
    return call.state is state or (call.state is State.GONE and call.left_in is state)


def end(call: Call, outcome: Outcome) -> Call:
    """Of a call whose line is cut."""
    return replace(call, state=State.ENDED, outcome=outcome)


def end_leg(call: Call, verdict: LegResult | None) -> Call:
    """The result of a leg whose caller has gone, with what follows for the call. In doubt the two had been joined."""
    if verdict in (LegResult.ANSWERED, None):
        return end(with_result(call, LegResult.ANSWERED), Outcome.ANSWERED)
    told = verdict if verdict in (LegResult.BUSY, LegResult.FAILED) else LegResult.CANCELED
    return end(with_result(call, told), Outcome.ABANDONED)


def with_result(call: Call, result: LegResult) -> Call:
    """The leg dialled last has ended so."""
    return with_leg(call, replace(call.legs[-1], result=result))


def settle(call: Call, over: NothingMore) -> Call:
    """Decides by what is known."""
    call = hang_up(call, over.at)
    if call.state is not State.GONE:
        return call
    if call.left_in is State.VOICEMAIL:
        return end(call, Outcome.ABANDONED)
    answered = bool(call.leg) and seems_answered(call.legs[-1])
    return end_leg(call, LegResult.ANSWERED if answered else LegResult.CANCELED)


def keep_recording(call: Call, recorded: Recorded) -> Call:
    """Every recording is kept, whenever it comes; it decides only where nothing else has."""
    if any(each.sid == recorded.sid for each in call.recordings):
        return call
    call = replace(call, recordings=(*call.recordings, Recording(recorded.sid, recorded.seconds, recorded.at)))
    return end(call, Outcome.VOICEMAIL) if _waits_for_recording(call) else call


def miss_recording(call: Call, absent: RecordingAbsent) -> Call:
    """There is none of that step; whether there is one of another is told by that one's own report."""
    missed = _waits_for_recording(call) and absent.step == call.step
    return end(call, Outcome.ABANDONED) if missed else call


def _waits_for_recording(call: Call) -> bool:
    return call.state is State.GONE and call.left_in is State.VOICEMAIL
