"""Giving up what was kept long enough, once a day."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from gateway.core.clock import Clock, Instant
from gateway.core.errors import StoreUnavailable

_log = structlog.get_logger("relevo.channels")

_EVERY = 86_400.0
"""Seconds."""
_AGAIN_AFTER = 600.0
_BATCH = 500

Forget = Callable[[str, Instant, int], Awaitable[int]]
"""Gives up that much at most of the channel's that is from before that instant; how much it was."""


async def forget_old(forget: Forget, channel: str, keep: float, clock: Clock) -> None:
    """Until cancelled: what is older than `keep` seconds. Raises StoreFailed."""
    while True:
        try:
            while await forget(channel, clock.now() - keep, _BATCH) == _BATCH:
                continue
        except StoreUnavailable as error:
            _log.warning("what is old could not be given up now", channel=channel, error=str(error))
            await asyncio.sleep(_AGAIN_AFTER)
        else:
            await asyncio.sleep(_EVERY)
