"""The ticket stream: typed events as rows, and back."""

from collections.abc import Sequence

import orjson
from sqlalchemy import Connection

from gateway.core.events import TYPES, Event, HandoffChanged, Recorded
from gateway.core.handoff import HandoffState
from gateway.store import bulk, schema
from gateway.store.rows import AnyRow

_COLUMNS = ("type", "at", "ticket_id", "reference", "data")


def append(connection: Connection, events: Sequence[Event]) -> list[Recorded]:
    """Write the events at the end of the stream."""
    rows = [_row(event) for event in events]
    numbers = bulk.insert_numbered(connection, schema.events, _COLUMNS, rows)
    return [Recorded(seq, event) for seq, event in zip(numbers, events, strict=True)]


def recorded(row: AnyRow) -> Recorded:
    """The event of a row of `events`."""
    kind = TYPES[row.type]
    data = orjson.loads(row.data)
    if kind is HandoffChanged:
        data["state"] = HandoffState(data["state"])
    return Recorded(row.seq, kind(at=row.at, ticket_id=row.ticket_id, reference=row.reference, **data))


def _row(event: Event) -> bulk.Values:
    return event.type, event.at, event.ticket_id, event.reference, orjson.dumps(event.data()).decode()
