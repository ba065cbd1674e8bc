"""The quarantine: deliveries withheld until a person has looked, and back."""

from collections.abc import Iterable, Sequence

import orjson
from sqlalchemy import select

from gateway.core.clock import Instant
from gateway.core.delivery import HANDING_OVER, Delivery, Kind, Quarantine
from gateway.core.events import DeliveryQuarantined
from gateway.core.ticket import Priority, TicketState
from gateway.store import bulk, rows, schema
from gateway.store.schema import quarantine, tickets
from gateway.store.transaction import Transaction


def withhold(transaction: Transaction, given_up: Sequence[tuple[Quarantine, Delivery]]) -> None:
    """Move deliveries into quarantine; a ticket that itself was owed is quarantined with it."""
    references = _references(transaction, [delivery.ticket_id for _, delivery in given_up if delivery.ticket_id])
    for why, delivery in given_up:
        transaction.emit(
            DeliveryQuarantined(
                at=why.at,
                ticket_id=delivery.ticket_id,
                reference=references.get(delivery.ticket_id or ""),
                kind=delivery.kind.value,
                target=delivery.target,
                reason=why.reason,
            )
        )
    connection = transaction.connection
    bulk.remove(connection, schema.deliveries, [delivery.id for _, delivery in given_up])
    bulk.insert(
        connection,
        schema.quarantine,
        [_values(why, delivery, references.get(delivery.ticket_id or "")) for why, delivery in given_up],
    )
    bulk.update(
        connection,
        schema.tickets,
        [
            {"id": delivery.ticket_id, "state": TicketState.QUARANTINED.value, "reason": why.reason}
            for why, delivery in given_up
            if delivery.kind in HANDING_OVER
        ],
    )


def withheld(transaction: Transaction, ids: Iterable[str]) -> dict[str, rows.AnyRow]:
    """The items in quarantine, by id."""
    query = select(quarantine).where(quarantine.c.id.in_(list(ids))).with_for_update()
    return {row.id: row for row in transaction.connection.execute(query)}


def owed_again(row: rows.AnyRow, at: Instant) -> Delivery:
    """The delivery as it was, due now. Its epoch goes on, so that leases from before stay fenced off."""
    return Delivery(
        id=row.id,
        kind=Kind(row.kind),
        due_at=at,
        created_at=row.created_at,
        ticket_id=row.ticket_id,
        handoff_id=row.handoff_id,
        message_id=row.message_id,
        target=row.target,
        priority=Priority(row.priority),
        epoch=row.epoch,
        payload=orjson.loads(row.payload),
    )


def _references(transaction: Transaction, ticket_ids: list[str]) -> dict[str, str]:
    if not ticket_ids:
        return {}
    query = select(tickets.c.id, tickets.c.reference).where(tickets.c.id.in_(ticket_ids))
    return {row.id: row.reference for row in transaction.connection.execute(query)}


def _values(why: Quarantine, delivery: Delivery, reference: str | None) -> rows.Values:
    values = rows.delivery_values(delivery)
    del values["due_at"], values["leased"]
    return values | {"reference": reference, "reason": why.reason, "at": why.at}
