"""The gauges: how much waits, and how long the oldest."""

from collections.abc import Mapping

from sqlalchemy import Connection, func, select

from gateway.core.clock import Instant
from gateway.core.delivery import Kind
from gateway.core.handoff import LIVE, HandoffState
from gateway.store.schema import UNSURE_COPY, WAITING, deliveries, handoffs, quarantine, tickets


def counts(connection: Connection, now: Instant) -> Mapping[str, float]:
    waiting, oldest = connection.execute(
        select(func.count(), func.min(tickets.c.waiting_since))
        .select_from(tickets)
        .where(WAITING, tickets.c.waiting_since <= now)  # what is held doesn't wait yet
    ).one()
    unknown = select(func.count()).select_from(handoffs).where(UNSURE_COPY, handoffs.c.state == HandoffState.UNKNOWN)
    doubles = (
        select(func.count()).select_from(handoffs).where(handoffs.c.surplus_at.is_not(None), handoffs.c.state.in_(LIVE))
    )
    owed = select(deliveries.c.kind, func.count()).group_by(deliveries.c.kind)
    by_kind = dict(tuple(row) for row in connection.execute(owed))
    return {
        "tickets_waiting": waiting,
        "oldest_waiting_seconds": now - oldest if waiting else 0.0,
        "handoffs_unknown": connection.execute(unknown).scalar_one(),
        "doubles_open": connection.execute(doubles).scalar_one(),
        "quarantine_items": connection.execute(select(func.count()).select_from(quarantine)).scalar_one(),
        **{f"deliveries_waiting.{kind}": by_kind.get(kind, 0) for kind in Kind},
    }
