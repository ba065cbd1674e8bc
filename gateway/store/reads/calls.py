"""Phone calls as they are kept, and what calling back has come to."""

from sqlalchemy import Connection, bindparam, func, select

from gateway.core.calls import CallsMade, KeptCall
from gateway.core.clock import Instant
from gateway.store import call_rows
from gateway.store.queries import Query
from gateway.store.schema import CALLS_BACK, among, calls

_CALL = Query(select(calls).where(among(calls.c.sid)))
_made = select(func.count().label("calls"), func.coalesce(func.sum(calls.c.reserved), 0.0).label("seconds")).where(
    CALLS_BACK, calls.c.channel == bindparam("channel"), calls.c.began_at >= bindparam("since")
)
_MADE = Query(_made)
_MADE_TO = Query(_made.where(among(calls.c.number)))


def call(connection: Connection, sid: str) -> KeptCall | None:
    found = _CALL.rows(connection, [sid])
    return call_rows.kept_call(found[0]) if found else None


def calls_to(connection: Connection, channel: str, since: Instant, number: str | None) -> CallsMade:
    """To that number, or to any."""
    query, numbers = (_MADE, ()) if number is None else (_MADE_TO, (number,))
    (made,) = query.rows(connection, numbers, channel=channel, since=since)
    return CallsMade(made.calls, made.seconds)
