"""How fast a ticket may grow: what ends a mail loop that nobody recognised as one (T19). Pure."""

from collections.abc import Sequence

from gateway.core.clock import Instant
from gateway.core.ticket import Direction, Message

MOST = 30
"""Messages of the requester, and of each desk, that a ticket takes within an hour. What is more waits for a person."""
WITHIN = 3600.0
"""Seconds."""


def most_messages(messages: Sequence[Message], now: Instant) -> int:
    """As many inbound messages as the ticket may come to have now: the store says exactly whether one more is too
    many, since it knows of those that were here before."""
    return sum(each.direction is Direction.INBOUND and each.at <= now - WITHIN for each in messages) + MOST


def too_many_replies(messages: Sequence[Message], provider: str, now: Instant) -> bool:
    """Whether one more of that desk would be too many."""
    return sum(each.provider == provider and each.at > now - WITHIN for each in messages) >= MOST
