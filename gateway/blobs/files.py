"""Blobs in files: the port over a folder, off the event loop and in bounded memory."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing, asynccontextmanager, suppress
from itertools import islice
from pathlib import Path
from typing import BinaryIO, ParamSpec, TypeVar

from gateway.blobs.folder import Draft, Folder
from gateway.core.blob import PIECE, Blob, Sweep, gathered
from gateway.core.clock import Clock, Instant
from gateway.core.disk import kept_free, translated_reading
from gateway.core.errors import StartError, StoreFailed, StoreUnavailable
from gateway.core.ports import NamedBlobs

P = ParamSpec("P")
T = TypeVar("T")

_THREADS = 4
_PAGE = 500
"""Blobs looked at in one query."""


class FileBlobs:
    """The port `Blobs` over a folder, which one process uses at a time.

    `on_failed` is called once, on the loop, after a failed write or fsync: every later put is refused, and the process
    must stop. `kept` is how much of a disk stays free, by its size.
    """

    def __init__(
        self,
        path: Path,
        clock: Clock,
        on_failed: Callable[[StoreFailed], None],
        *,
        kept: Callable[[int], int] = kept_free,
    ) -> None:
        self._folder = Folder(path, kept)
        self._clock = clock
        self._on_failed = on_failed
        self._failure: StoreFailed | None = None
        # Threads of their own: the loop's look up host names, which a disk that hangs must not hold up.
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="blobs")

    async def start(self) -> None:
        """Make the folder ready. Raises StartError."""
        try:
            await self._run(self._folder.prepare)
        except (StoreUnavailable, StoreFailed) as error:
            raise StartError(f"the folder of the attachments can't be used: {error}") from error

    async def put(self, chunks: AsyncIterable[bytes], limit: int) -> Blob:
        """See `Blobs.put`."""
        draft = Draft(self._folder)
        try:
            async with aclosing(gathered(chunks, limit)) as pieces:
                async for piece in pieces:
                    await self._run(draft.write, piece)
            return await self._run(draft.keep, self._clock.now())
        except BaseException:
            with suppress(StoreUnavailable, StoreFailed):  # what can't be dropped now goes at the next start
                await self._run(draft.drop)
            raise

    @asynccontextmanager
    async def open(self, digest: str) -> AsyncIterator[AsyncIterator[bytes]]:
        """See `Blobs.open`."""
        file = await self._run(self._folder.open, digest)
        try:
            async with aclosing(self._pieces(file)) as pieces:
                yield pieces
        finally:
            file.close()

    async def _pieces(self, file: BinaryIO) -> AsyncGenerator[bytes, None]:
        def read() -> bytes:
            with translated_reading("blobs"):
                return file.read(PIECE)

        while piece := await self._run(read):
            yield piece

    async def remove_orphans(self, before: Instant, named: NamedBlobs) -> Sweep:
        """See `Blobs.remove_orphans`."""
        entries = self._folder.entries()
        removed = kept = bytes_kept = 0
        while page := await self._run(list, islice(entries, _PAGE)):
            old = [each.digest for each in page if each.put_at < before]
            orphans = set(old) - set(await named(old)) if old else set()
            gone = await self._run(self._folder.remove, orphans, before)
            stay = [each.size for each in page if each.digest not in gone]
            removed += len(gone)
            kept += len(stay)
            bytes_kept += sum(stay)
        return Sweep(removed, kept, bytes_kept)

    async def close(self) -> None:
        """What is under way in the threads is left to end by itself."""
        self._threads.shutdown(wait=False)

    async def _run(self, step: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        if self._failure is not None:
            raise StoreFailed(str(self._failure))
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, lambda: step(*args, **kwargs))
        except StoreFailed as error:
            self._fail(error)
            raise

    def _fail(self, error: StoreFailed) -> None:
        if self._failure is None:
            self._failure = error
            self._on_failed(error)
