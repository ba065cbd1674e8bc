"""The desk webhook protocol on the wire: what we write, and what we make of a desk's answer."""

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import Annotated
from urllib.parse import quote

import orjson
from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints, ValidationError

from gateway.core.clock import iso
from gateway.core.handoff import HandoffState
from gateway.core.outbound import Reply
from gateway.core.provider import Copy
from gateway.core.reference import parse_reference
from gateway.core.ticket import Attachment, Message, Requester, Ticket

_REFERENCE_LIMIT = 128

Linked = Callable[[Message], Sequence[tuple[Attachment, str]]]
"""A message's attachments, each with the address where the desk may fetch it."""


class NotTheProtocol(Exception):
    """An answer or a report isn't what the protocol says; the text names what is wrong, without its content."""


class DeskState(StrEnum):
    """A ticket's state in the desk's words."""

    OPEN = "open"
    PICKED_UP = "picked_up"
    RESOLVED = "resolved"


_STATES = {
    DeskState.OPEN: HandoffState.ACCEPTED,
    DeskState.PICKED_UP: HandoffState.PICKED_UP,
    DeskState.RESOLVED: HandoffState.RESOLVED,
}


def _fits_a_path(reference: str) -> str:
    if not reference.isprintable() or reference != reference.strip():
        raise ValueError("has control characters or outer spaces")
    if reference in (".", ".."):
        raise ValueError("is a relative path")
    return reference


DeskReference = Annotated[
    str, StringConstraints(min_length=1, max_length=_REFERENCE_LIMIT), AfterValidator(_fits_a_path)
]
"""A desk's own reference: untrusted text that becomes one segment of a path."""


class _DeskTicket(BaseModel):
    """What a desk says of a ticket; whatever else it says is ignored."""

    model_config = ConfigDict(strict=True, hide_input_in_errors=True)

    reference: DeskReference
    state: DeskState = DeskState.OPEN


def read_copy(reply: Reply) -> Copy:
    """The ticket in a 2xx answer. Raises NotTheProtocol."""
    if reply.flaw:
        raise NotTheProtocol(f"the answer {reply.flaw}")
    try:
        ticket = _DeskTicket.model_validate_json(reply.body)
    except ValidationError as error:
        raise NotTheProtocol(f"the answer is not the protocol: {explain(error)}") from None
    return Copy(ticket.reference, _STATES[ticket.state])


def explain(error: ValidationError) -> str:
    """The first flaw: where, and what is needed; nothing of the input."""
    flaw = error.errors(include_url=False, include_context=False, include_input=False)[0]
    where = ".".join(str(step) for step in flaw["loc"])
    what = "not valid JSON" if flaw["type"] == "json_invalid" else flaw["msg"].removeprefix("Value error, ")
    return f"{where}: {what}" if where else what


def write_ticket(ticket: Ticket, messages: Sequence[Message], linked: Linked) -> bytes:
    """The body of a create: the whole conversation so far, its first message also as `body`, and all attachments."""
    return orjson.dumps(
        {
            "reference": ticket.reference,
            "subject": ticket.subject,
            "body": messages[0].body if messages else "",
            "requester": _person(ticket.requester),
            "channel": ticket.channel,
            "language": ticket.language,
            "category": ticket.category,
            "priority": ticket.priority.label,
            "received_at": iso(ticket.received_at),
            "messages": [_message(message, linked) for message in messages],
            "attachments": [each for message in messages for each in write_attachments(message, linked)],
            "metadata": dict(ticket.metadata),
        }
    )


def write_message(message: Message, linked: Linked) -> bytes:
    """The body of an append."""
    return orjson.dumps(_message(message, linked))


def write_withdrawal(reason: str) -> bytes:
    """The body of a withdrawal."""
    return orjson.dumps({"reason": reason})


def write_attachments(message: Message, linked: Linked) -> list[Mapping[str, object]]:
    """What a desk is told of a message's files."""
    return [
        {"name": each.name, "type": each.media_type, "size": each.size, "url": url} for each, url in linked(message)
    ]


def _message(message: Message, linked: Linked) -> Mapping[str, object]:
    return {
        "id": message.id,
        "direction": message.direction.value,
        "channel": message.channel,
        "author": message.author,
        "body": message.body,
        "at": iso(message.at),
        "attachments": write_attachments(message, linked),
    }


def _person(requester: Requester) -> Mapping[str, str]:
    known = {"name": requester.name, "email": requester.email, "phone": requester.phone}
    return {name: value for name, value in known.items() if value}


def our_reference(text: str) -> str:
    """One of our references as a desk writes it, plain. Raises ValueError."""
    reference = parse_reference(text)
    if reference is None:
        raise ValueError("this is no reference of ours: ten digits, the last of which checks the others")
    return reference


def segment(reference: str) -> str:
    """A reference as one segment of a path, whatever it contains."""
    return quote(reference, safe="")
