"""Retry-After: how long another side asks to be left alone (RFC 9110 section 10.2.3)."""

from email.utils import parsedate_to_datetime

from gateway.core.clock import Instant

LONGEST_PAUSE = 300.0
"""Seconds that we obey at most: longer, and a slip of the other side would silence it for a day."""


def retry_after(text: str | None, wall: Instant) -> float | None:
    """Seconds that the header's `text` asks for, a number or an HTTP date, at most LONGEST_PAUSE; None where it is
    missing or neither. `wall` is the wall clock's instant."""
    text = (text or "").strip()
    if text.isascii() and text.isdigit():
        # A number of thousands of digits is one too: it must not be converted to find that it is too big.
        return LONGEST_PAUSE if len(text) > 6 else min(float(text), LONGEST_PAUSE)
    try:
        until = parsedate_to_datetime(text).timestamp()
    except (ValueError, TypeError, OverflowError):
        return None
    return min(max(until - wall, 0.0), LONGEST_PAUSE)
