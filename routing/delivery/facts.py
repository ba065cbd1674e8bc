"""Recording what was learned: a fact about a provider's copy must not be lost because the store is busy or full."""

import asyncio

import structlog

from gateway.core.clock import Instant
from gateway.core.delivery import HandoffFact
from gateway.core.errors import StoreUnavailable
from gateway.core.ports import DeliveryStore

_log = structlog.get_logger("relevo.delivery")
_PAUSE = 0.25
_FIRST_READ_BACK = 15.0
"""Seconds after which an accepted ticket is read back at its provider."""


def first_read_back(at: Instant, pick_up_within: float | None) -> Instant:
    """When a copy accepted `at` is to be read back: no later than the promise to pick it up ends."""
    return at + min(_FIRST_READ_BACK, pick_up_within or _FIRST_READ_BACK)


async def record_surely(store: DeliveryStore, fact: HandoffFact) -> bool:
    """Record a fact, again and again while the store refuses; True where it changed something.

    Ends early only by cancellation or StoreFailed; the copy is then STARTED in the store, and is searched for by its
    key after the next start.
    """
    while True:
        try:
            return (await store.record([fact]))[0]
        except StoreUnavailable as error:
            _log.warning("a hand-off's outcome waits for the store", error=str(error))
            await asyncio.sleep(_PAUSE)
