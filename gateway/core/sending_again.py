"""When the same is sent again to somebody who can't be asked what has arrived, as by mail: after it was surely not
taken, and after it may have been. Pure."""

AFTER_DOUBT = (300.0, 1800.0)
"""Seconds until what may have arrived is sent again, and once more; then no more, since copies would only pile up."""
GIVEN_UP_AFTER = 5 * 86_400.0
"""Seconds after which nothing is sent any more (RFC 5321 section 4.5.4.1: at least four to five days)."""
_FIRST, _LONGEST = 15.0, 900.0
_MOST_DOUBLINGS = 10


def pause_after(in_vain: int) -> float:
    """Seconds until what was surely not taken is sent again: doubling, from the first to the longest. `in_vain` are the
    tries before the one that has just failed."""
    return min(_FIRST * (1 << min(in_vain, _MOST_DOUBLINGS)), _LONGEST)
