"""What came while nobody here could be told, or could keep it: asked for at Twilio, whose lists have it.

How far that has come is kept, so that nothing before is asked for again, and nothing after is left out.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

import structlog

from channels.channel import Backstage, ChannelContext
from channels.phone.twilio.rest import API, ApiUnavailable
from channels.troubles import Troubles
from gateway.core.clock import Instant
from gateway.core.errors import StoreFailed, StoreUnavailable

_EVERY = 300.0
"""Seconds between two looks while nothing seems to be missing: what is not told to us, we don't know of."""
_SOON = 5.0
"""Seconds after something was missed, or couldn't be asked for."""
_OVERLAP = 900.0
"""Seconds that are looked at again: Twilio's lists lag behind, and its clock may differ."""

_log = structlog.get_logger("relevo.phone")

TakeIn = Callable[[Instant], Awaitable[Instant | None]]
"""Takes in what the list has since then and isn't here. Since when something is that it is too early for; None where
nothing is. May raise ApiUnavailable, and the store's errors."""


class CatchingUp:
    """Of one channel, with the list `what`: `calls`, or `messages`."""

    def __init__(
        self, what: str, take_in: TakeIn, context: ChannelContext, backstage: Backstage, troubles: Troubles
    ) -> None:
        self._what = what
        self._take_in = take_in
        self._channel = context.name
        self._clock = context.clock
        self._backstage = backstage
        self._troubles = troubles
        self._missed = asyncio.Event()
        self._began_at = self._clock.now()

    def wake(self) -> None:
        """Something was missed just now."""
        self._missed.set()

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            done = await self._try()
            await self._pause(_EVERY if done else _SOON)

    async def look(self) -> None:
        """Once. Raises ApiUnavailable, and the store's errors."""
        store, now, drift = self._backstage.store, self._clock.now(), self._clock.drift()
        kept = await store.mailbox_position(self._channel, self._what)
        # Kept as the wall clock's, so that one that was wrong at a start is wrong no longer than until the next. What
        # was before we were there first is none of our affair, however long it takes to look for the first time.
        since = self._began_at if kept is None else min(float(kept) - drift, now)
        open_since = await self._take_in(since)
        position = min(now, now if open_since is None else open_since) - _OVERLAP
        await store.save_mailbox_position(self._channel, self._what, repr(max(since, position) + drift))
        self._troubles.recovered(API)

    async def _try(self) -> bool:
        self._missed.clear()
        try:
            await self.look()
        except ApiUnavailable as error:
            self._troubles.troubled(API, str(error))
            return False
        except StoreUnavailable as error:
            _log.warning("not caught up yet", channel=self._channel, list=self._what, error=str(error))
            return False
        except StoreFailed as error:
            self._backstage.failed(error)
        return True

    async def _pause(self, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._missed.wait()
                await asyncio.sleep(_SOON)  # many may be missed at once
