"""How a try at what is owed through a channel ends."""

import asyncio

from gateway.core.clock import Clock
from gateway.core.delivery import Defer, Delivery, Finish, Lease, Quarantine
from gateway.core.errors import StoreUnavailable
from gateway.core.ports import DeliveryEnds
from gateway.core.values import dataclass

_AGAIN_AFTER = 0.5


@dataclass(frozen=True, slots=True)
class Done:
    """It is on its way, or moot."""


@dataclass(frozen=True, slots=True)
class Again:
    """The same, after `pause` seconds."""

    pause: float
    reason: str


@dataclass(frozen=True, slots=True)
class GiveUp:
    """A person has to look."""

    reason: str


Step = Done | Again | GiveUp
"""What to do next with a delivery after one more try at it."""


class Ending:
    """Tells the store how tries ended."""

    def __init__(self, store: DeliveryEnds, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def end(self, delivery: Delivery, step: Step) -> None:
        """Give it back, finish it, or put it in quarantine. Raises StoreUnavailable, StoreFailed."""
        now = self._clock.now()
        match step:
            case Done():
                await self._finish(delivery)
            case Again(pause, reason):
                await self._store.defer([Defer(lease_of(delivery), now + pause, reason, attempted=True)])
            case GiveUp(reason):
                await self._store.quarantine([Quarantine(lease_of(delivery), reason, now)])

    async def _finish(self, delivery: Delivery) -> None:
        """It is done: that the store is busy must not have it done again, as long as the lease is ours."""
        while True:
            try:
                await self._store.finish([Finish(lease_of(delivery))])
            except StoreUnavailable:
                if self._clock.now() >= delivery.due_at:
                    raise
                await asyncio.sleep(_AGAIN_AFTER)
            else:
                return


def lease_of(delivery: Delivery) -> Lease:
    """The right to act on it, as it was claimed."""
    return Lease(delivery.id, delivery.epoch)
