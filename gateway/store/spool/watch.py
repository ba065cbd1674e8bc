"""Says when requests begin to wait in the spool, and when the last of them is in the store."""

import structlog

from gateway.core.clock import Clock, Instant
from gateway.core.events import Recorded, SpoolDrained, SpoolingStarted
from gateway.core.ports import Announcer, Observer
from gateway.store.spool.spool import Spool

_NOT_IN_THE_STREAM = 0

_log = structlog.get_logger("relevo.spool")


class SpoolWatch:
    """The stream is as far away as the store: who raises `alarms` is told at once, and the stream when it can be."""

    def __init__(self, spool: Spool, store: Announcer, alarms: Observer, clock: Clock) -> None:
        self._spool = spool
        self._store = store
        self._alarms = alarms
        self._clock = clock
        self._started: SpoolingStarted | None = None
        self._drained = 0

    def resume(self) -> None:
        """At the start: was something left in it?"""
        oldest = self._spool.state.oldest_at
        if oldest is not None:
            self._begin(oldest, "left there by the last stop")

    def kept(self, why: str) -> None:
        """One more is in the spool, since the store is away: `why`."""
        if self._started is None:
            self._begin(self._clock.now(), why)

    def left(self, requests: int) -> None:
        """So many more have reached the store."""
        self._drained += requests

    async def settle(self) -> None:
        """Tell the stream where it is over. Raises StoreUnavailable: then it is to be told later."""
        started = self._started
        if started is None or self._spool.state.requests:
            return
        now = self._clock.now()
        drained = SpoolDrained(at=now, requests=self._drained, seconds=round(now - started.at, 3))
        await self._store.announce([started, drained])
        self._started, self._drained = None, 0
        if self._spool.state.requests:  # the store has been away again meanwhile
            self.kept(started.reason)

    def _begin(self, at: Instant, why: str) -> None:
        self._started = started = SpoolingStarted(at=at, reason=why)
        _log.error("the store is away: requests are kept in the spool", reason=why)
        self._alarms.observe([Recorded(_NOT_IN_THE_STREAM, started, started.data())])
