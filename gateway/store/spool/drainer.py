"""The drainer: brings what is in the spool into the store, in its order, as soon as the store takes it."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import structlog

from gateway.core.errors import StoreFailed, StoreUnavailable
from gateway.core.failpoints import failpoint
from gateway.core.ports import SpoolStore
from gateway.core.ticket import Intake
from gateway.store.spool.blobs import SpooledBlobs
from gateway.store.spool.index import Entry
from gateway.store.spool.record import Unreadable
from gateway.store.spool.spool import Spool
from gateway.store.spool.watch import SpoolWatch

_EVERY = 0.5
"""Seconds between two looks; while the store is away each of them asks whether it is back."""
_BATCH = 100
"""In one transaction: new requests, and the hand-offs, have their turns in between."""

Spooled = tuple[Entry, Intake]

_log = structlog.get_logger("relevo.spool")


class Drainer:
    """The background task of one gateway's spool. `when_empty` is called after every round that left nothing in it."""

    def __init__(
        self,
        spool: Spool,
        store: SpoolStore,
        blobs: SpooledBlobs,
        watch: SpoolWatch,
        when_empty: Callable[[], Awaitable[None]],
    ) -> None:
        self._spool = spool
        self._store = store
        self._blobs = blobs
        self._watch = watch
        self._when_empty = when_empty

    async def run(self) -> None:
        """For ever, from the start on."""
        while True:
            try:
                await self.round()
            except StoreUnavailable as error:
                _log.debug("the store is still away", error=str(error))
            await asyncio.sleep(_EVERY)

    async def round(self) -> None:
        """Drain it. Raises StoreUnavailable where the store is away (again); what is in the store by then is done."""
        if self._store.why_not_ready():
            await self._store.drain([])
        while entries := self._spool.head(_BATCH):
            await self._drain([each for entry in entries if (each := await self._read(entry))])
        await self._watch.settle()
        await self._when_empty()

    async def _read(self, entry: Entry) -> Spooled | None:
        try:
            intake = await self._spool.read(entry)
        except Unreadable as error:
            await self._spool.set_aside(entry, str(error))
            return None
        return (entry, intake) if intake else None

    async def _drain(self, spooled: Sequence[Spooled]) -> None:
        """What fails for a reason of one request's own delays no other."""
        try:
            await self._hand_over(spooled)
        except (StoreUnavailable, StoreFailed):
            raise
        except Exception as error:
            if len(spooled) > 1:
                for each in spooled:
                    await self._drain([each])
            else:  # the error's text may have what the requester wrote
                await self._spool.set_aside(spooled[0][0], type(error).__name__)

    async def _hand_over(self, spooled: Sequence[Spooled]) -> None:
        for _, intake in spooled:
            await self._blobs.forward(intake.message.attachments)
        receipts = await self._store.drain([intake for _, intake in spooled])
        for (entry, _), receipt in zip(spooled, receipts, strict=True):
            if receipt.reference != entry.reference:
                _log.error(
                    "another request has the reference that was told", told=entry.reference, is_now=receipt.reference
                )
        failpoint("spool.before_removal")
        await self._spool.done([entry for entry, _ in spooled])
        self._watch.left(len(spooled))
