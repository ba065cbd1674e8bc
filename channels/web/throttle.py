"""Rates: whoever sends much is slowed, then questioned, and refused only in a flood.

An office behind one address must never be locked out, so the steps are far apart. With `n` messages a minute free:
up to n at once pass, up to 2n are slowed by a moment, up to 10n are questioned, and what is beyond is a flood. All
addresses together are slowed and questioned, and never refused: else a few of them could shut the door for everybody.
"""

import asyncio
import math
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from ipaddress import ip_address, ip_network

from channels.web.settings import RateSettings
from gateway.core.addresses import network_of
from gateway.core.buckets import Buckets
from gateway.core.clock import Instant

LONGEST_DELAY = 2.0
"""Seconds."""
_SLOWED, _QUESTIONED, _FLOOD = 1, 2, 10
"""In minutes of what is free."""
_MINUTE = 60.0
_HOUR = 3600.0
_KNOWN_ADDRESSES = 20_000
_MOST_WAITING = 200
_EVERYBODY = ""


class Step(IntEnum):
    """What happens to a message, from nothing to the worst."""

    PASS = 0
    SLOW = 1
    QUESTION = 2
    REFUSE = 3


@dataclass(frozen=True, slots=True)
class Pace:
    """A step, with the seconds that it means: of delay, or after which to come again."""

    step: Step
    seconds: float = 0.0


FREE = Pace(Step.PASS)


class Throttle:
    """Knows how much each address has sent lately; `sleep` is what a delay waits by."""

    def __init__(self, settings: RateSettings, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        self._addresses = _Meter(settings.per_address, _KNOWN_ADDRESSES)
        self._everybody = _Meter(settings.everybody, 1)
        self._files_free = settings.files_per_address
        self._files = Buckets(self._files_free / _HOUR, self._files_free, _KNOWN_ADDRESSES)
        self._trusted = tuple(ip_network(each) for each in settings.trusted)
        self._client = lru_cache(maxsize=4096)(self._known_as)
        self._sleep = sleep
        self._waiting = 0

    def pace(self, address: str, now: Instant) -> Pace:
        """Counts one message of `address`, and says what is to happen to it."""
        client = self._client(address)
        if client is None:
            return FREE
        own = self._addresses.pace(client, now)
        if own.step is Step.REFUSE:
            return own  # a flood of one counts for nobody else
        together = self._everybody.pace(_EVERYBODY, now)
        if together.step is Step.REFUSE:
            together = Pace(Step.QUESTION, LONGEST_DELAY)
        return max(own, together, key=lambda pace: (pace.step, pace.seconds))

    def takes_file(self, address: str, now: Instant, size: int) -> bool:
        """Counts so many bytes of a file of `address`; False where they are more than it may send."""
        client = self._client(address)
        return client is None or self._files.add(client, now, size) <= self._files_free

    async def delay(self, seconds: float) -> bool:
        """Wait. False, at once, where too many wait already: a delay must not be what exhausts us."""
        if self._waiting >= _MOST_WAITING:
            return False
        self._waiting += 1
        try:
            await self._sleep(seconds)
        finally:
            self._waiting -= 1
        return True

    def _known_as(self, address: str) -> str | None:
        """What an address is counted as; None for one that is trusted."""
        with suppress(ValueError):  # a peer without an address
            parsed = ip_address(address)
            if any(parsed in network for network in self._trusted):
                return None
        return network_of(address)


class _Meter:
    """Turns the level of a bucket into a pace."""

    def __init__(self, free: int, keys: int) -> None:
        self._free = free
        self._buckets = Buckets(free / _MINUTE, free * _FLOOD, keys)

    def pace(self, key: str, now: Instant) -> Pace:
        minutes = self._buckets.add(key, now) / self._free
        if minutes <= _SLOWED:
            return FREE
        if minutes <= _QUESTIONED:
            return Pace(Step.SLOW, LONGEST_DELAY * (minutes - _SLOWED))
        if minutes <= _FLOOD:
            return Pace(Step.QUESTION, LONGEST_DELAY)
        return Pace(Step.REFUSE, float(math.ceil((minutes - _FLOOD) * _MINUTE)))
