"""One sender's messages are given their ticket one after the other: of two that come at once, the second finds the
ticket that the first has opened."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from weakref import WeakValueDictionary


class Turns:
    """By number, within this process: two gateways that get one each at the same moment may open two tickets."""

    def __init__(self) -> None:
        self._locks = WeakValueDictionary[str, asyncio.Lock]()

    @asynccontextmanager
    async def of(self, phone: str) -> AsyncIterator[None]:
        """While the ticket is looked for, and the message taken in."""
        lock = self._locks.setdefault(phone, asyncio.Lock())
        async with lock:
            yield
