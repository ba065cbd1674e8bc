"""Recording what was learned: a fact about a provider's copy must not be lost because the store is busy or full."""

import asyncio

import structlog

from gateway.core.delivery import HandoffFact
from gateway.core.errors import StoreUnavailable
from gateway.core.ports import DeliveryStore

_log = structlog.get_logger("relevo.delivery")
_PAUSE = 0.25


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
