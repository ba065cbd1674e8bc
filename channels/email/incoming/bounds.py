"""How fast a ticket may grow: what ends a mail loop that nobody recognised as one (T19). Pure.

Messages are counted by when they were kept: those that an outage has held up came one by one, and are taken.
"""

from collections.abc import Iterable, Sequence

from gateway.core.clock import Instant
from gateway.core.ticket import Direction, Message

BOUNDS = ((30, 3600.0), (100, 86_400.0))
"""Messages of the requester, and of each desk, that a ticket takes within so many seconds. What is more waits for a
person."""


def most_messages(messages: Sequence[Message], kept_at: Instant) -> int:
    """As many inbound messages as the ticket may come to have with one that was kept then: the store says exactly
    whether it is one too many, since it knows of those that were here before."""
    inbound = [each.at for each in messages if each.direction is Direction.INBOUND]
    return len(inbound) + min(most - _within(inbound, kept_at, seconds) for most, seconds in BOUNDS)


def too_many_replies(messages: Sequence[Message], provider: str, kept_at: Instant) -> bool:
    """Whether one more of that desk would be too many."""
    replies = [each.at for each in messages if each.provider == provider]
    return any(_within(replies, kept_at, seconds) >= most for most, seconds in BOUNDS)


def _within(instants: Iterable[Instant], kept_at: Instant, seconds: float) -> int:
    return sum(kept_at - seconds < each <= kept_at for each in instants)
