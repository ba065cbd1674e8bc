"""Who is read next: of those who wait, the smallest mail, so that it waits for no crowd of large ones (P6)."""

import asyncio
import heapq
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count


class Turns:
    """So many at once."""

    def __init__(self, at_once: int) -> None:
        self._free = at_once
        self._waiting: list[tuple[int, int, asyncio.Future[None]]] = []
        self._numbers = count()

    @asynccontextmanager
    async def turn(self, size: int) -> AsyncIterator[None]:
        """Entered when it is the turn of a mail of `size` bytes."""
        await self._begin(size)
        try:
            yield
        finally:
            self._end()

    async def _begin(self, size: int) -> None:
        if self._free:
            self._free -= 1
            return
        mine: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (size, next(self._numbers), mine))
        try:
            await mine
        except asyncio.CancelledError:
            if not mine.cancelled():
                self._end()  # it was given the turn, and won't take it
            raise

    def _end(self) -> None:
        while self._waiting:
            *_, mine = heapq.heappop(self._waiting)
            if not mine.done():
                mine.set_result(None)
                return
        self._free += 1
