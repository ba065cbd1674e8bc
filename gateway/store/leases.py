"""Fencing: which of the leases that commands come with are still held."""

from collections.abc import Iterable
from dataclasses import replace

from sqlalchemy import select, update

from gateway.core.clock import Instant
from gateway.core.delivery import Delivery, Lease
from gateway.store import bulk, rows, schema
from gateway.store.queries import Query
from gateway.store.schema import among, deliveries
from gateway.store.transaction import Transaction

_LEASED = Query(select(deliveries).where(among(deliveries.c.id), deliveries.c.leased).with_for_update())


class Leases:
    """The deliveries that are held under the given leases; a decision about one ends its lease."""

    def __init__(self, transaction: Transaction, wanted: Iterable[Lease]) -> None:
        ids = sorted({lease.delivery_id for lease in wanted})
        found = map(rows.delivery, _LEASED.rows(transaction.connection, ids)) if ids else ()
        self._held = {Lease(each.id, each.epoch): each for each in found}

    def held(self, lease: Lease) -> Delivery | None:
        return self._held.get(lease)

    def end(self, lease: Lease) -> Delivery | None:
        """The delivery, whose lease ends herewith; None where the lease is lost."""
        return self._held.pop(lease, None)


def lease(transaction: Transaction, owed: list[Delivery], until: Instant) -> list[Delivery]:
    """Lease these deliveries: whoever held one before has lost it."""
    bulk.update(
        transaction.connection,
        schema.deliveries,
        [{"id": each.id, "due_at": until, "epoch": each.epoch + 1, "leased": True} for each in owed],
    )
    return [replace(each, due_at=until, epoch=each.epoch + 1) for each in owed]


def void_all(transaction: Transaction, now: Instant) -> None:
    """No worker of before is alive: what was leased is due now, and old leases are fenced off."""
    transaction.connection.execute(
        update(deliveries).where(deliveries.c.leased).values(leased=False, due_at=now, epoch=deliveries.c.epoch + 1)
    )
