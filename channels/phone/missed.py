"""A call that nobody told us of, put together from what Twilio's lists say. Pure."""

from collections.abc import Iterable, Mapping

from channels.phone.call import Call, Leg, LegResult, Outcome, Recording, State
from channels.phone.settings import VoiceSettings
from channels.phone.twilio.records import CallRecord, RecordingRecord
from gateway.core.clock import Instant
from gateway.core.dialling import Desk

_RESULTS = {"busy": LegResult.BUSY, "no-answer": LegResult.NO_ANSWER, "canceled": LegResult.CANCELED}


def missed_call(
    settings: VoiceSettings,
    record: CallRecord,
    legs: Iterable[CallRecord],
    recordings: Iterable[RecordingRecord],
    phones: Mapping[str, Desk],
    now: Instant,
) -> Call:
    """One that is over, as is known `now`. `phones` are the desks by what is dialled.

    Whatever picked up counts as an answer only where no key of the desk's would have told its agents from its queue:
    else the ticket goes its ordinary way, since nobody knows whether the caller was helped.
    """
    dialled = tuple(leg for each in sorted(legs, key=_begun) if (leg := _leg(each, phones)) is not None)
    left = tuple(Recording(each.sid, each.duration or 0.0, now) for each in recordings)
    answered = any(leg.result is LegResult.ANSWERED for leg in dialled)
    outcome = Outcome.VOICEMAIL if left else Outcome.ANSWERED if answered else Outcome.ABANDONED
    return Call(
        sid=record.sid,
        caller=record.caller,
        called=record.called,
        began_at=record.at,
        language=settings.number_languages.get(record.called, settings.languages[0]),
        state=State.ENDED,
        legs=dialled,
        recordings=left,
        outcome=outcome,
        told_of_recording=bool(left),
        ended_at=record.at + (record.duration or 0.0),
    )


def _begun(record: CallRecord) -> float:
    return record.at


def _leg(record: CallRecord, phones: Mapping[str, Desk]) -> Leg | None:
    desk = phones.get(record.called)
    if desk is None:
        return None
    seconds = record.duration or 0.0
    if record.status == "completed" and seconds:
        result = LegResult.ANSWERED if desk.accept_key is None else LegResult.NOT_ACCEPTED
    else:
        result = _RESULTS.get(record.status, LegResult.FAILED)
    return Leg(
        step=0,
        desk=desk,
        dialled_at=record.at,
        sid=record.sid,
        ended_at=record.at + seconds,
        result=result,
        seconds=seconds,
    )
