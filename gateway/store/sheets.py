"""Sheets out of the database and back: one SELECT per table for all, and one statement per table for what changed.

What is owed, and the conversation, are read only where a rule asks for them.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields

from sqlalchemy import Connection, delete, select

from gateway.core.delivery import HANDING_OVER, Kind
from gateway.core.handoff import HandoffState
from gateway.core.ticket import Direction, Priority, TicketState
from gateway.store import bulk, rows, schema
from gateway.store.queries import Query
from gateway.store.schema import among, deliveries, handoffs, messages, quarantine, tickets
from gateway.store.sheet import Line, Owed, Sheet, Standing, StoredCopy
from gateway.store.transaction import Transaction

_COPY_COLUMNS = tuple(field.name for field in fields(StoredCopy))
_STANDINGS = Query(
    select(*(tickets.c[field.name] for field in fields(Standing)))
    .where(among(tickets.c.id))
    .order_by(tickets.c.id)
    .with_for_update()
)
_COPIES = Query(
    select(*(handoffs.c[name] for name in _COPY_COLUMNS)).where(among(handoffs.c.ticket_id)).order_by(handoffs.c.id)
)
_OWED = Query(
    select(
        deliveries.c.ticket_id, deliveries.c.id, deliveries.c.kind, deliveries.c.handoff_id, deliveries.c.message_id
    ).where(among(deliveries.c.ticket_id))
)
_LINES = Query(
    select(messages.c.ticket_id, messages.c.id, messages.c.number, messages.c.direction)
    .where(among(messages.c.ticket_id))
    .order_by(messages.c.number)
)
_OWNERS = Query(select(handoffs.c.id, handoffs.c.ticket_id).where(among(handoffs.c.id)))
ByTicket = Mapping[str, Sequence[rows.AnyRow]]


class _Later:
    """What a query finds for all tickets together, once it is asked for about one of them."""

    def __init__(self, connection: Connection, query: Query, ticket_ids: Sequence[str]) -> None:
        self._asked = connection, query, ticket_ids
        self._found: ByTicket | None = None

    def of(self, ticket_id: str) -> Iterator[rows.AnyRow]:
        """Nothing is looked up before the first of them is."""
        if self._found is None:
            self._found = _by_ticket(*self._asked)
        yield from self._found[ticket_id]


def load(transaction: Transaction, ticket_ids: Iterable[str]) -> dict[str, Sheet]:
    """The sheets of these tickets, by id; a ticket that doesn't exist has none."""
    wanted = sorted(set(ticket_ids))
    if not wanted:
        return {}
    connection = transaction.connection
    standings = map(_standing, _STANDINGS.rows(connection, wanted))
    copies = _by_ticket(connection, _COPIES, wanted)
    owed, lines = _Later(connection, _OWED, wanted), _Later(connection, _LINES, wanted)
    return {
        each.id: Sheet(
            each,
            map(_copy, copies[each.id]),
            (_owed(row) for row in owed.of(each.id)),
            (_line(row) for row in lines.of(each.id)),
            transaction.emit,
        )
        for each in standings
    }


def owners_of(connection: Connection, handoff_ids: Iterable[str]) -> dict[str, str]:
    """The ticket of each of these copies."""
    wanted = sorted(handoff_ids)
    return {row.id: row.ticket_id for row in _OWNERS.rows(connection, wanted)} if wanted else {}


def save(transaction: Transaction, sheets: Iterable[Sheet]) -> None:
    """Write back what changed."""
    connection = transaction.connection
    changed = list(sheets)
    _save_standings(connection, [sheet for sheet in changed if sheet.standing != sheet.stood])
    written = [each for sheet in changed for each in sheet.new_messages]
    bulk.insert(connection, schema.messages, [rows.message_values(each) for each in written])
    bulk.insert(connection, schema.attachments, rows.attachments_values(written))
    _save_copies(connection, changed)
    bulk.remove(connection, schema.deliveries, [each for sheet in changed for each in sheet.dropped])
    bulk.insert(
        connection,
        schema.deliveries,
        [rows.delivery_values(each) for sheet in changed for each in sheet.created.values()],
    )
    hastened = [{"id": each, "due_at": at} for sheet in changed for each, at in sheet.hastened.items()]
    bulk.update(connection, schema.deliveries, hastened, unless="leased")


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


def _by_ticket(connection: Connection, query: Query, ids: Sequence[str]) -> ByTicket:
    found: defaultdict[str, list[rows.AnyRow]] = defaultdict(list)
    for row in query.rows(connection, ids):
        found[row.ticket_id].append(row)
    return found


def _standing(row: rows.AnyRow) -> Standing:
    return Standing(**{**row._asdict(), "priority": Priority(row.priority), "state": TicketState(row.state)})


def _copy(row: rows.AnyRow) -> StoredCopy:
    return StoredCopy(
        **{
            **row._asdict(),
            "state": HandoffState(row.state),
            "superseded": bool(row.superseded),
            "to_record": bool(row.to_record),
        }
    )


def _owed(row: rows.AnyRow) -> Owed:
    return Owed(row.id, Kind(row.kind), row.handoff_id, row.message_id)


def _line(row: rows.AnyRow) -> Line:
    return Line(row.id, row.number, Direction(row.direction))


def _standing_values(standing: Standing) -> rows.Values:
    return {
        "id": standing.id,
        "state": standing.state.value,
        "handed_off_at": standing.handed_off_at,
        "reason": standing.reason,
        "hedge_at": standing.hedge_at,
        "due_at": standing.due_at,
        "waiting_since": standing.waiting_since,
        "held_until": standing.held_until,
        "overdue_at": standing.overdue_at,
    }


def _copy_values(sheet: Sheet, copy: StoredCopy) -> rows.Values:
    values: rows.Values = {name: getattr(copy, name) for name in _COPY_COLUMNS}
    return values | {
        "state": copy.state.value,
        "policy": sheet.standing.policy,
        "priority": sheet.standing.priority.value,
    }
