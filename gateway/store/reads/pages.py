"""What pages and the ops API show."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Connection, select

from gateway.core.clock import Instant
from gateway.core.delivery import HANDING_OVER, Case, Delivery, Kind, Quarantined
from gateway.core.events import Recorded
from gateway.core.handoff import Handoff
from gateway.core.provider import ProviderStatus, Takeover
from gateway.core.ticket import Ticket
from gateway.store import rows, stream
from gateway.store.cases import load_cases, load_handoffs, load_tickets, select_tickets
from gateway.store.schema import (
    WAITING,
    aliases,
    deliveries,
    events,
    provider_health,
    quarantine,
    raw_mails,
    takeovers,
    tickets,
)


def ticket(connection: Connection, ticket_id: str) -> Case | None:
    """The ticket of that id, or that the id came to stand for, with the delivery that hands it over, or a stand-in
    where none is owed."""
    return _case(connection, tickets.c.id == ticket_id, aliases.c.ticket_id == ticket_id)


def ticket_by_reference(connection: Connection, reference: str) -> Case | None:
    """As `ticket`."""
    return _case(connection, tickets.c.reference == reference, aliases.c.reference == reference)


def _case(connection: Connection, itself: ColumnElement[bool], alias: ColumnElement[bool]) -> Case | None:
    ticket_id = connection.execute(select(tickets.c.id).where(itself)).scalar()
    if ticket_id is None:
        ticket_id = connection.execute(select(aliases.c.stands_for).where(alias).limit(1)).scalar()
    if ticket_id is None:
        return None
    query = select(deliveries).where(deliveries.c.ticket_id == ticket_id, deliveries.c.kind.in_(HANDING_OVER))
    row = connection.execute(query.limit(1)).one_or_none()
    owed = rows.delivery(row) if row else _stand_in(load_tickets(connection, [ticket_id])[ticket_id])
    return load_cases(connection, [owed])[0]


def _stand_in(found: Ticket) -> Delivery:
    return Delivery(found.id, Kind.TICKET, found.due_at, found.received_at, found.id, priority=found.priority)


def newest_tickets(connection: Connection, state: str | None, before: str | None, limit: int) -> list[Ticket]:
    conditions = []
    if state is not None:
        conditions.append(tickets.c.state == state)
    if before is not None:
        conditions.append(tickets.c.id < before)
    query = select_tickets(*conditions).order_by(tickets.c.id.desc()).limit(limit)
    return [rows.ticket(row) for row in connection.execute(query)]


def handoffs(connection: Connection, ticket_ids: Sequence[str]) -> list[Handoff]:
    """Oldest first."""
    found = load_handoffs(connection, ticket_ids)
    return sorted((each for copies in found.values() for each in copies), key=lambda each: each.id)


def overdue(connection: Connection, now: Instant, limit: int) -> list[Ticket]:
    """Longest first."""
    query = select_tickets(WAITING, tickets.c.due_at <= now).order_by(tickets.c.due_at).limit(limit)
    return [rows.ticket(row) for row in connection.execute(query)]


def events_after(connection: Connection, after: int, limit: int) -> list[Recorded]:
    query = select(events).where(events.c.seq > after).order_by(events.c.seq).limit(limit)
    return [stream.recorded(row) for row in connection.execute(query)]


def quarantined(connection: Connection, limit: int) -> list[Quarantined]:
    """Oldest first."""
    query = (
        select(quarantine, raw_mails.c.place)
        .join_from(quarantine, raw_mails, raw_mails.c.id == quarantine.c.id, isouter=True)
        .order_by(quarantine.c.at, quarantine.c.id)
        .limit(limit)
    )
    return [rows.quarantined(row) for row in connection.execute(query)]


def latest_takeovers(connection: Connection, open_only: bool, limit: int) -> list[Takeover]:
    """Newest first."""
    query = select(takeovers).order_by(takeovers.c.id.desc()).limit(limit)
    if open_only:
        query = query.where(takeovers.c.ended_at.is_(None))
    return [rows.takeover(row) for row in connection.execute(query)]


def health(connection: Connection) -> list[ProviderStatus]:
    return [rows.health(row) for row in connection.execute(select(provider_health).order_by(provider_health.c.name))]
