"""drain: what was answered with yes while the store was away becomes durable here, once, under the references told."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from sqlalchemy import Connection, select

from gateway.core.events import DuplicateReceived
from gateway.core.ticket import Acceptance, Intake, Receipt, Ticket
from gateway.store import bulk, schema
from gateway.store.receipts import Kept, known
from gateway.store.schema import aliases, among, tickets
from gateway.store.transaction import Transaction
from gateway.store.verbs.accept import accept

_TICKETS = select(tickets.c.id).where(among(tickets.c.id))
_ALIASES = select(aliases.c.ticket_id).where(among(aliases.c.ticket_id))


def drain(transaction: Transaction, intakes: list[Intake]) -> list[Receipt]:
    """Each is of a new ticket. NEW where it became one just now."""
    return [receipt for batch in _without_repetitions(intakes) for receipt in _drain(transaction, batch)]


def _without_repetitions(intakes: Iterable[Intake]) -> Iterator[list[Intake]]:
    """In their order; what repeats one before it is in a later list: spools may have been put together."""
    batch: list[Intake] = []
    seen: set[object] = set()
    for each in intakes:
        marks = {each.message.ticket_id, (each.dedupe.scope, each.dedupe.key) if each.dedupe else None} - {None}
        if seen & marks:
            yield batch
            batch, seen = [], set()
        batch.append(each)
        seen |= marks
    yield batch


def _drain(transaction: Transaction, intakes: list[Intake]) -> list[Receipt]:
    there = _there(transaction.connection, [each.message.ticket_id for each in intakes])
    left = [(each, each.ticket) for each in intakes if each.ticket and each.ticket.id not in there]
    firsts = known(transaction.connection, [each.dedupe for each, _ in left if each.dedupe])
    opened: list[Intake] = []
    again: list[tuple[Ticket, Kept]] = []
    for intake, ticket in left:
        first = firsts.get((intake.dedupe.scope, intake.dedupe.key)) if intake.dedupe else None
        if first is None or intake.dedupe is None:
            opened.append(intake)
        elif first.fingerprint == intake.dedupe.fingerprint:
            again.append((ticket, first))
        else:  # it was answered with yes: it is a request of its own
            opened.append(replace(intake, dedupe=None))
    new = {receipt.ticket_id: receipt for receipt in accept(transaction, opened)}
    _lead_to_the_first(transaction, again)
    return [new.get(each.message.ticket_id) or _duplicate(each) for each in intakes]


def _there(connection: Connection, ticket_ids: list[str]) -> set[str]:
    """What an earlier try has kept, though nobody heard of it."""
    if not ticket_ids:
        return set()
    found = (connection.execute(query, {"keys": ticket_ids}).scalars() for query in (_TICKETS, _ALIASES))
    return {ticket_id for ids in found for ticket_id in ids}


def _lead_to_the_first(transaction: Transaction, again: Iterable[tuple[Ticket, Kept]]) -> None:
    rows = []
    for ticket, first in again:
        rows.append({"ticket_id": ticket.id, "reference": ticket.reference, "stands_for": first.ticket_id})
        transaction.emit(
            DuplicateReceived(
                at=ticket.received_at, ticket_id=first.ticket_id, reference=first.reference, channel=ticket.channel
            )
        )
    bulk.insert(transaction.connection, schema.aliases, rows)


def _duplicate(intake: Intake) -> Receipt:
    reference = intake.ticket.reference if intake.ticket else ""
    return Receipt(Acceptance.DUPLICATE, intake.message.ticket_id, reference, intake.message.id, intake.message.at)
