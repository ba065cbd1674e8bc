"""Giving up the contents of mails that were read long ago."""

import asyncio
from typing import Protocol

import structlog

from gateway.core.clock import Clock, Instant
from gateway.core.errors import StoreUnavailable

_log = structlog.get_logger("relevo.email")

_EVERY = 86_400.0
"""Seconds."""
_AGAIN_AFTER = 600.0
_BATCH = 500


class Forgetful(Protocol):
    """What is needed of the store: see MailStore."""

    async def forget_mails(self, channel: str, before: Instant, limit: int) -> int: ...


async def forget_old_mails(channel: str, keep_raw: float, store: Forgetful, clock: Clock) -> None:
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
