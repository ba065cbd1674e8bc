"""Tickets, messages, hand-offs and cases to test with."""

from dataclasses import replace
from typing import Any

from gateway.core.clock import Instant
from gateway.core.delivery import Case, Delivery, Kind
from gateway.core.handoff import Handoff, HandoffState
from gateway.core.ids import new_id
from gateway.core.reference import new_reference
from gateway.core.ticket import Direction, Message, Requester, Ticket

NOW: Instant = 1_767_225_600.0
"""2026-01-01T00:00:00Z."""
REQUESTER = Requester(name="Ana Belén Ortiz", email="ana.ortiz@example.org", phone="+34600111222")


def make_ticket(*, received_at: Instant = NOW, hedge_after: float = 1.0, within: float = 5.0, **changes: Any) -> Ticket:
    base = Ticket(
        id=new_id(),
        reference=new_reference(),
        channel="web",
        subject="Correo",
        requester=REQUESTER,
        received_at=received_at,
        policy="default",
        hedge_at=received_at + hedge_after,
        due_at=received_at + within,
        language="es",
    )
    return replace(base, **changes)


def make_message(ticket_id: str, number: int = 1, body: str = "No puedo entrar en el correo.") -> Message:
    return Message(
        id=new_id(), ticket_id=ticket_id, number=number, direction=Direction.INBOUND, channel="web", body=body, at=NOW
    )


def make_delivery(ticket_id: str, kind: Kind = Kind.TICKET, at: Instant = NOW) -> Delivery:
    return Delivery(id=new_id(), kind=kind, due_at=at, created_at=at, ticket_id=ticket_id)


def make_case(*copies: Handoff, ticket: Ticket | None = None, kind: Kind = Kind.TICKET, **changes: Any) -> Case:
    """A ticket with one message, and what is owed about it; `changes` are the ticket's."""
    of = ticket or make_ticket(**changes)
    return Case(make_delivery(of.id, kind, of.received_at), of, (make_message(of.id),), copies)


def make_handoff(
    of: Case | Ticket, provider: str = "acme", state: HandoffState = HandoffState.STARTED, **changes: Any
) -> Handoff:
    """A first attempt at handing the ticket to a provider; `changes` are the hand-off's."""
    ticket_id = of.delivery.ticket_id if isinstance(of, Case) else of.id
    base = Handoff(
        id=new_id(), ticket_id=ticket_id or "", provider=provider, state=state, started_at=NOW, messages_sent=1
    )
    return replace(base, **changes)
