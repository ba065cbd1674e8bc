"""Alarms owed to operations."""

from gateway.core.clock import Clock
from gateway.core.delivery import Case, Defer, Finish, Lease, Quarantine
from gateway.core.errors import ProviderRefused, ProviderUnavailable
from gateway.core.ports import DeliveryStore, NoticeSender
from routing.delivery.backoff import backoff

_TRIES = 20
"""With half a minute between the later ones: some nine minutes."""


class Notices:
    """Handler of notices: sent, or tried again for minutes, then left in quarantine where a person sees it."""

    def __init__(self, store: DeliveryStore, clock: Clock, sender: NoticeSender) -> None:
        self._store = store
        self._clock = clock
        self._sender = sender

    async def __call__(self, case: Case) -> None:
        delivery = case.delivery
        lease = Lease(delivery.id, delivery.epoch)
        try:
            await self._sender.send(delivery)
        except ProviderRefused as error:
            await self._store.quarantine([Quarantine(lease, str(error), self._clock.now())])
        except ProviderUnavailable as error:
            if delivery.attempts + 1 >= _TRIES:
                await self._store.quarantine([Quarantine(lease, str(error), self._clock.now())])
                return
            pause = error.retry_after or backoff(delivery.attempts + 1, delivery.id)
            await self._store.defer([Defer(lease, self._clock.now() + pause, str(error), attempted=True)])
        else:
            await self._store.finish([Finish(lease)])
