"""What is kept of those who write text messages."""

from collections.abc import Collection

from sqlalchemy import Connection, bindparam, select

from gateway.core.ticket import Ticket, TicketState
from gateway.store import rows
from gateway.store.cases import select_tickets
from gateway.store.queries import Query
from gateway.store.schema import ANSWERABLE, among, messages, opt_outs, requesters, tickets

_MOST_TICKETS = 10
_last_message_at = (
    select(messages.c.at)
    .where(messages.c.ticket_id == tickets.c.id)
    .order_by(messages.c.number.desc())
    .limit(1)
    .scalar_subquery()
)
_OPEN_TICKETS = Query(
    select_tickets(
        requesters.c.phone == bindparam("phone"),
        among(tickets.c.channel),
        ANSWERABLE,  # as all of those are that came from a number
        tickets.c.state != TicketState.RESOLVED.value,
    )
    .order_by(_last_message_at.desc(), tickets.c.id.desc())
    .limit(_MOST_TICKETS)
)
_OPTED_OUT = Query(
    select(opt_outs.c.opted_out).where(opt_outs.c.channel == bindparam("channel"), among(opt_outs.c.phone))
)


def open_tickets_of(connection: Connection, phone: str, channels: Collection[str]) -> list[Ticket]:
    """The one that was written in last first."""
    if not channels:
        return []
    return [rows.ticket(row) for row in _OPEN_TICKETS.rows(connection, sorted(channels), phone=phone)]


def opted_out(connection: Connection, channel: str, phone: str) -> bool:
    return any(row.opted_out for row in _OPTED_OUT.rows(connection, [phone], channel=channel))
