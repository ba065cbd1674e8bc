"""Trying a channel's settings step by step, before people depend on them."""

from collections.abc import Callable, Coroutine
from typing import Any

from gateway.core.clock import Clock
from gateway.core.values import dataclass


@dataclass(frozen=True, slots=True)
class Tried:
    """One step, as it went."""

    part: str
    """Which of the channel's settings, and whom it is about: `smtp: mx.example.org:587`."""
    step: str
    """Such as `connect`, in the order in which they are taken."""
    why: str | None = None
    """What failed; None where nothing did."""


Trial = Callable[[Any, Clock, Callable[[Tried], None]], Coroutine[Any, Any, bool]]
"""Tells of each step of each part as it ends, a part's only up to the first that fails, and whether all went well.
Nothing is changed, and nobody is written to. Never raises."""
