"""Rows and the core's words for them, both ways."""

from collections.abc import Iterable, Mapping
from dataclasses import fields
from typing import Any

import orjson
from sqlalchemy import Row

from gateway.core.delivery import Delivery, Kind, Quarantined
from gateway.core.handoff import Handoff, HandoffState
from gateway.core.provider import HealthState, ProviderStatus, Takeover
from gateway.core.ticket import Attachment, Direction, Message, Priority, Requester, Ticket, TicketState

AnyRow = Row[*tuple[Any, ...]]
Values = dict[str, object]


def ticket(row: AnyRow) -> Ticket:
    """From a row of `tickets` joined with its requester's name, email and phone."""
    return Ticket(
        id=row.id,
        reference=row.reference,
        channel=row.channel,
        subject=row.subject,
        requester=Requester(row.name, row.email, row.phone),
        received_at=row.received_at,
        policy=row.policy,
        hedge_at=row.hedge_at,
        due_at=row.due_at,
        language=row.language,
        category=row.category,
        priority=Priority(row.priority),
        metadata=orjson.loads(row.metadata),
        state=TicketState(row.state),
        handed_off_at=row.handed_off_at,
        reason=row.reason,
        answer_by=row.answer_by,
    )


def message_values(message: Message) -> Values:
    return {
        "id": message.id,
        "ticket_id": message.ticket_id,
        "number": message.number,
        "direction": message.direction.value,
        "channel": message.channel,
        "body": message.body,
        "at": message.at,
        "author": message.author,
        "provider": message.provider,
    }


def message(row: AnyRow, attachments: tuple[Attachment, ...] = ()) -> Message:
    return Message(
        id=row.id,
        ticket_id=row.ticket_id,
        number=row.number,
        direction=Direction(row.direction),
        channel=row.channel,
        body=row.body,
        at=row.at,
        author=row.author,
        provider=row.provider,
        attachments=attachments,
    )


def attachments_values(messages: Iterable[Message]) -> list[Values]:
    """The rows of everything that is attached to these messages."""
    return [
        {
            "message_id": message.id,
            "number": number,
            "name": each.name,
            "media_type": each.media_type,
            "size": each.size,
            "digest": each.digest,
        }
        for message in messages
        for number, each in enumerate(message.attachments, start=1)
    ]


def handoff(row: AnyRow) -> Handoff:
    return Handoff(
        id=row.id,
        ticket_id=row.ticket_id,
        provider=row.provider,
        state=HandoffState(row.state),
        started_at=row.started_at,
        attempts=row.attempts,
        messages_sent=row.messages_sent,
        provider_reference=row.provider_reference,
        answered_at=row.answered_at,
        confirmed_at=row.confirmed_at,
        picked_up_at=row.picked_up_at,
        reopened_at=row.reopened_at,
        superseded=bool(row.superseded),
        reason=row.reason,
        to_record=bool(row.to_record),
    )


def delivery_values(delivery: Delivery) -> Values:
    """The row of a delivery that nobody has leased."""
    return {
        "id": delivery.id,
        "kind": delivery.kind.value,
        "due_at": delivery.due_at,
        "created_at": delivery.created_at,
        "ticket_id": delivery.ticket_id,
        "handoff_id": delivery.handoff_id,
        "message_id": delivery.message_id,
        "target": delivery.target,
        "priority": delivery.priority.value,
        "attempts": delivery.attempts,
        "epoch": delivery.epoch,
        "leased": False,
        "payload": json(delivery.payload),
        "reason": delivery.reason,
    }


def delivery(row: AnyRow) -> Delivery:
    return Delivery(
        id=row.id,
        kind=Kind(row.kind),
        due_at=row.due_at,
        created_at=row.created_at,
        ticket_id=row.ticket_id,
        handoff_id=row.handoff_id,
        message_id=row.message_id,
        target=row.target,
        priority=Priority(row.priority),
        attempts=row.attempts,
        epoch=row.epoch,
        payload=orjson.loads(row.payload),
        reason=row.reason,
    )


def quarantined(row: AnyRow) -> Quarantined:
    return Quarantined(
        id=row.id,
        kind=Kind(row.kind),
        ticket_id=row.ticket_id,
        reference=row.reference,
        target=row.target,
        reason=row.reason,
        attempts=row.attempts,
        at=row.at,
        place=row.place,
    )


def takeover_values(evidence: Takeover) -> Values:
    return {each.name: getattr(evidence, each.name) for each in fields(evidence)}


def takeover(row: AnyRow) -> Takeover:
    return Takeover(**row._mapping)


def health_values(status: ProviderStatus) -> Values:
    return {each.name: getattr(status, each.name) for each in fields(status)} | {"state": status.state.value}


def health(row: AnyRow) -> ProviderStatus:
    return ProviderStatus(**{**row._mapping, "state": HealthState(row.state)})


def json(value: Mapping[str, object]) -> str:
    return orjson.dumps(dict(value)).decode() if value else "{}"
