"""recover: at the start nobody holds a lease, and what was under way is unknown."""

from sqlalchemy import select

from gateway.core.clock import Instant
from gateway.core.delivery import HandoffFact
from gateway.core.handoff import HandoffState
from gateway.store import leases
from gateway.store.schema import UNSURE_COPY, handoffs
from gateway.store.transaction import Transaction
from gateway.store.verbs.record import record


def recover(transaction: Transaction, instants: list[Instant]) -> list[int]:
    """How many hand-offs were cut off: each becomes UNKNOWN, with a duty to reconcile it."""
    return [_recover(transaction, now) for now in instants]


def _recover(transaction: Transaction, now: Instant) -> int:
    leases.void_all(transaction, now)
    query = select(handoffs.c.id).where(UNSURE_COPY, handoffs.c.state == HandoffState.STARTED)
    cut_off = [
        HandoffFact(each, HandoffState.UNKNOWN, now, reason="the gateway stopped in the middle")
        for each in transaction.connection.execute(query).scalars()
    ]
    return sum(record(transaction, cut_off))
