"""The ticket stream: typed events as rows, and back."""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from sqlalchemy import Connection

from gateway.core.events import TYPES, Event, HandoffChanged, Recorded
from gateway.core.handoff import HandoffState
from gateway.store import bulk, schema
from gateway.store.rows import AnyRow

_COLUMNS = ("type", "at", "ticket_id", "reference", "data")


def append(connection: Connection, events: Sequence[Event]) -> list[Recorded]:
    """Write the events at the end of the stream."""
    said = [event.data() for event in events]
    rows = [_row(event, data) for event, data in zip(events, said, strict=True)]
    numbers = bulk.insert_numbered(connection, schema.events, _COLUMNS, rows)
    return [Recorded(*each) for each in zip(numbers, events, said, strict=True)]


def recorded(row: AnyRow) -> Recorded:
    """The event of a row of `events`."""
    kind = TYPES[row.type]
    data = orjson.loads(row.data)
    if kind is HandoffChanged:
        data["state"] = HandoffState(data["state"])
    event = kind(at=row.at, ticket_id=row.ticket_id, reference=row.reference, **data)
    return Recorded(row.seq, event, event.data())


def _row(event: Event, data: Mapping[str, Any]) -> bulk.Values:
    return event.type, event.at, event.ticket_id, event.reference, orjson.dumps(data).decode()
