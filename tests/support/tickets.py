"""Tickets, hand-offs and cases for tests of what is decided about them."""

from dataclasses import replace

from gateway.core.clock import Instant
from gateway.core.delivery import Case, Delivery, Kind
from gateway.core.handoff import Handoff, HandoffState
from gateway.core.ids import new_id
from gateway.core.reference import new_reference
from gateway.core.ticket import Direction, Message, Requester, Ticket

NOW: Instant = 1_800_000_000.0


def ticket(*, received_at: Instant = NOW, hedge_after: float = 1.0, within: float = 5.0, **given: object) -> Ticket:
    base = Ticket(
        id=new_id(),
        reference=new_reference(),
        channel="web",
        subject="La impresora no imprime",
        requester=Requester("Ana", "ana@example.org"),
        received_at=received_at,
        policy="default",
        hedge_at=received_at + hedge_after,
        due_at=received_at + within,
    )
    return replace(base, **given)  # type: ignore[arg-type]


def handoff(of: Ticket, provider: str, state: HandoffState, **given: object) -> Handoff:
    base = Handoff(
        id=new_id(), ticket_id=of.id, provider=provider, state=state, started_at=of.received_at, messages_sent=1
    )
    return replace(base, **given)  # type: ignore[arg-type]


def message(of: Ticket, number: int = 1, body: str = "No sale papel.") -> Message:
    return Message(
        id=new_id(),
        ticket_id=of.id,
        number=number,
        direction=Direction.INBOUND,
        channel=of.channel,
        body=body,
        at=of.received_at,
    )


def case(of: Ticket, *handoffs: Handoff, kind: Kind = Kind.TICKET, attempts: int = 0, about: str | None = None) -> Case:
    delivery = Delivery(
        id=new_id(),
        kind=kind,
        due_at=of.received_at,
        created_at=of.received_at,
        ticket_id=of.id,
        handoff_id=about,
        attempts=attempts,
    )
    return Case(delivery, of, (message(of),), handoffs)
