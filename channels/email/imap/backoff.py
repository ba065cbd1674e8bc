"""How long to wait before the next try."""

from collections.abc import Callable

from tenacity import AsyncRetrying, RetryCallState, wait_exponential

TRIES = 6
"""Of one mail, before somebody has to look at it: about half an hour in all."""

_JITTER = 0.2
_again = wait_exponential(multiplier=1, max=30)
_mail_again = wait_exponential(multiplier=2, exp_base=5, max=1200)


def until_reconnecting(failures: int, chance: Callable[[], float]) -> float:
    """Seconds after so many failures in a row: 1 s doubling up to 30 s, give or take a fifth; `chance` gives [0, 1)."""
    return _again(_attempt(failures)) * (1 - _JITTER + 2 * _JITTER * chance())


def until_fetching_again(attempts: int) -> float:
    """Seconds after so many attempts in vain at one mail: 2 s, 10 s, 50 s, 4 min and 20 min."""
    return _mail_again(_attempt(attempts))


def _attempt(number: int) -> RetryCallState:
    state = RetryCallState(retry_object=AsyncRetrying(), fn=None, args=(), kwargs={})
    state.attempt_number = max(1, number)
    return state
