"""The audit: who changed what, and when."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from gateway.core.clock import Instant
from gateway.core.ids import new_id
from gateway.store import bulk, rows, schema


@dataclass(frozen=True, slots=True)
class Line:
    """One act of a person."""

    at: Instant
    actor: str
    action: str
    detail: Mapping[str, object]


def write(connection: Connection, lines: Sequence[Line]) -> None:
    bulk.insert(
        connection,
        schema.audit,
        [
            {
                "id": new_id(),
                "at": line.at,
                "actor": line.actor,
                "action": line.action,
                "detail": rows.json(line.detail),
            }
            for line in lines
        ],
    )
