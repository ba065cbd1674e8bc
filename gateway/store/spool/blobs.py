"""Contents of attachments while the store is away: in a folder on this machine, until the store has them."""

from collections.abc import AsyncIterable, AsyncIterator, Callable, Collection, Iterable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

from gateway.core.blob import Blob, Sweep
from gateway.core.clock import Instant
from gateway.core.errors import BlobMissing
from gateway.core.ports import KeptBlobs, NamedBlobs
from gateway.core.ticket import Attachment


class SpooledBlobs:
    """The port KeptBlobs over those `beside` the store, and those on `this` machine. `away` says why the store can't be
    asked; `spooled` is which digests the spooled requests name."""

    def __init__(
        self,
        beside: KeptBlobs,
        here: KeptBlobs,
        away: Callable[[], str | None],
        spooled: Callable[[Collection[str]], set[str]],
    ) -> None:
        self._beside = beside
        self._here = here
        self._away = away
        self._spooled = spooled

    async def start(self) -> None:
        await self._here.start()
        await self._beside.start()

    async def put(self, chunks: AsyncIterable[bytes], limit: int) -> Blob:
        """See `Blobs.put`. What is on its way when the store goes is refused: nobody has it whole."""
        return await (self._here if self._away() else self._beside).put(chunks, limit)

    @asynccontextmanager
    async def open(self, digest: str) -> AsyncIterator[AsyncIterator[bytes]]:
        """See `Blobs.open`."""
        async with AsyncExitStack() as stack:
            try:
                content = await stack.enter_async_context(self._here.open(digest))
            except BlobMissing:
                content = await stack.enter_async_context(self._beside.open(digest))
            yield content

    async def forward(self, attachments: Iterable[Attachment]) -> None:
        """Before the store hears of these: it has what is only here. Raises StoreUnavailable."""
        for each in attachments:
            try:
                async with self._here.open(each.digest) as content:
                    await self._beside.put(content, each.size)
            except BlobMissing:
                continue  # it went to the store at once

    async def remove_orphans(self, before: Instant, named: NamedBlobs) -> Sweep:
        """See `Blobs.remove_orphans`. What the store has got is an orphan here."""

        async def named_here(digests: Sequence[str]) -> set[str]:
            return self._spooled(digests)

        async def named_anywhere(digests: Sequence[str]) -> set[str]:
            return {*await named(digests), *self._spooled(digests)}

        await self._here.remove_orphans(before, named_here)
        return await self._beside.remove_orphans(before, named_anywhere)

    async def close(self) -> None:
        await self._beside.close()
        await self._here.close()
