"""Sheets out of the database and back: one SELECT per table for all, and one statement per table for what changed."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import fields
from typing import Any

from sqlalchemy import Connection, Select, delete, select

from gateway.core.delivery import HANDING_OVER, Kind
from gateway.core.handoff import HandoffState
from gateway.core.ticket import Direction, Priority, TicketState
from gateway.store import bulk, rows, schema
from gateway.store.schema import among, deliveries, handoffs, messages, quarantine, tickets
from gateway.store.sheet import Line, Owed, Sheet, Standing, StoredCopy
from gateway.store.transaction import Transaction

_COPY_COLUMNS = tuple(field.name for field in fields(StoredCopy))
_STANDINGS = (
    select(*(tickets.c[field.name] for field in fields(Standing)))
    .where(among(tickets.c.id))
    .order_by(tickets.c.id)
    .with_for_update()
)
_COPIES = (
    select(*(handoffs.c[name] for name in _COPY_COLUMNS)).where(among(handoffs.c.ticket_id)).order_by(handoffs.c.id)
)
_OWED = select(
    deliveries.c.ticket_id, deliveries.c.id, deliveries.c.kind, deliveries.c.handoff_id, deliveries.c.message_id
).where(among(deliveries.c.ticket_id))
_LINES = (
    select(messages.c.ticket_id, messages.c.id, messages.c.number, messages.c.direction)
    .where(among(messages.c.ticket_id))
    .order_by(messages.c.number)
)
_OWNERS = select(handoffs.c.id, handoffs.c.ticket_id).where(among(handoffs.c.id))


def load(transaction: Transaction, ticket_ids: Iterable[str]) -> dict[str, Sheet]:
    """The sheets of these tickets, by id; a ticket that doesn't exist has none."""
    wanted = sorted(set(ticket_ids))
    if not wanted:
        return {}
    connection = transaction.connection
    standings = [_standing(row) for row in connection.execute(_STANDINGS, {"keys": wanted})]
    copies, owed, lines = (_by_ticket(connection, query, wanted) for query in (_COPIES, _OWED, _LINES))
    return {
        each.id: Sheet(
            each,
            map(_copy, copies[each.id]),
            (Owed(row.id, Kind(row.kind), row.handoff_id, row.message_id) for row in owed[each.id]),
            (Line(row.id, row.number, Direction(row.direction)) for row in lines[each.id]),
            transaction.emit,
        )
        for each in standings
    }


def owners_of(connection: Connection, handoff_ids: Iterable[str]) -> dict[str, str]:
    """The ticket of each of these copies."""
    return {row.id: row.ticket_id for row in connection.execute(_OWNERS, {"keys": sorted(handoff_ids)})}


def save(transaction: Transaction, sheets: Iterable[Sheet]) -> None:
    """Write back what changed."""
    connection = transaction.connection
    changed = list(sheets)
    _save_standings(connection, [sheet for sheet in changed if sheet.standing != sheet.stood])
    written = [each for sheet in changed for each in sheet.written]
    bulk.insert(connection, schema.messages, [rows.message_values(each) for each in written])
    bulk.insert(connection, schema.attachments, rows.attachments_values(written))
    _save_copies(connection, changed)
    bulk.remove(connection, schema.deliveries, [each for sheet in changed for each in sheet.dropped])
    bulk.insert(
        connection,
        schema.deliveries,
        [rows.delivery_values(each) for sheet in changed for each in sheet.created.values()],
    )


def _save_standings(connection: Connection, sheets: list[Sheet]) -> None:
    bulk.update(connection, schema.tickets, [_standing_values(sheet.standing) for sheet in sheets])
    freed = [
        sheet.standing.id
        for sheet in sheets
        if sheet.stood.state is TicketState.QUARANTINED and sheet.standing.state is not TicketState.QUARANTINED
    ]
    if freed:
        connection.execute(
            delete(quarantine).where(quarantine.c.ticket_id.in_(freed), quarantine.c.kind.in_(HANDING_OVER))
        )


def _save_copies(connection: Connection, sheets: list[Sheet]) -> None:
    new = [
        _copy_values(sheet, copy) for sheet in sheets for copy in sheet.copies.values() if copy.id not in sheet.loaded
    ]
    bulk.insert(connection, schema.handoffs, new)
    changed = [
        _copy_values(sheet, copy)
        for sheet in sheets
        for copy in sheet.copies.values()
        if copy.id in sheet.loaded and copy is not sheet.loaded[copy.id]
    ]
    bulk.update(connection, schema.handoffs, changed)


def _by_ticket(connection: Connection, query: Select[Any], ids: list[str]) -> defaultdict[str, list[rows.AnyRow]]:
    found: defaultdict[str, list[rows.AnyRow]] = defaultdict(list)
    for row in connection.execute(query, {"keys": ids}):
        found[row.ticket_id].append(row)
    return found


def _standing(row: rows.AnyRow) -> Standing:
    return Standing(**{**row._mapping, "priority": Priority(row.priority), "state": TicketState(row.state)})


def _copy(row: rows.AnyRow) -> StoredCopy:
    return StoredCopy(**{**row._mapping, "state": HandoffState(row.state)})


def _standing_values(standing: Standing) -> rows.Values:
    return {
        "id": standing.id,
        "state": standing.state.value,
        "handed_off_at": standing.handed_off_at,
        "reason": standing.reason,
        "hedge_at": standing.hedge_at,
        "due_at": standing.due_at,
        "waiting_since": standing.waiting_since,
        "overdue_at": standing.overdue_at,
    }


def _copy_values(sheet: Sheet, copy: StoredCopy) -> rows.Values:
    values: rows.Values = {name: getattr(copy, name) for name in _COPY_COLUMNS}
    return values | {
        "state": copy.state.value,
        "policy": sheet.standing.policy,
        "priority": sheet.standing.priority.value,
    }
