"""What of a channel doesn't work, told once when it begins and once when it is over."""

import asyncio
from collections import deque

import structlog

from gateway.core.clock import Clock
from gateway.core.errors import StoreFailed, StoreUnavailable
from gateway.core.events import ChannelRecovered, ChannelTroubled, Event
from gateway.core.ports import Announcer

_log = structlog.get_logger("relevo.channels")

_AGAIN_AFTER = 5.0
"""Seconds until the store is told again what it couldn't keep."""
_LONGEST_REASON = 500


class Troubles:
    """Of one channel, by its parts: `imap INBOX`, `smtp`, `webhook voice`. Quick, and raises nothing: the events are
    written behind the caller's back, in order."""

    def __init__(self, channel: str, announcer: Announcer, clock: Clock) -> None:
        self._channel = channel
        self._announcer = announcer
        self._clock = clock
        self._reasons: dict[str, str] = {}
        self._unsaid: deque[Event] = deque()
        self._saying: asyncio.Task[None] | None = None

    @property
    def parts(self) -> frozenset[str]:
        """Those that don't work now."""
        return frozenset(self._reasons)

    def troubled(self, part: str, why: str) -> None:
        """That part doesn't work, and is tried again by itself; said as often as it is noticed."""
        reason = why[:_LONGEST_REASON]
        known = self._reasons.get(part)
        self._reasons[part] = reason
        if known is None:
            self._say(ChannelTroubled(at=self._clock.now(), channel=self._channel, part=part, reason=reason))
        elif known != reason:
            _log.warning("a channel's trouble has another reason now", channel=self._channel, part=part, reason=reason)

    def recovered(self, part: str) -> None:
        """That part works; said as often as it is noticed."""
        if self._reasons.pop(part, None) is not None:
            self._say(ChannelRecovered(at=self._clock.now(), channel=self._channel, part=part))

    def noticed(self, part: str, why: str | None) -> None:
        """`troubled`, or `recovered` where there is no `why`."""
        if why is None:
            self.recovered(part)
        else:
            self.troubled(part, why)

    async def close(self) -> None:
        """What is being written now is not waited for."""
        if self._saying is not None:
            self._saying.cancel()
            await asyncio.wait({self._saying})

    async def said(self) -> None:
        """Returns once all that was noticed is written."""
        if self._saying is not None:
            await self._saying

    def _say(self, event: Event) -> None:
        self._unsaid.append(event)
        if self._saying is None or self._saying.done():
            self._saying = asyncio.create_task(self._write(), name=f"troubles of {self._channel}")

    async def _write(self) -> None:
        while self._unsaid:
            try:
                await self._announcer.announce([self._unsaid[0]])
            except StoreUnavailable:
                await asyncio.sleep(_AGAIN_AFTER)
            except StoreFailed:
                return  # the service is about to stop
            else:
                self._unsaid.popleft()
