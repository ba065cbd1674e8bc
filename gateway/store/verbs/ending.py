"""How a worker's lease ends: defer, finish, quarantine, and the two ways of finishing that say more, sent and adopt.
All but what `sent` learned is fenced."""

from dataclasses import dataclass

from sqlalchemy import select

from gateway.core.clock import Instant
from gateway.core.delivery import HANDING_OVER, Defer, Delivery, Finish, Quarantine
from gateway.core.ticket import TicketState
from gateway.store import bulk, rules, schema, sheets
from gateway.store.leases import Leases
from gateway.store.schema import tickets
from gateway.store.transaction import Transaction
from gateway.store.withheld import withhold


@dataclass(frozen=True, slots=True)
class Sent:
    """A copy has been given the messages up to the number `messages_sent`; that was all of this delivery."""

    handoff_id: str
    messages_sent: int
    finish: Finish


@dataclass(frozen=True, slots=True)
class Adopt:
    """A superseded copy stays after all."""

    finish: Finish
    handoff_id: str
    at: Instant
    read_back: bool


def defer(transaction: Transaction, defers: list[Defer]) -> list[bool]:
    """Give back, to be done later; a ticket that waits says why."""
    leases = Leases(transaction, (each.lease for each in defers))
    given_back = [(each, leases.end(each.lease)) for each in defers]
    bulk.update(
        transaction.connection,
        schema.deliveries,
        [_deferred(each, delivery) for each, delivery in given_back if delivery],
    )
    bulk.update(
        transaction.connection,
        schema.tickets,
        [
            {"id": delivery.ticket_id, "reason": each.reason}
            for each, delivery in given_back
            if delivery and delivery.kind in HANDING_OVER
        ],
    )
    return [delivery is not None for _, delivery in given_back]


def _deferred(given: Defer, delivery: Delivery) -> dict[str, object]:
    return {
        "id": delivery.id,
        "due_at": given.due_at,
        "leased": False,
        "attempts": delivery.attempts + given.attempted,
        "reason": given.reason,
    }


def finish(transaction: Transaction, finishes: list[Finish]) -> list[bool]:
    """A ticket that waits still is owed, whatever a worker thinks: that is refused, and its lease runs out."""
    leases = Leases(transaction, (each.lease for each in finishes))
    done = [leases.end(each.lease) for each in finishes]
    handing_over = [each.ticket_id for each in done if each and each.kind in HANDING_OVER and each.ticket_id]
    waiting = _waiting(transaction, handing_over)
    finished = {each.id for each in done if each and not (each.kind in HANDING_OVER and each.ticket_id in waiting)}
    bulk.remove(transaction.connection, schema.deliveries, finished)
    return [each is not None and each.id in finished for each in done]


def _waiting(transaction: Transaction, ticket_ids: list[str]) -> set[str]:
    if not ticket_ids:
        return set()
    query = select(tickets.c.id).where(tickets.c.id.in_(ticket_ids), tickets.c.state == TicketState.WAITING)
    return set(transaction.connection.execute(query).scalars())


def quarantine(transaction: Transaction, quarantines: list[Quarantine]) -> list[bool]:
    """Keep what nobody can deliver for a person to look at."""
    leases = Leases(transaction, (each.lease for each in quarantines))
    ended = [(each, leases.end(each.lease)) for each in quarantines]
    withhold(transaction, [(each, delivery) for each, delivery in ended if delivery])
    return [delivery is not None for _, delivery in ended]


def sent(transaction: Transaction, sendings: list[Sent]) -> list[bool]:
    """The copy's count never goes back, and is recorded whoever holds the lease."""
    query = select(schema.handoffs.c.id, schema.handoffs.c.messages_sent).where(
        schema.handoffs.c.id.in_([each.handoff_id for each in sendings])
    )
    counts: dict[str, int] = {row.id: row.messages_sent for row in transaction.connection.execute(query)}
    for each in sendings:
        if each.handoff_id in counts:
            counts[each.handoff_id] = max(counts[each.handoff_id], each.messages_sent)
    bulk.update(
        transaction.connection,
        schema.handoffs,
        [{"id": handoff_id, "messages_sent": count} for handoff_id, count in counts.items()],
    )
    return finish(transaction, [each.finish for each in sendings])


def adopt(transaction: Transaction, adoptions: list[Adopt]) -> list[bool]:
    """False where the lease is lost, or the copy is no longer there."""
    leases = Leases(transaction, (each.finish.lease for each in adoptions))
    owed = [leases.end(each.finish.lease) for each in adoptions]
    found = sheets.load(transaction, (each.ticket_id for each in owed if each and each.ticket_id))
    results = []
    for each, delivery in zip(adoptions, owed, strict=True):
        sheet = found.get(delivery.ticket_id or "") if delivery else None
        results.append(sheet is not None and rules.adopt(sheet, each.handoff_id, each.at, read_back=each.read_back))
    sheets.save(transaction, found.values())
    return results
