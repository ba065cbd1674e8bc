"""The rows that an intake consists of, as tuples in the order of their columns: the path whose cost counts most.

What they leave out is NULL. An enum's `_value_` is read, since `value` is a descriptor that costs ten times as much.
"""

from gateway.core.clock import Instant
from gateway.core.delivery import Kind
from gateway.core.events import TicketReceived
from gateway.core.ids import new_id
from gateway.core.ticket import DedupeKey, Message, Priority, Receipt, Requester, Ticket, TicketState
from gateway.store.bulk import Constants, Values
from gateway.store.rows import json

_LABELS = {priority: priority.label for priority in Priority}

REQUESTER = ("id", "name", "email", "phone")
TICKET = (
    "id",
    "reference",
    "channel",
    "subject",
    "requester_id",
    "received_at",
    "policy",
    "hedge_at",
    "due_at",
    "language",
    "category",
    "priority",
    "metadata",
    "waiting_since",
    "answer_by",
    "held_until",
)
NEW_TICKET: Constants = (("state", f"'{TicketState.WAITING.value}'"),)
MESSAGE = ("id", "ticket_id", "number", "direction", "channel", "body", "at", "author")
DELIVERY = ("id", "due_at", "created_at", "ticket_id", "priority")
HANDING_OVER: Constants = (
    ("kind", f"'{Kind.TICKET.value}'"),
    ("attempts", "0"),
    ("epoch", "0"),
    ("leased", "FALSE"),
    ("payload", "'{}'"),
)
RECEIPT = ("scope", "key", "fingerprint", "ticket_id", "reference", "message_id", "received_at")


def requester(requester_id: str, person: Requester) -> Values:
    return (requester_id, person.name, person.email, person.phone)


def ticket(new: Ticket, requester_id: str | None, held_until: Instant | None) -> Values:
    return (
        new.id,
        new.reference,
        new.channel,
        new.subject,
        requester_id,
        new.received_at,
        new.policy,
        new.hedge_at,
        new.due_at,
        new.language,
        new.category,
        new.priority._value_,
        json(new.metadata),
        new.received_at if held_until is None else held_until,
        new.answer_by,
        held_until,
    )


def message(first: Message) -> Values:
    return (
        first.id,
        first.ticket_id,
        first.number,
        first.direction._value_,
        first.channel,
        first.body,
        first.at,
        first.author,
    )


def delivery(new: Ticket, held_until: Instant | None) -> Values:
    """The duty to hand it over."""
    due_at = new.received_at if held_until is None else held_until
    return (new_id(), due_at, new.received_at, new.id, new.priority._value_)


def receipt(key: DedupeKey, given: Receipt) -> Values:
    return (
        key.scope,
        key.key,
        key.fingerprint,
        given.ticket_id,
        given.reference,
        given.message_id,
        given.received_at,
    )


def received(new: Ticket, reference: str) -> TicketReceived:
    """The event of it."""
    return TicketReceived(
        at=new.received_at,
        ticket_id=new.id,
        reference=reference,
        channel=new.channel,
        policy=new.policy,
        language=new.language,
        category=new.category,
        priority=_LABELS[new.priority],
    )
