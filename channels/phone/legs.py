"""What is known of one desk's leg, and how it ended: the only place that reads Twilio's words for that."""

from channels.phone.call import Call, Leg, LegResult, State
from channels.phone.inputs import DialEnded, Input, LegReported, Whispered, WhisperKeys
from gateway.core.values import replace

_CONNECTED = frozenset({"completed", "answered"})
_NOT_CONNECTED = {
    "busy": LegResult.BUSY,
    "no-answer": LegResult.NO_ANSWER,
    "canceled": LegResult.CANCELED,
}
_PICKED_UP = frozenset({"in-progress", "answered"})


def judge(leg: Leg, ended: DialEnded, *, star_leaves: bool) -> LegResult | None:
    """How a leg ended; None where only the caller can tell.

    `completed` says no more than that the desk's end was picked up. Where an agent has to press a key, only that key
    is an answer, and only if the two were joined then (the caller may have hung up at that moment). Joined without the
    key, because Twilio couldn't get our document, nobody knows who was there. Where the star key leaves a queue, Twilio
    tells an agent who hung up and a caller who left in the same words.
    """
    if ended.status not in _CONNECTED:
        return _NOT_CONNECTED.get(ended.status, LegResult.FAILED)
    if leg.accepted_at is not None:
        return LegResult.NOT_ACCEPTED if ended.bridged is False else LegResult.ANSWERED
    if leg.desk.accept_key is not None:
        return None if ended.bridged else LegResult.NOT_ACCEPTED
    if ended.bridged is False:
        return LegResult.NO_ANSWER
    return None if star_leaves else LegResult.ANSWERED


def seems_answered(leg: Leg) -> bool:
    """By what is known before, or without, the Dial's own result."""
    return leg.accepted_at is not None or (leg.desk.accept_key is None and leg.picked_up_at is not None)


def note_report(call: Call, report: LegReported) -> Call:
    """Fills in what is not known yet, in whatever order reports come; nothing that is known changes."""
    leg = next((each for each in call.legs if each.step == report.step), None)
    if leg is None:
        return call
    picked_up = report.at if report.status in _PICKED_UP else None
    rang = report.at if report.status == "ringing" else None
    known = replace(
        leg,
        sid=leg.sid or report.sid,
        rang_at=rang if leg.rang_at is None else leg.rang_at,
        picked_up_at=picked_up if leg.picked_up_at is None else leg.picked_up_at,
    )
    return with_leg(call, known)


def is_of_known_leg(call: Call, received: Input) -> bool:
    """A report of a leg that is there already. It can only fill in what isn't known yet: one that changes nothing now
    changes nothing in any later state of the call either."""
    return isinstance(received, LegReported) and any(each.step == received.step for each in call.legs)


def note_whisper(call: Call, heard: Whispered | WhisperKeys) -> Call:
    """The desk's end is there, and perhaps its agent: the right key at any time while the caller is waiting counts."""
    leg = call.leg
    if call.state is not State.DIALLING or leg is None or leg.step != heard.step:
        return call
    picked_up_at = heard.at if leg.picked_up_at is None else leg.picked_up_at
    right = isinstance(heard, WhisperKeys) and heard.digits == leg.desk.accept_key
    accepted_at = heard.at if right and leg.accepted_at is None else leg.accepted_at
    return with_leg(call, replace(leg, picked_up_at=picked_up_at, accepted_at=accepted_at))


def with_leg(call: Call, leg: Leg) -> Call:
    """The call with this leg in place of the one of the same step."""
    return replace(call, legs=tuple(leg if each.step == leg.step else each for each in call.legs))
