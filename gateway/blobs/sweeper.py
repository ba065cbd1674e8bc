"""Removes, now and then, what nobody has come to name: uploads of forms that were never sent."""

import asyncio
from collections.abc import Callable

import structlog

from gateway.core.blob import Sweep
from gateway.core.clock import Clock
from gateway.core.errors import StoreUnavailable
from gateway.core.ports import Blobs, NamedBlobs

EVERY = 3600.0
"""Seconds between sweeps."""
GRACE = 86_400.0
"""Seconds that a content may wait to be named: far longer than any form stays open between two of its posts."""
_log = structlog.get_logger("relevo.blobs")


class Sweeper:
    """The background task of one gateway. `named` asks the store; `swept` is told what each sweep found."""

    def __init__(self, blobs: Blobs, named: NamedBlobs, clock: Clock, swept: Callable[[Sweep], None]) -> None:
        self._blobs = blobs
        self._named = named
        self._clock = clock
        self._swept = swept

    async def run(self) -> None:
        """For ever, from the start on."""
        while True:
            await self.sweep()
            await asyncio.sleep(EVERY)

    async def sweep(self) -> None:
        """One sweep; what the store can't do now is tried again the next time."""
        try:
            found = await self._blobs.remove_orphans(self._clock.now() - GRACE, self._named)
        except StoreUnavailable as error:
            _log.warning("sweep put off", error=str(error))
            return
        self._swept(found)
        if found.removed:
            _log.info("orphans removed", removed=found.removed, kept=found.kept, bytes=found.bytes_kept)
