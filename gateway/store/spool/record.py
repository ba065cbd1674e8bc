"""A request as the spool's line has it: JSON, so that a person can read it too."""

from typing import Any

import orjson

from gateway.core.ticket import (
    Allowance,
    Attachment,
    DedupeKey,
    Direction,
    Intake,
    Message,
    Priority,
    Requester,
    Ticket,
    TicketState,
)


class Unreadable(Exception):
    """A content that no version of this program known to us has written."""


def encode(intake: Intake) -> bytes:
    """One line's content."""
    return orjson.dumps(intake)


def decode(content: bytes | None) -> Intake:
    """Of a line's content, None where the line is damaged. Raises Unreadable."""
    if content is None:
        raise Unreadable("the line is damaged")
    try:
        plain = orjson.loads(content)
        dedupe = plain["dedupe"]
        return Intake(
            _message(plain["message"]),
            _ticket(plain["ticket"]),
            DedupeKey(**dedupe) if dedupe else None,
            # Earlier versions knew none.
            acknowledge=tuple(Allowance(**each) for each in plain.get("acknowledge", ())),
            held_until=plain.get("held_until"),
        )
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise Unreadable(f"{type(error).__name__}: {error}") from error


def _message(plain: dict[str, Any]) -> Message:
    attachments = tuple(Attachment(**each) for each in plain["attachments"])
    return Message(**{**plain, "direction": Direction(plain["direction"]), "attachments": attachments})


def _ticket(plain: dict[str, Any]) -> Ticket:
    return Ticket(
        **{
            **plain,
            "requester": Requester(**plain["requester"]),
            "priority": Priority(plain["priority"]),
            "state": TicketState(plain["state"]),
        }
    )
