"""mark_overdue: each ticket that waits past its contracted time is announced, once."""

from dataclasses import dataclass

from sqlalchemy import select

from gateway.core.clock import Instant
from gateway.core.events import TicketOverdue
from gateway.core.ticket import Ticket
from gateway.store import bulk, schema
from gateway.store.cases import load_tickets
from gateway.store.schema import WAITING, tickets
from gateway.store.transaction import Transaction


@dataclass(frozen=True, slots=True)
class MarkOverdue:
    """Up to `limit` tickets that are overdue `now` and haven't been announced."""

    now: Instant
    limit: int


def mark_overdue(transaction: Transaction, requests: list[MarkOverdue]) -> list[list[Ticket]]:
    return [_mark(transaction, each) for each in requests]


def _mark(transaction: Transaction, wanted: MarkOverdue) -> list[Ticket]:
    query = (
        select(tickets.c.id)
        .where(WAITING, tickets.c.overdue_at.is_(None), tickets.c.due_at <= wanted.now)
        .order_by(tickets.c.due_at)
        .limit(wanted.limit)
        .with_for_update(skip_locked=True)
    )
    ids = list(transaction.connection.execute(query).scalars())
    bulk.update(transaction.connection, schema.tickets, [{"id": each, "overdue_at": wanted.now} for each in ids])
    found = load_tickets(transaction.connection, ids)
    for each in ids:
        transaction.emit(_overdue(found[each], wanted.now))
    return [found[each] for each in ids]


def _overdue(ticket: Ticket, now: Instant) -> TicketOverdue:
    return TicketOverdue(
        at=now,
        ticket_id=ticket.id,
        reference=ticket.reference,
        policy=ticket.policy,
        reason=ticket.reason or "an attempt is under way",
    )
