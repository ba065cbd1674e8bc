"""As much of a conversation as its page shows. A requester's part of it has an end, a help desk's has none."""

from collections.abc import Sequence

from gateway.core.ticket import Message

MOST_MESSAGES = 400
MOST_TEXT = 1_000_000
"""Characters."""


def shown(messages: Sequence[Message]) -> list[Message]:
    """In their order: the first, and the latest, as far back as both limits allow."""
    ordered = sorted(messages, key=lambda message: message.number)
    first, latest = ordered[:1], list[Message]()
    text = sum(len(message.body) for message in first)
    for message in reversed(ordered[1:]):
        text += len(message.body)
        if text > MOST_TEXT or len(latest) + 1 == MOST_MESSAGES:
            break
        latest.append(message)
    return first + latest[::-1]
