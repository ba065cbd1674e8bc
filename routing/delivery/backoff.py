"""How long to wait before the next try."""

import zlib

from tenacity import RetryCallState, wait_exponential

_FIRST = 0.5
_LONGEST = 30.0
_JITTER = 0.2
_growth = wait_exponential(multiplier=_FIRST, max=_LONGEST)


def wait_to_be_woken(key: str) -> float:
    """Seconds to wait for what wakes the delivery as soon as it happens: about as long as the longest backoff."""
    return _LONGEST * _spread(key)


def backoff(attempts: int, key: str) -> float:
    """Seconds to wait after `attempts` tries in vain: doubling from half a second up to half a minute.

    Give or take a fifth, by the `key` of what is tried: so that many don't come back at once, and yet the same
    question has the same answer.
    """
    state = RetryCallState(retry_object=None, fn=None, args=(), kwargs={})  # type: ignore[arg-type]
    state.attempt_number = max(1, attempts)
    return min(_growth(state), _LONGEST) * _spread(f"{key}{attempts}")


def _spread(key: str) -> float:
    return 1 - _JITTER + 2 * _JITTER * zlib.crc32(key.encode()) / 2**32
