"""What a step of a call back tells the stream: one event for each fact that is new. Pure."""

from collections.abc import Iterator
from typing import Any

from channels.phone.calling_back.callback import Callback, DeskLeg, Outcome, State
from gateway.core.clock import Instant
from gateway.core.events import (
    CallbackAnswered,
    CallbackAsked,
    CallbackDialled,
    CallbackEnded,
    CallbackLegEnded,
    CallbackRequesterDialled,
    Event,
)


def story(channel: str, before: Callback | None, after: Callback, now: Instant) -> Iterator[Event]:
    """In the order in which they happened."""
    of_call: dict[str, Any] = {
        "channel": channel,
        "call": after.id,
        "ticket_id": after.ticket_id,
        "reference": after.reference,
    }
    if before is None:
        yield CallbackAsked(at=after.asked_at, asked_by=after.asked_by, **of_call)
    known = {leg.step: leg for leg in before.legs} if before else {}
    for attempt, leg in enumerate(after.legs, 1):
        yield from _told_of(known.get(leg.step), leg, after, attempt, of_call, now)
    if after.outcome is not None and (before is None or before.outcome is None):
        yield CallbackEnded(
            at=now if after.ended_at is None else after.ended_at,
            outcome=after.outcome.value,
            refusal=after.refusal.value if after.refusal else None,
            provider=after.legs[-1].desk.provider if after.outcome is Outcome.REACHED else None,
            tries=after.tries,
            talking=round(talking(after), 3),
            **of_call,
        )


def _told_of(
    was: DeskLeg | None, leg: DeskLeg, after: Callback, attempt: int, of_call: dict[str, Any], now: Instant
) -> Iterator[Event]:
    provider = leg.desk.provider
    if leg.sid is not None and (was is None or was.sid is None):
        at = now if leg.ordered_at is None else leg.ordered_at
        yield CallbackDialled(at=at, provider=provider, attempt=attempt, **of_call)
    if leg.result is not None and (was is None or was.result is None):
        yield CallbackLegEnded(at=now, provider=provider, result=leg.result.value, **of_call)
    requester, known = leg.requester, was.requester if was else None
    if requester is None:
        return
    if known is None:
        tried = sum(1 for each in after.legs if each.requester and each.step <= leg.step)
        yield CallbackRequesterDialled(at=requester.dialled_at, provider=provider, attempt=tried, **of_call)
    if requester.joined_at is not None and (known is None or known.joined_at is None):
        waited = max(0.0, requester.joined_at - after.asked_at)
        yield CallbackAnswered(at=requester.joined_at, provider=provider, waited=round(waited, 3), **of_call)


def talking(callback: Callback) -> float:
    """Seconds that agent and requester spoke, as far as is known."""
    leg = callback.legs[-1] if callback.legs else None
    requester = leg.requester if leg else None
    if callback.state is not State.ENDED or callback.outcome is not Outcome.REACHED or requester is None:
        return 0.0
    until = callback.ended_at if requester.ended_at is None else requester.ended_at
    return 0.0 if until is None or requester.joined_at is None else max(0.0, until - requester.joined_at)
