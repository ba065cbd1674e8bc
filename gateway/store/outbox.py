"""Queries over what is owed. Each kind and priority is one short range of the index, so that neither a backlog nor a
crowd of deferred deliveries makes them slow. They are asked many times a second, so each is built once."""

from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, Subquery, bindparam, func, select, true, union_all

from gateway.core.clock import Instant
from gateway.core.delivery import Delivery, Kind
from gateway.core.ticket import Priority
from gateway.store import rows
from gateway.store.queries import Query
from gateway.store.schema import deliveries


def due(connection: Connection, kinds: frozenset[Kind], now: Instant, limit: int) -> list[Delivery]:
    """The deliveries to be done next: urgent first, then those due longest."""
    return [rows.delivery(row) for row in _due_query(kinds).rows(connection, now=now, most=limit)]


def next_due(connection: Connection, kinds: frozenset[Kind]) -> Instant | None:
    """When the first of them is due."""
    return _next_due_query(kinds).rows(connection)[0].first if kinds else None


@lru_cache
def _due_query(kinds: frozenset[Kind]) -> Query:
    is_due = deliveries.c.due_at <= bindparam("now")
    next_ones = _soonest(kinds, bindparam("most"), is_due)
    return Query(
        select(deliveries)
        .where(deliveries.c.id.in_(select(next_ones.c.id)), is_due)
        .order_by(deliveries.c.priority.desc(), deliveries.c.due_at, deliveries.c.id)
        .limit(bindparam("most"))
        .with_for_update(skip_locked=True)
    )


@lru_cache
def _next_due_query(kinds: frozenset[Kind]) -> Query:
    return Query(select(func.min(_soonest(kinds, 1, true()).c.due_at).label("first")))


def _soonest(kinds: frozenset[Kind], limit: Any, condition: ColumnElement[bool]) -> Subquery:
    """The first `limit` of each kind and priority, by the instant they are due."""
    ranges = (
        select(deliveries.c.id, deliveries.c.due_at)
        .where(deliveries.c.kind == kind.value, deliveries.c.priority == priority.value, condition)
        .order_by(deliveries.c.due_at)
        .limit(limit)
        .subquery()
        for kind in sorted(kinds)
        for priority in Priority
    )
    return union_all(*(select(each) for each in ranges)).subquery()
