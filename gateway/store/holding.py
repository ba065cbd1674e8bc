"""What a phone call means for its ticket: pure rules over its sheet, beside those of `rules`.

A ticket opened during a call is held: it is owed to nobody before an instant so late that the call is surely over by
then. The call's end releases it, or an agent takes it before that. If neither is ever heard of, the hold just ends.
"""

from dataclasses import replace

from gateway.core.calls import Taken
from gateway.core.clock import Instant
from gateway.core.delivery import HANDING_OVER, HandoffFact, Kind
from gateway.core.handoff import HandoffState
from gateway.core.ids import new_id
from gateway.store import rules
from gateway.store.sheet import Sheet, StoredCopy

RECORDED_AFTER = 3600.0
"""Seconds after an agent took a call that his provider's system is given the ticket, unless the call's end is heard of
before."""

_SAME_KEY = frozenset(
    {
        HandoffState.STARTED,
        HandoffState.UNKNOWN,
        HandoffState.UNAVAILABLE,
        HandoffState.ABSENT,
        HandoffState.ACCEPTED,
    }
)
"""Of a provider's earlier copy: it may be there under its key, or nothing is. Another key would make a second one."""


def release(sheet: Sheet, at: Instant) -> None:
    """The call is over: the ticket, or its record at the provider who took the call, is owed from now on."""
    if rules.end_hold(sheet, at):
        sheet.hasten(HANDING_OVER, at)
    sheet.hasten(frozenset({Kind.RECORD}), at)


def take(sheet: Sheet, taken: Taken) -> None:
    """The provider has the ticket, and somebody works on it; its own system is to be given it when the call is over."""
    if rules.keeper(sheet) is not None:
        return
    held_until = sheet.standing.held_until or taken.at
    rules.end_hold(sheet, taken.at)
    before = _copy_of(sheet, taken.provider)
    copy = replace(before, to_record=before.state is not HandoffState.ACCEPTED) if before else _new_copy(sheet, taken)
    sheet.put(copy)
    rules.apply(sheet, HandoffFact(copy.id, HandoffState.PICKED_UP, taken.at, reason="its agent took the call"))
    if copy.to_record:
        due_at = max(held_until, taken.at + RECORDED_AFTER)
        sheet.owe(Kind.RECORD, due_at, taken.at, copy)


def leave_unrecorded(sheet: Sheet, handoff_id: str) -> None:
    """A person has decided that the provider's own system needs nothing of it; what comes later is owed as ever."""
    copy = sheet.copies[handoff_id]
    sheet.put(replace(copy, to_record=False, messages_sent=max(copy.messages_sent, sheet.next_number - 1)))


def _copy_of(sheet: Sheet, provider: str) -> StoredCopy | None:
    fitting = [copy for copy in sheet.copies.values() if copy.provider == provider and copy.state in _SAME_KEY]
    return max(fitting, key=lambda copy: copy.id, default=None)


def _new_copy(sheet: Sheet, taken: Taken) -> StoredCopy:
    """Nothing has been sent to the provider under its key."""
    return StoredCopy(
        id=new_id(),
        ticket_id=sheet.standing.id,
        provider=taken.provider,
        state=HandoffState.STARTED,
        started_at=taken.at,
        attempts=0,
        to_record=True,
    )
