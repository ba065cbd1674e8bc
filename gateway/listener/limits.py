"""What a client may cost a listener before it is cut off."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Sizes in bytes, times in seconds."""

    body: int = 1024 * 1024
    """The most that any route may be sent; routes set lower limits of their own."""
    head_line: int = 8190
    """The request line, and each header."""
    headers: int = 64
    head_seconds: float = 30.0
    """From the connection, or from the answer before, until the next whole request head: it bounds idle connections
    and heads that drip in alike."""
    body_seconds: float = 15.0
    """From the head until the whole body."""
    answer_seconds: float | None = 30.0
    """From the head until the answer; None for routes that stream."""
