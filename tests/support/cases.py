"""Tickets, messages and hand-offs to test with."""

from typing import Any

from gateway.core.delivery import Case, Delivery, Kind
from gateway.core.handoff import Handoff, HandoffState
from gateway.core.ids import new_id
from gateway.core.reference import new_reference
from gateway.core.ticket import Direction, Message, Requester, Ticket

AT = 1_767_225_600.0
"""2026-01-01T00:00:00Z."""
REQUESTER = Requester(name="Ana Belén Ortiz", email="ana.ortiz@example.org", phone="+34600111222")


def make_message(ticket_id: str, number: int = 1, body: str = "No puedo entrar en el correo.") -> Message:
    return Message(
        id=new_id(), ticket_id=ticket_id, number=number, direction=Direction.INBOUND, channel="web", body=body, at=AT
    )


def make_case(**changes: Any) -> Case:
    """A ticket with one message, owed to a provider; `changes` are the ticket's."""
    ticket_id = new_id()
    facts: dict[str, Any] = {
        "id": ticket_id,
        "reference": new_reference(),
        "channel": "web",
        "subject": "Correo",
        "requester": REQUESTER,
        "received_at": AT,
        "policy": "default",
        "hedge_at": AT + 2,
        "due_at": AT + 5,
        "language": "es",
    }
    delivery = Delivery(id=new_id(), kind=Kind.TICKET, due_at=AT, created_at=AT, ticket_id=ticket_id)
    return Case(delivery, Ticket(**(facts | changes)), (make_message(ticket_id),))


def make_handoff(case: Case, provider: str = "acme", **changes: Any) -> Handoff:
    """A first attempt at handing the case to a provider; `changes` are the hand-off's."""
    facts: dict[str, Any] = {
        "id": new_id(),
        "ticket_id": case.delivery.ticket_id,
        "provider": provider,
        "state": HandoffState.STARTED,
        "started_at": AT,
        "messages_sent": 1,
    }
    return Handoff(**(facts | changes))
