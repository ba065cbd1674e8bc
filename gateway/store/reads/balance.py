"""The audit of the ledger: tickets, mails that nobody has read and calls that nobody watches, without a place in it."""

from collections.abc import Collection, Sequence

from sqlalchemy import ColumnElement, Connection, and_, not_, or_, select, union_all

from gateway.core.delivery import HANDING_OVER
from gateway.core.handoff import LIVE
from gateway.core.ticket import TicketState
from gateway.store.call_rows import ABOUT_CALLS, calls_named
from gateway.store.schema import (
    OPEN_CALL,
    UNREAD_MAIL,
    WAITING,
    calls,
    deliveries,
    handoffs,
    quarantine,
    raw_mails,
    tickets,
)

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
# Its reading has the mail's own id, be it owed or withheld.
_UNREAD_BY_NOBODY = (
    select(raw_mails.c.id)
    .where(
        UNREAD_MAIL,
        ~select(deliveries.c.id).where(deliveries.c.id == raw_mails.c.id).exists(),
        ~select(quarantine.c.id).where(quarantine.c.id == raw_mails.c.id).exists(),
    )
    .order_by(raw_mails.c.id)
)
_WATCHES = union_all(
    *(select(table.c.payload).where(table.c.kind.in_(sorted(ABOUT_CALLS))) for table in (deliveries, quarantine))
)
_OPEN_CALLS = select(calls.c.sid).where(OPEN_CALL).order_by(calls.c.sid)


def _placed() -> ColumnElement[bool]:
    state = tickets.c.state
    return or_(
        state == TicketState.RESOLVED,
        and_(state == TicketState.HANDED_OFF, _HAD),
        and_(state == TicketState.WAITING, _OWED),
        and_(state == TicketState.QUARANTINED, _WITHHELD),
    )


def astray(connection: Connection, ids: Sequence[str]) -> list[str]:
    """Those of these tickets that are neither with a provider, nor resolved, nor owed, nor in quarantine; of these
    mails that are neither read, nor owed a reading, nor in quarantine; and of these calls that are not over, and about
    which nothing is owed or in quarantine."""
    open_calls = list(connection.execute(_OPEN_CALLS.where(calls.c.sid.in_(ids))).scalars())
    return _astray_tickets(connection, ids) + _astray_mails(connection, ids) + _unwatched(connection, open_calls)


def _astray_tickets(connection: Connection, ids: Sequence[str]) -> list[str]:
    query = select(tickets.c.id).where(tickets.c.id.in_(ids), not_(_placed())).order_by(tickets.c.id)
    return list(connection.execute(query).scalars())


def _astray_mails(connection: Connection, ids: Sequence[str]) -> list[str]:
    return list(connection.execute(_UNREAD_BY_NOBODY.where(raw_mails.c.id.in_(ids))).scalars())


def audit(connection: Connection, after: str | None, limit: int, waiting_only: bool) -> tuple[list[str], str | None]:
    """The stray ones among the next `limit` tickets, and where to go on; None at the end."""
    query = select(tickets.c.id).where(tickets.c.id > (after or "")).order_by(tickets.c.id).limit(limit)
    ids = list(connection.execute(query.where(WAITING) if waiting_only else query).scalars())
    return _astray_tickets(connection, ids), ids[-1] if len(ids) == limit else None


def audit_mails(connection: Connection, after: str | None, limit: int) -> tuple[list[str], str | None]:
    """The same for the next `limit` mails that nobody has read."""
    query = select(raw_mails.c.id).where(UNREAD_MAIL, raw_mails.c.id > (after or "")).order_by(raw_mails.c.id)
    ids = list(connection.execute(query.limit(limit)).scalars())
    return _astray_mails(connection, ids), ids[-1] if len(ids) == limit else None


def audit_calls(connection: Connection, after: str | None, limit: int) -> tuple[list[str], str | None]:
    """The same for the next `limit` calls that are not over."""
    sids = list(connection.execute(_OPEN_CALLS.where(calls.c.sid > (after or "")).limit(limit)).scalars())
    return _unwatched(connection, sids), sids[-1] if len(sids) == limit else None


def _unwatched(connection: Connection, sids: Collection[str]) -> list[str]:
    if not sids:
        return []
    payloads = connection.execute(_WATCHES).scalars()
    watched = {sid for payload in payloads for sid in calls_named(payload)}
    return [sid for sid in sids if sid not in watched]
