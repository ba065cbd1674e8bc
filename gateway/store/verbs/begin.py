"""begin: an attempt is durable before its request leaves."""

from dataclasses import fields, replace

from gateway.core.clock import Instant
from gateway.core.delivery import Begin
from gateway.core.events import HandoffStarted
from gateway.core.handoff import LIVE, Handoff, HandoffState
from gateway.store import bulk, schema, sheets
from gateway.store.leases import Leases
from gateway.store.sheet import Sheet, StoredCopy
from gateway.store.transaction import Transaction

_TRIED_AGAIN = frozenset({HandoffState.STARTED, HandoffState.UNKNOWN, HandoffState.UNAVAILABLE, HandoffState.ABSENT})
_TAKEN = LIVE | {HandoffState.RESOLVED}


def begin(transaction: Transaction, begins: list[Begin]) -> list[bool]:
    """False where the lease is lost, or the copy is not one that may be tried (again)."""
    leases = Leases(transaction, (each.lease for each in begins))
    found = sheets.load(transaction, (each.handoff.ticket_id for each in begins))
    renewed: dict[str, Instant] = {}
    results = []
    for each in begins:
        delivery, sheet = leases.held(each.lease), found.get(each.handoff.ticket_id)
        began = delivery is not None and sheet is not None and _start(sheet, each)
        if began and delivery is not None:
            renewed[delivery.id] = max(each.lease_until, renewed.get(delivery.id, delivery.due_at))
        results.append(began)
    sheets.save(transaction, found.values())
    bulk.update(
        transaction.connection,
        schema.deliveries,
        [{"id": delivery_id, "due_at": lease_until} for delivery_id, lease_until in renewed.items()],
    )
    return results


def _start(sheet: Sheet, wanted: Begin) -> bool:
    before = sheet.copies.get(wanted.handoff.id)
    if before is None:
        copy = _first(wanted.handoff)
    elif before.to_record and before.state in _TAKEN:
        copy = _recording(before, wanted.handoff)
    elif before.state in _TRIED_AGAIN:
        copy = _again(before, wanted.handoff)
    else:
        return False
    sheet.put(copy)
    sheet.emit(
        HandoffStarted(
            at=copy.started_at,
            ticket_id=sheet.standing.id,
            reference=sheet.standing.reference,
            handoff_id=copy.id,
            provider=copy.provider,
            attempt=copy.attempts,
            reason=wanted.reason,
        )
    )
    return True


def _first(given: Handoff) -> StoredCopy:
    return StoredCopy(**{field.name: getattr(given, field.name) for field in fields(Handoff)})


def _recording(before: StoredCopy, given: Handoff) -> StoredCopy:
    """Its provider has the ticket, and its own system is about to be given it. With how many messages is for the first
    attempt to say, for the same reason as below."""
    return replace(
        before,
        started_at=given.started_at,
        attempts=max(given.attempts, before.attempts + 1),
        messages_sent=before.messages_sent or given.messages_sent,
    )


def _again(before: StoredCopy, given: Handoff) -> StoredCopy:
    """What the provider was given stays as it is: where the first attempt was taken, its key brings nothing more."""
    return replace(
        before,
        state=HandoffState.STARTED,
        started_at=given.started_at,
        attempts=max(given.attempts, before.attempts + 1),
        reason=None,
    )
