"""Turns: whoever asks for much waits for it, and nobody else does."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

from gateway.core.addresses import client_address, network_of

_AT_ONCE = 4


class Turns:
    """What is costly is done once at a time for each address, and a few times at once in all.

    So the memory that it takes is bounded, the loop and the store's readers are free in between, and a thousand askers
    at one address are one among those of other addresses.
    """

    def __init__(self) -> None:
        self._all = asyncio.Semaphore(_AT_ONCE)
        self._of: dict[str, _Line] = {}

    @asynccontextmanager
    async def one(self, request: web.Request, *, even_gone: bool = False) -> AsyncIterator[None]:
        """A turn of the address that the request comes from. Raises ConnectionError for who has left meanwhile, unless
        what was asked for is to be done all the same."""
        address = network_of(client_address(request))
        line = self._of.setdefault(address, _Line())
        line.length += 1
        try:
            async with line.turn, self._all:
                await asyncio.sleep(0)  # what is made in one go would be over before anybody else comes to wait
                if request.transport is None and not even_gone:
                    raise ConnectionResetError("the client is gone")
                yield
        finally:
            line.length -= 1
            if not line.length:
                del self._of[address]


class _Line:
    """Those of one address who wait for their turn, or have it."""

    def __init__(self) -> None:
        self.turn = asyncio.Lock()
        self.length = 0
