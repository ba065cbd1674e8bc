"""wake and announce: what is owed becomes due at once, and what isn't about a ticket is owed."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import bindparam, or_, select, update

from gateway.core.clock import Instant
from gateway.core.delivery import HANDING_OVER, Delivery, Kind
from gateway.core.events import Event
from gateway.store import bulk, rows, schema
from gateway.store.schema import deliveries, tickets
from gateway.store.transaction import Transaction

_HELD = (
    select(tickets.c.id)
    .where(tickets.c.id == deliveries.c.ticket_id, tickets.c.held_until > bindparam("now"))
    .correlate(deliveries)
    .exists()
)


@dataclass(frozen=True, slots=True)
class Wake:
    """Up to `limit` deliveries of `kinds` (to `target`, where given) that nobody has leased are due `now`. What is held
    stays so."""

    now: Instant
    kinds: frozenset[Kind]
    limit: int
    target: str | None = None


@dataclass(frozen=True, slots=True)
class Announcement:
    """Events that change no ticket, and the notices owed because of them."""

    events: Sequence[Event]
    notices: Sequence[Delivery] = ()


def wake(transaction: Transaction, wakes: list[Wake]) -> list[int]:
    """How many each woke."""
    return [_wake(transaction, each) for each in wakes]


def _wake(transaction: Transaction, wanted: Wake) -> int:
    asleep = select(deliveries.c.id).where(
        deliveries.c.kind.in_(sorted(wanted.kinds)),
        deliveries.c.due_at > wanted.now,
        ~deliveries.c.leased,
        or_(deliveries.c.kind.not_in(HANDING_OVER), ~_HELD),
    )
    if wanted.target is not None:
        asleep = asleep.where(deliveries.c.target == wanted.target)
    few = asleep.limit(wanted.limit)
    woken = update(deliveries).where(deliveries.c.id.in_(few)).values(due_at=wanted.now)
    return transaction.connection.execute(woken, {"now": wanted.now}).rowcount


def announce(transaction: Transaction, announcements: list[Announcement]) -> list[None]:
    for each in announcements:
        transaction.events += each.events
    bulk.insert(
        transaction.connection,
        schema.deliveries,
        [rows.delivery_values(notice) for each in announcements for notice in each.notices],
    )
    return [None] * len(announcements)
