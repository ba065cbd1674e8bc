"""The figures of a takeover's evidence, from what the hand-offs say. Each query is a range of one index."""

from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, and_, case, func, select

from gateway.core.handoff import LIVE
from gateway.core.provider import Takeover, TakeoverFigures
from gateway.store.rows import AnyRow
from gateway.store.schema import handoffs, tickets

_later = handoffs.alias("later")


def takeover_figures(connection: Connection, takeover: Takeover) -> TakeoverFigures:
    at_backup = _accepted(connection, takeover)
    rescue = _rescue(connection, takeover)
    doubles = _doubles(connection, takeover)
    return TakeoverFigures(
        first_ticket_at=at_backup.first,
        last_ticket_at=at_backup.last,
        slowest_ticket=at_backup.slowest,
        rescued=rescue.done,
        rescued_at=rescue.last,
        doubles=doubles.found,
        doubles_withdrawn=doubles.closed,
    )


def _lasting(takeover: Takeover, column: Column[Any]) -> ColumnElement[bool]:
    """Since the switch, while the takeover lasted (or lasts)."""
    since = column >= takeover.switched_at
    return since if takeover.ended_at is None else and_(since, column <= takeover.ended_at)


def _accepted(connection: Connection, takeover: Takeover) -> AnyRow:
    """Copies accepted: the first and last at the backup, and the longest that any ticket took to its first."""
    at_backup = case((handoffs.c.provider == takeover.to_provider, handoffs.c.answered_at))
    first_of_all = case(
        (
            tickets.c.handed_off_at == handoffs.c.answered_at,
            tickets.c.handed_off_at - func.coalesce(tickets.c.held_until, tickets.c.received_at),
        )
    )
    query = (
        select(
            func.min(at_backup).label("first"),
            func.max(at_backup).label("last"),
            func.max(first_of_all).label("slowest"),
        )
        .join_from(handoffs, tickets)
        .where(_lasting(takeover, handoffs.c.answered_at), handoffs.c.policy == takeover.policy)
    )
    return connection.execute(query).one()


def _rescue(connection: Connection, takeover: Takeover) -> AnyRow:
    """Copies superseded, and still so, whose ticket another provider has taken since: how many, and the last."""
    taken_at = (
        select(func.min(_later.c.answered_at))
        .where(_later.c.ticket_id == handoffs.c.ticket_id, _later.c.answered_at >= handoffs.c.superseded_at)
        .scalar_subquery()
    )
    each = (
        select(taken_at.label("taken_at"))
        .where(
            _lasting(takeover, handoffs.c.superseded_at),
            handoffs.c.superseded,
            handoffs.c.provider == takeover.from_provider,
            handoffs.c.policy == takeover.policy,
        )
        .subquery()
    )
    return connection.execute(
        select(func.count(each.c.taken_at).label("done"), func.max(each.c.taken_at).label("last"))
    ).one()


def _doubles(connection: Connection, takeover: Takeover) -> AnyRow:
    """Surplus copies found, and how many of them are open no longer."""
    closed = case((handoffs.c.state.not_in(LIVE), 1))
    query = select(func.count().label("found"), func.count(closed).label("closed")).where(
        _lasting(takeover, handoffs.c.surplus_at), handoffs.c.policy == takeover.policy
    )
    return connection.execute(query).one()
