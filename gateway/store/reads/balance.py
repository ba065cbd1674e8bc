"""The audit of the ledger: tickets that have no place in it."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Connection, and_, not_, or_, select

from gateway.core.delivery import HANDING_OVER
from gateway.core.handoff import LIVE
from gateway.core.ticket import TicketState
from gateway.store.schema import WAITING, deliveries, handoffs, quarantine, tickets

_OWED = (
    select(deliveries.c.id).where(deliveries.c.ticket_id == tickets.c.id, deliveries.c.kind.in_(HANDING_OVER)).exists()
)
_WITHHELD = (
    select(quarantine.c.id).where(quarantine.c.ticket_id == tickets.c.id, quarantine.c.kind.in_(HANDING_OVER)).exists()
)
_HAD = (
    select(handoffs.c.id)
    .where(handoffs.c.ticket_id == tickets.c.id, handoffs.c.state.in_(LIVE), ~handoffs.c.superseded)
    .exists()
)


def _placed() -> ColumnElement[bool]:
    state = tickets.c.state
    return or_(
        state == TicketState.RESOLVED,
        and_(state == TicketState.HANDED_OFF, _HAD),
        and_(state == TicketState.WAITING, _OWED),
        and_(state == TicketState.QUARANTINED, _WITHHELD),
    )


def astray(connection: Connection, ticket_ids: Sequence[str]) -> list[str]:
    """Those of these tickets that are neither with a provider, nor resolved, nor owed, nor in quarantine."""
    query = select(tickets.c.id).where(tickets.c.id.in_(ticket_ids), not_(_placed())).order_by(tickets.c.id)
    return list(connection.execute(query).scalars())


def audit(connection: Connection, after: str | None, limit: int, waiting_only: bool) -> tuple[list[str], str | None]:
    """The stray ones among the next `limit` tickets, and where to go on; None at the end."""
    query = select(tickets.c.id).where(tickets.c.id > (after or "")).order_by(tickets.c.id).limit(limit)
    ids = list(connection.execute(query.where(WAITING) if waiting_only else query).scalars())
    return astray(connection, ids), ids[-1] if len(ids) == limit else None
