"""What a step of a call tells the stream: one event for each fact that is new. Pure."""

from collections.abc import Iterator
from typing import Any

from channels.phone.call import Call, Fetching, Leg, LegResult, Outcome, State
from channels.phone.facts import answered_at, facts_of
from channels.phone.legs import seems_answered
from gateway.core.clock import Instant
from gateway.core.events import (
    CallAnswered,
    CallChose,
    CallDialled,
    CallEnded,
    CallLegEnded,
    CallReceived,
    Event,
    RecordingKept,
    RecordingMissed,
)


def story(channel: str, before: Call | None, after: Call, now: Instant) -> Iterator[Event]:
    """In the order in which they happened. Nothing is told before there is a ticket: then, all that was."""
    if after.ticket_id is None:
        return
    if before is not None and before.ticket_id is None:
        before = None
    of_call: dict[str, Any] = {
        "channel": channel,
        "call": after.sid,
        "ticket_id": after.ticket_id,
        "reference": after.reference,
    }
    if before is None:
        yield CallReceived(at=after.began_at, **of_call)
    for what, value in _chosen(before, after):
        yield CallChose(at=now, what=what, value=value, **of_call)
    yield from _told_of_legs(before, after, of_call, now)
    yield from _told_of_recordings(before, after, of_call, now)
    if after.state is State.ENDED and (before is None or before.state is not State.ENDED):
        yield _ended(after, of_call, now)


def _chosen(before: Call | None, after: Call) -> Iterator[tuple[str, str | None]]:
    if before is None:
        if after.language_chosen:
            yield "language", after.language
        if after.category is not None:
            yield "category", after.category
        if after.claimed is not None:
            yield "reference", None
    if after.outcome is Outcome.CALLBACK and (before is None or before.outcome is None):
        yield "callback", None
    if after.state is State.VOICEMAIL and before is not None and before.state is State.OFFER:
        yield "message", None


def _told_of_legs(before: Call | None, after: Call, of_call: dict[str, Any], now: Instant) -> Iterator[Event]:
    known = before.legs if before else ()
    for attempt, leg in enumerate(after.legs, 1):
        was = known[attempt - 1] if attempt <= len(known) else None
        provider = leg.desk.provider
        if was is None:
            yield CallDialled(at=leg.dialled_at, provider=provider, attempt=attempt, **of_call)
        if _is_answered(leg) and not (was and _is_answered(was)):
            waited = max(0.0, answered_at(leg) - after.began_at)
            yield CallAnswered(at=answered_at(leg), provider=provider, waited=round(waited, 3), **of_call)
        if leg.result is not None and (was is None or was.result is None):
            at = now if leg.ended_at is None else leg.ended_at
            yield CallLegEnded(at=at, provider=provider, result=leg.result.value, sip_code=leg.sip_code, **of_call)


def _told_of_recordings(before: Call | None, after: Call, of_call: dict[str, Any], now: Instant) -> Iterator[Event]:
    known = {each.sid: each.fetching for each in before.recordings} if before else {}
    for each in after.recordings:
        if each.fetching is known.get(each.sid):
            continue
        if each.fetching is Fetching.KEPT:
            yield RecordingKept(at=now, seconds=each.seconds, **of_call)
        elif each.fetching is Fetching.MISSED:
            yield RecordingMissed(at=now, reason=each.why or "", **of_call)


def _ended(call: Call, of_call: dict[str, Any], now: Instant) -> CallEnded:
    facts = facts_of(call)
    return CallEnded(
        at=now if call.ended_at is None else call.ended_at,
        outcome=call.outcome.value if call.outcome else Outcome.ABANDONED.value,
        provider=facts.provider,
        waiting=round(facts.waiting, 3),
        ringing=round(facts.ringing, 3),
        talking=round(facts.talking, 3),
        failovers=facts.failovers,
        abandoned=facts.abandoned,
        told_of_recording=call.told_of_recording,
        left_in=call.left_in.value if call.left_in else None,
        **of_call,
    )


def _is_answered(leg: Leg) -> bool:
    return leg.result is LegResult.ANSWERED or (leg.result is None and seems_answered(leg))
