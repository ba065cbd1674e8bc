"""Where what comes in is kept: in the store, and where that is a database that may be away, before it in the spool."""

from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

from config.schema import GatewaySettings
from gateway.app.blobs import build_blobs
from gateway.blobs import FileBlobs
from gateway.core.clock import Clock
from gateway.core.errors import StoreFailed
from gateway.core.ports import KeptBlobs, Observer, SpoolStore, TicketStore
from gateway.core.store_address import SQLITE
from gateway.metrics import Metrics
from gateway.store.spool import Drainer, Spool, SpooledBlobs, SpooledStore, SpoolWatch
from gateway.web.ops import Check

_BLOBS = "blobs"
"""The folder of the attachments in that of the spool."""


@dataclass(frozen=True, slots=True)
class Keeping:
    """What intake, the pages and the desks' routes are given."""

    store: TicketStore
    blobs: KeptBlobs
    remarks: Mapping[str, Check]
    """What readiness tells of it."""
    drainer: Drainer | None
    """To be run, where there is a spool."""


async def open_keeping(
    settings: GatewaySettings,
    store: SpoolStore,
    clock: Clock,
    alarms: Observer,
    metrics: Metrics,
    on_failed: Callable[[StoreFailed], None],
    parts: AsyncExitStack,
) -> Keeping:
    """Started, over a store that is; `parts` close it again. Raises StartError.

    A spool that is allowed no bytes is opened all the same where it has a folder: something may be left in it.
    """
    blobs = build_blobs(settings.store, clock, on_failed)
    folder = settings.store_spool.folder
    if settings.store.scheme == SQLITE:
        metrics.watch_disk("store", Path(settings.store.file).parent)
    if settings.store.scheme == SQLITE or not (settings.store_spool.limit or folder.exists()):
        parts.push_async_callback(blobs.close)
        await blobs.start()
        return Keeping(store, blobs, {}, None)

    spool = Spool(folder, settings.store_spool.limit, on_failed)
    parts.push_async_callback(spool.close)
    await spool.start()
    here = FileBlobs(folder / _BLOBS, clock, on_failed)
    spooled_blobs = SpooledBlobs(blobs, here, store.why_not_ready, spool.index.named)
    parts.push_async_callback(spooled_blobs.close)
    await spooled_blobs.start()
    watch = SpoolWatch(spool, store, alarms, clock)
    spooled = SpooledStore(store, spool, spooled_blobs, watch, clock)
    await spooled.reserve()
    watch.resume()
    metrics.watch_spool(lambda: spool.state, clock)
    metrics.watch_disk("spool", folder)
    drainer = Drainer(spool, store, spooled_blobs, watch, spooled.reserve)
    return Keeping(spooled, spooled_blobs, {"spool": spooled.remark}, drainer)
