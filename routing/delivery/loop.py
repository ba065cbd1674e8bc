"""The loop that claims what is owed and has it attempted; one for each family of deliveries."""

import asyncio
from contextlib import suppress

import structlog

from gateway.core.clock import Clock
from gateway.core.delivery import Case, ClaimRequest, Defer, Kind, Lease, Quarantine
from gateway.core.errors import StoreFailed, StoreUnavailable
from gateway.core.ports import DeliveryHandler, DeliveryStore
from routing.delivery.backoff import backoff

_log = structlog.get_logger("relevo.delivery")
_POLL = 0.5
"""Seconds after which the store is asked again though nobody woke the loop (r, where several gateways share it)."""
_SHORTEST_REST = 0.01
"""Seconds between a claim and the next: what falls due meanwhile is claimed together, and goes on together, so that at
a busy time deliveries share their commits. What falls due after a rest is claimed at once."""
_BATCH = 128
_TRIES_AT_AN_ERROR = 5


class DeliveryLoop:
    """Claims due deliveries of some kinds and hands each to the handler, so many at once.

    A handler that fails by a bug of ours delays nothing but its own delivery, which ends in quarantine.
    """

    def __init__(
        self,
        name: str,
        store: DeliveryStore,
        clock: Clock,
        kinds: frozenset[Kind],
        handler: DeliveryHandler,
        *,
        in_hand: int,
        lease: float,
    ) -> None:
        self.kinds = kinds
        self._name = name
        self._store = store
        self._clock = clock
        self._handler = handler
        self._in_hand = in_hand
        self._lease = lease
        self._tasks: set[asyncio.Task[None]] = set()
        self._wake = asyncio.Event()
        self._stopping = False

    def wake(self) -> None:
        """Something may be due."""
        self._wake.set()

    def stop(self) -> None:
        """Claim nothing more; `run` returns when what is in hand is done."""
        self._stopping = True
        self._wake.set()

    async def run(self) -> None:
        try:
            while not self._stopping:
                self._wake.clear()
                if not await self._claim():
                    await self._rest()
            if self._tasks:
                await asyncio.wait(self._tasks)
        finally:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _claim(self) -> bool:
        """Claim and start; True where more may be due."""
        room = min(_BATCH, self._in_hand - len(self._tasks))
        if room <= 0:
            return False
        now = self._clock.now()
        try:
            cases = (await self._store.claim([ClaimRequest(self.kinds, room, now, now + self._lease)]))[0]
        except StoreUnavailable as error:
            _log.warning("nothing could be claimed", error=str(error))
            return False
        for case in cases:
            task = asyncio.create_task(self._work(case), name=f"{self._name} {case.delivery.id}")
            self._tasks.add(task)
            task.add_done_callback(self._ended)
        return len(cases) == room

    def _ended(self, task: asyncio.Task[None]) -> None:
        was_full = len(self._tasks) >= self._in_hand
        self._tasks.discard(task)
        if was_full:
            self._wake.set()

    async def _rest(self) -> None:
        """Until woken, or something is due: a look every now and then costs less than a claim in vain."""
        await asyncio.sleep(_SHORTEST_REST)
        while not self._wake.is_set() and (pause := await self._time_left()):
            await self._woken(within=pause)

    async def _woken(self, within: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(within):
                await self._wake.wait()

    async def _time_left(self) -> float:
        """Seconds until the next look; none where a delivery is due and may be taken in hand."""
        if len(self._tasks) >= self._in_hand:
            return _POLL
        try:
            due = await self._store.next_due(self.kinds)
        except StoreUnavailable as error:
            _log.warning("what is due could not be looked up", error=str(error))
            return _POLL
        return _POLL if due is None else min(_POLL, max(0.0, due - self._clock.now()))

    async def _work(self, case: Case) -> None:
        try:
            await self._handler(case)
        except StoreUnavailable as error:
            _log.warning(
                "a delivery waits for the store", error=str(error)
            )  # its lease runs out, and it is claimed again
        except StoreFailed:
            _log.debug("the store failed; the service is stopping")
        except Exception:
            _log.exception("a delivery failed by an error of ours", kind=case.delivery.kind.value, id=case.delivery.id)
            await self._put_off(case)

    async def _put_off(self, case: Case) -> None:
        delivery = case.delivery
        lease = Lease(delivery.id, delivery.epoch)
        now = self._clock.now()
        reason = "an error of ours; see the log"
        try:
            if delivery.attempts + 1 >= _TRIES_AT_AN_ERROR:
                await self._store.quarantine([Quarantine(lease, reason, now)])
            else:
                pause = backoff(delivery.attempts + 1, delivery.id)
                await self._store.defer([Defer(lease, now + pause, reason, attempted=True)])
        except (StoreUnavailable, StoreFailed) as error:
            _log.warning("a delivery waits for the store", error=str(error))
