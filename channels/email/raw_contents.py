"""Giving up the contents of mails that were read long ago."""

import asyncio

import structlog

from channels.channel import BackstageStore
from gateway.core.clock import Clock
from gateway.core.errors import StoreUnavailable

_log = structlog.get_logger("relevo.email")

_EVERY = 86_400.0
"""Seconds."""
_AGAIN_AFTER = 600.0
_BATCH = 500


async def forget_old_mails(channel: str, keep_raw: float, store: BackstageStore, clock: Clock) -> None:
    """Once a day, until cancelled: what was read more than `keep_raw` seconds ago. Raises StoreFailed."""
    while True:
        try:
            while await store.forget_mails(channel, clock.now() - keep_raw, _BATCH) == _BATCH:
                continue
        except StoreUnavailable as error:
            _log.warning("old mails could not be given up now", channel=channel, error=str(error))
            await asyncio.sleep(_AGAIN_AFTER)
        else:
            await asyncio.sleep(_EVERY)
