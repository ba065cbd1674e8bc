"""Deliveries with all that is needed to decide about them: one SELECT per table for however many."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any, TypeVar, cast

from sqlalchemy import ColumnElement, Connection, Select, select

from gateway.core.delivery import Case, Delivery
from gateway.core.handoff import Handoff
from gateway.core.ticket import Attachment, Message, Ticket
from gateway.store import rows
from gateway.store.queries import Query
from gateway.store.schema import among, attachments, handoffs, messages, requesters, tickets

OfTicket = TypeVar("OfTicket", Message, Handoff)


def select_tickets(*conditions: ColumnElement[bool]) -> Select[Any]:
    """Tickets with their requesters."""
    return (
        select(tickets, requesters.c.name, requesters.c.email, requesters.c.phone)
        .join_from(tickets, requesters, isouter=True)
        .where(*conditions)
    )


_TICKETS = Query(select_tickets(among(tickets.c.id)))
_ATTACHED = (attachments.c.name, attachments.c.media_type, attachments.c.size, attachments.c.digest)
# One row for each attachment, and one for a message that has none.
_MESSAGES = Query(
    select(messages, *_ATTACHED)
    .join_from(messages, attachments, isouter=True)
    .where(among(messages.c.ticket_id))
    .order_by(messages.c.ticket_id, messages.c.number, attachments.c.number)
)
_HANDOFFS = Query(select(handoffs).where(among(handoffs.c.ticket_id)).order_by(handoffs.c.id))


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
    return {row.id: rows.ticket(row) for row in _TICKETS.rows(connection, ids)}


def load_messages(connection: Connection, ids: Sequence[str]) -> dict[str, list[Message]]:
    """By ticket, in the conversation's order."""
    if not ids:
        return {}
    return _grouped(_with_attachments(_MESSAGES.rows(connection, ids)))


def load_handoffs(connection: Connection, ids: Sequence[str]) -> dict[str, list[Handoff]]:
    """By ticket, oldest first."""
    if not ids:
        return {}
    return _grouped(rows.handoff(row) for row in _HANDOFFS.rows(connection, ids))


def _with_attachments(found: Iterable[rows.AnyRow]) -> Iterator[Message]:
    for _, same in groupby(found, key=_message_id):
        first, *others = same
        attached = () if first.digest is None else tuple(map(_attachment, (first, *others)))
        yield rows.message(first, attached)


def _message_id(row: rows.AnyRow) -> str:
    return cast("str", row.id)


def _attachment(row: rows.AnyRow) -> Attachment:
    return Attachment(row.name, row.media_type, row.size, row.digest)


def _grouped(found: Iterable[OfTicket]) -> defaultdict[str, list[OfTicket]]:
    grouped: defaultdict[str, list[OfTicket]] = defaultdict(list)
    for each in found:
        grouped[each.ticket_id].append(each)
    return grouped
