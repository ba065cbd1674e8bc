"""What follows from a fact: pure rules over one ticket's sheet.

A ticket has at most one copy that stays, its keeper. Every rule ends in `settle`, which derives the rest from the
copies: the ticket's state, whether the ticket itself is still owed to a provider, and which copies are surplus. So the
ledger balances after any fact, in any order.
"""

from dataclasses import replace

from gateway.core.clock import Instant
from gateway.core.delivery import HANDING_OVER, HandoffFact, Kind
from gateway.core.events import (
    DoubleDetected,
    HandoffChanged,
    HandoffConfirmed,
    HandoffKept,
    TicketReopened,
    TicketRescued,
)
from gateway.core.handoff import LIVE, HandoffState, holding_copy, surplus_copies
from gateway.core.ticket import Direction, TicketState
from gateway.store.sheet import Sheet, StoredCopy

READ_BACK_AFTER = 15.0
"""Seconds from acceptance to the first read-back, unless the fact says when."""

_AGAIN = "the requester wrote again"
_NOT_THERE = frozenset(
    {
        HandoffState.STARTED,
        HandoffState.UNKNOWN,
        HandoffState.UNAVAILABLE,
        HandoffState.ABSENT,
        HandoffState.REFUSED,
    }
)
_WORKED_ON = frozenset({HandoffState.PICKED_UP, HandoffState.RESOLVED})
_TAKEN = LIVE | {HandoffState.RESOLVED}
_UNANSWERED = frozenset({HandoffState.STARTED, HandoffState.UNKNOWN})

REACHED_FROM = {
    HandoffState.STARTED: frozenset[HandoffState](),
    HandoffState.UNKNOWN: frozenset({HandoffState.STARTED}),
    HandoffState.REFUSED: _UNANSWERED,
    HandoffState.UNAVAILABLE: _UNANSWERED,
    # Not from STARTED: a search that misses says nothing of an attempt that is still on its way.
    HandoffState.ABSENT: frozenset({HandoffState.UNKNOWN}),
    HandoffState.ACCEPTED: _NOT_THERE,
    HandoffState.PICKED_UP: _NOT_THERE | {HandoffState.ACCEPTED, HandoffState.LOST},
    HandoffState.RESOLVED: _NOT_THERE | LIVE | {HandoffState.LOST},
    HandoffState.LOST: LIVE,
    # Who can't be asked whether it has the ticket is told all the same that another has it.
    HandoffState.WITHDRAWN: LIVE | {HandoffState.UNKNOWN},
}
"""The states from which a fact moves a copy to its own; from any other it comes too late and changes nothing. A
provider's word that it has the copy beats whatever we believed."""


def apply(sheet: Sheet, fact: HandoffFact) -> bool:
    """Apply a fact about one of the sheet's copies. True where it changed something."""
    before = sheet.copies[fact.handoff_id]
    if before.state in REACHED_FROM[fact.state]:
        _move(sheet, before, fact)
    elif fact.provider_reference and before.provider_reference is None:
        sheet.put(replace(before, provider_reference=fact.provider_reference))
    if before.state is HandoffState.ACCEPTED and fact.read_back_at is not None:
        # Its desk reported it before we had the answer: only who asked knows when it is to be looked at.
        sheet.drop(frozenset({Kind.CONFIRM}), before.id)
        sheet.owe(Kind.CONFIRM, fact.read_back_at, fact.at, before)
    if fact.confirmed:
        _confirm(sheet, fact)
    if fact.recorded or fact.confirmed:
        _record(sheet, fact)
    return sheet.copies[fact.handoff_id] is not before


def _record(sheet: Sheet, fact: HandoffFact) -> None:
    """Its provider's own system has it, be it that its agent has put it there before us."""
    copy = sheet.copies[fact.handoff_id]
    if copy.to_record and copy.state in _TAKEN and (fact.recorded or copy.provider_reference):
        sheet.put(replace(copy, to_record=False))
        owe_messages(sheet, sheet.copies[copy.id], fact.at)


def _move(sheet: Sheet, before: StoredCopy, fact: HandoffFact) -> None:
    taken = fact.state in _TAKEN
    copy = replace(
        before,
        state=fact.state,
        provider_reference=fact.provider_reference or before.provider_reference,
        reason=fact.reason,
        answered_at=fact.at if taken and before.answered_at is None else before.answered_at,
        picked_up_at=fact.at if fact.state is HandoffState.PICKED_UP else before.picked_up_at,
        superseded=before.superseded and fact.state not in _WORKED_ON,
    )
    sheet.put(copy)
    first = taken and sheet.standing.handed_off_at is None
    if first:
        sheet.standing = replace(sheet.standing, handed_off_at=fact.at)
    sheet.emit(
        HandoffChanged(
            at=fact.at,
            ticket_id=sheet.standing.id,
            reference=sheet.standing.reference,
            handoff_id=copy.id,
            provider=copy.provider,
            state=copy.state,
            provider_reference=copy.provider_reference,
            reason=copy.reason,
            seconds=max(0.0, fact.at - (sheet.standing.held_until or sheet.standing.received_at)),
            attempt_seconds=fact.at - copy.started_at,
            first=first,
        )
    )
    if fact.state is HandoffState.UNKNOWN:
        sheet.owe(Kind.RECONCILE, fact.at, fact.at, copy)
    if copy.live and not before.live:
        sheet.owe(Kind.CONFIRM, fact.read_back_at or fact.at + READ_BACK_AFTER, fact.at, copy)
    settle(sheet, fact.at)
    if taken and (before.state not in _TAKEN or before.superseded):
        owe_messages(sheet, sheet.copies[copy.id], fact.at)
    if copy.state is HandoffState.RESOLVED and not copy.to_record and _unheard(sheet, copy):
        reopen(sheet, fact.at)  # it was resolved without the requester's last word


def _confirm(sheet: Sheet, fact: HandoffFact) -> None:
    copy = sheet.copies[fact.handoff_id]
    if copy.state not in _TAKEN or copy.confirmed_at is not None:
        return
    sheet.put(replace(copy, confirmed_at=fact.at))
    sheet.emit(
        HandoffConfirmed(
            at=fact.at,
            ticket_id=sheet.standing.id,
            reference=sheet.standing.reference,
            handoff_id=copy.id,
            provider=copy.provider,
        )
    )


def supersede(sheet: Sheet, handoff_id: str, at: Instant, reason: str) -> bool:
    """The copy's provider failed before anybody picked it up: unless another has the ticket, it is owed again. False
    for a copy of which that can't be said."""
    copy = sheet.copies[handoff_id]
    if copy.state is not HandoffState.ACCEPTED or copy.superseded or copy.surplus_at is not None:
        return False
    sheet.put(replace(copy, superseded=True, superseded_at=at))
    sheet.drop(frozenset({Kind.MESSAGE}), handoff_id)  # owed again to whoever has the ticket next, be it the same
    sheet.emit(
        TicketRescued(
            at=at,
            ticket_id=sheet.standing.id,
            reference=sheet.standing.reference,
            provider=copy.provider,
            reason=reason,
        )
    )
    settle(sheet, at, owed_as=Kind.RESCUE, reason=reason)
    return True


def letter_returned(sheet: Sheet, handoff_id: str, at: Instant, reason: str) -> bool:
    """The letter that handed the ticket over came back: it has never been there, and another such letter would come
    back, too. False for a copy that its desk has said a word of, or that isn't there any more."""
    copy = sheet.copies.get(handoff_id)
    if copy is None or copy.state not in _UNANSWERED | {HandoffState.ACCEPTED}:
        return False
    if copy.provider_reference is not None or copy.confirmed_at is not None:
        return False
    _move(sheet, replace(copy, superseded=False), HandoffFact(copy.id, HandoffState.REFUSED, at, reason=reason))
    return True


def adopt(sheet: Sheet, handoff_id: str, at: Instant, *, read_back: bool) -> bool:
    """A superseded copy is good after all, be it that it was read back at its provider, or that nobody can be asked.
    False where it is not live any more."""
    copy = sheet.copies.get(handoff_id)
    if copy is None or not copy.live:
        return False
    sheet.put(replace(copy, superseded=False))
    if read_back:
        _confirm(sheet, HandoffFact(handoff_id, copy.state, at))
    sheet.emit(
        HandoffKept(
            at=at,
            ticket_id=sheet.standing.id,
            reference=sheet.standing.reference,
            handoff_id=copy.id,
            provider=copy.provider,
        )
    )
    sheet.owe(Kind.CONFIRM, at + READ_BACK_AFTER, at, copy)
    settle(sheet, at)
    owe_messages(sheet, sheet.copies[handoff_id], at)
    return True


def reopen(sheet: Sheet, at: Instant) -> None:
    """The requester wrote again about what was resolved, or closed: it is not. The copy that was resolved is open again
    at its provider, who is given the message; a ticket that no provider has is owed to one."""
    if sheet.standing.state is not TicketState.RESOLVED:
        return
    kept = keeper(sheet)
    sheet.emit(
        TicketReopened(
            at=at,
            ticket_id=sheet.standing.id,
            reference=sheet.standing.reference,
            provider=kept.provider if kept else None,
        )
    )
    for copy in [copy for copy in sheet.copies.values() if copy.state is HandoffState.RESOLVED]:
        sheet.put(_reopened(copy, at) if copy is kept else replace(copy, state=HandoffState.WITHDRAWN, reason=_AGAIN))
    if kept is None:
        forget_attempts(sheet)
    wait_again(sheet, at, _AGAIN)
    settle(sheet, at)
    kept = keeper(sheet)
    if kept:
        sheet.owe(Kind.CONFIRM, at + READ_BACK_AFTER, at, kept)
        owe_messages(sheet, kept, at)


def _reopened(copy: StoredCopy, at: Instant) -> StoredCopy:
    """Nobody is known to work on it yet: from now on its provider owes that anew."""
    return replace(
        copy, state=HandoffState.ACCEPTED, reopened_at=at, picked_up_at=None, superseded=False, reason=_AGAIN
    )


def settle(sheet: Sheet, at: Instant, *, owed_as: Kind = Kind.TICKET, reason: str | None = None) -> None:
    """Bring the ticket's state, and what is owed about it, in line with its copies."""
    copies = list(sheet.copies.values())
    if any(copy.state is HandoffState.RESOLVED for copy in copies):
        _close(sheet, TicketState.RESOLVED)
    elif sheet.standing.state is TicketState.RESOLVED:
        pass  # closed by a person; only the requester reopens it
    elif any(copy.live and not copy.superseded for copy in copies):
        _close(sheet, TicketState.HANDED_OFF)
    elif sheet.standing.state is not TicketState.QUARANTINED:
        _wait(sheet, at, owed_as, reason)
    _mark_surplus(sheet, at)


def _close(sheet: Sheet, state: TicketState) -> None:
    sheet.standing = replace(sheet.standing, state=state, reason=None)
    sheet.drop(HANDING_OVER)


def _wait(sheet: Sheet, at: Instant, owed_as: Kind, reason: str | None) -> None:
    if sheet.standing.state is not TicketState.WAITING:
        wait_again(sheet, at, reason)
    if not sheet.handing_over:
        sheet.owe(owed_as, at, at)


def forget_attempts(sheet: Sheet) -> None:
    """A person has sent the ticket on its way again: what failed before counts no more. A refused copy is superseded,
    so that the next try has a key of its own; one that may be there keeps its key, and is searched for."""
    for copy in list(sheet.copies.values()):
        if copy.state is HandoffState.REFUSED:
            sheet.put(replace(copy, superseded=True))
        elif not copy.live:
            sheet.put(replace(copy, attempts=0))


def wait_again(sheet: Sheet, at: Instant, reason: str | None) -> None:
    """Back to waiting, with a fresh contracted time: it may become overdue, and be announced, once more."""
    before = sheet.standing
    sheet.standing = replace(
        before,
        state=TicketState.WAITING,
        reason=reason,
        hedge_at=at + before.hedge_at - before.waiting_since,
        due_at=at + before.due_at - before.waiting_since,
        waiting_since=at,
        overdue_at=None,
    )


def end_hold(sheet: Sheet, at: Instant) -> bool:
    """What was promised counts from now. False where it isn't held, or no longer."""
    before = sheet.standing
    if before.held_until is None or before.held_until <= at:
        return False
    sheet.standing = replace(
        before,
        hedge_at=at + before.hedge_at - before.waiting_since,
        due_at=at + before.due_at - before.waiting_since,
        waiting_since=at,
        held_until=at,
    )
    return True


def _mark_surplus(sheet: Sheet, at: Instant) -> None:
    surplus = {copy.id for copy in surplus_copies(list(sheet.copies.values()))}
    for copy in list(sheet.copies.values()):
        if copy.id in surplus and copy.surplus_at is None:
            sheet.put(replace(copy, surplus_at=at))
            sheet.owe(Kind.WITHDRAW, at, at, copy)
            sheet.emit(
                DoubleDetected(
                    at=at,
                    ticket_id=sheet.standing.id,
                    reference=sheet.standing.reference,
                    provider=copy.provider,
                    surplus=copy.id,
                )
            )
        elif copy.live and copy.surplus_at is not None and copy.id not in surplus:
            # What made it surplus is gone: now it is the one that stays.
            keeper = replace(copy, surplus_at=None)
            sheet.put(keeper)
            sheet.drop(frozenset({Kind.WITHDRAW}), copy.id)
            owe_messages(sheet, keeper, at)


def owe_messages(sheet: Sheet, copy: StoredCopy, at: Instant) -> None:
    """What the requester wrote and the keeper has not been given yet is owed to it, and to no other."""
    if copy.surplus_at is not None or copy.superseded:
        return
    for other in sheet.copies:
        if other != copy.id:
            sheet.drop(frozenset({Kind.MESSAGE}), other)
    if copy.to_record:
        return  # they go along with the ticket, and the rest is owed when that is there
    for line in sheet.lines:
        if line.direction is Direction.INBOUND and line.number > copy.messages_sent:
            sheet.owe(Kind.MESSAGE, at, at, copy, line.id)


def _unheard(sheet: Sheet, copy: StoredCopy) -> bool:
    """Has the requester written what this copy's provider has not been given yet?"""
    return any(line.direction is Direction.INBOUND and line.number > copy.messages_sent for line in sheet.lines)


def keeper(sheet: Sheet) -> StoredCopy | None:
    """The copy that has the ticket, and stays."""
    return holding_copy(sheet.copies.values())
