"""The room that files may take: so many bytes an hour for each address. They are on disk before anybody knows whether
the form that they came with is ever sent, and stay there for a day."""

from collections.abc import AsyncGenerator, AsyncIterable, Callable
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from aiohttp import web

from channels.channel import ChannelContext
from channels.web.throttle import Throttle
from gateway.core.addresses import client_address
from gateway.core.blob import Blob
from gateway.core.errors import StoreUnavailable


class Keeping(Protocol):
    """Where a form's files are put."""

    async def put(self, chunks: AsyncIterable[bytes], limit: int) -> Blob:
        """See `Blobs.put`."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """Keeps files for as long as `takes` says yes to the bytes that come."""

    kept_in: Keeping
    takes: Callable[[int], bool]

    @classmethod
    def of(cls, request: web.Request, context: ChannelContext, throttle: Throttle) -> "Allowance":
        """What is left to whoever sends the request."""
        return cls(context.blobs, partial(throttle.takes_file, client_address(request), context.clock.now()))

    async def put(self, chunks: AsyncIterable[bytes], limit: int) -> Blob:
        """Raises StoreUnavailable where nothing is left, too."""
        async with aclosing(self._counted(chunks)) as counted:
            return await self.kept_in.put(counted, limit)

    async def _counted(self, chunks: AsyncIterable[bytes]) -> AsyncGenerator[bytes, None]:
        async for chunk in chunks:
            if not self.takes(len(chunk)):
                raise StoreUnavailable("an address has sent more files in an hour than are taken")
            yield chunk
