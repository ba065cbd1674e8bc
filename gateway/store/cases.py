"""Deliveries with all that is needed to decide about them: one SELECT per table for however many."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Connection, Select, select

from gateway.core.delivery import Case, Delivery
from gateway.core.handoff import Handoff
from gateway.core.ticket import Message, Ticket
from gateway.store import rows
from gateway.store.schema import among, handoffs, messages, requesters, tickets

OfTicket = TypeVar("OfTicket", Message, Handoff)


def select_tickets(*conditions: ColumnElement[bool]) -> Select[Any]:
    """Tickets with their requesters."""
    return (
        select(tickets, requesters.c.name, requesters.c.email, requesters.c.phone)
        .join_from(tickets, requesters, isouter=True)
        .where(*conditions)
    )


_TICKETS = select_tickets(among(tickets.c.id))
_MESSAGES = select(messages).where(among(messages.c.ticket_id)).order_by(messages.c.ticket_id, messages.c.number)
_HANDOFFS = select(handoffs).where(among(handoffs.c.ticket_id)).order_by(handoffs.c.id)


def load_cases(connection: Connection, owed: Sequence[Delivery]) -> list[Case]:
    """The case of each delivery, in the same order."""
    ids = sorted({each.ticket_id for each in owed if each.ticket_id is not None})
    found = load_tickets(connection, ids)
    written = load_messages(connection, ids)
    copies = load_handoffs(connection, ids)
    return [
        Case(
            each,
            found[each.ticket_id],
            tuple(written.get(each.ticket_id, ())),
            tuple(copies.get(each.ticket_id, ())),
        )
        if each.ticket_id is not None
        else Case(each)
        for each in owed
    ]


def load_tickets(connection: Connection, ids: Sequence[str]) -> dict[str, Ticket]:
    if not ids:
        return {}
    return {row.id: rows.ticket(row) for row in connection.execute(_TICKETS, {"keys": ids})}


def load_messages(connection: Connection, ids: Sequence[str]) -> dict[str, list[Message]]:
    """By ticket, in the conversation's order."""
    if not ids:
        return {}
    return _grouped(rows.message(row) for row in connection.execute(_MESSAGES, {"keys": ids}))


def load_handoffs(connection: Connection, ids: Sequence[str]) -> dict[str, list[Handoff]]:
    """By ticket, oldest first."""
    if not ids:
        return {}
    return _grouped(rows.handoff(row) for row in connection.execute(_HANDOFFS, {"keys": ids}))


def _grouped(found: Iterable[OfTicket]) -> defaultdict[str, list[OfTicket]]:
    grouped: defaultdict[str, list[OfTicket]] = defaultdict(list)
    for each in found:
        grouped[each.ticket_id].append(each)
    return grouped
