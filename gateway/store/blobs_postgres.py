"""Blobs in PostgreSQL: every gateway on the database has them, and a failover takes them along with their tickets."""

import asyncio
import hashlib
import tempfile
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing, asynccontextmanager
from itertools import count
from pathlib import Path
from typing import IO, Any, ParamSpec, TypeVar

from sqlalchemy import Row, delete, func, insert, literal_column, select
from sqlalchemy.dialects.postgresql import insert as insert_or_update
from sqlalchemy.sql.dml import ReturningInsert

from gateway.core.blob import PIECE, Blob, Sweep, gathered, is_digest
from gateway.core.clock import Clock, Instant
from gateway.core.disk import Reserve, kept_free
from gateway.core.errors import BlobMissing, StoreUnavailable
from gateway.core.ports import NamedBlobs
from gateway.core.store_address import StoreAddress
from gateway.store.blob_tables import blob_pieces, blobs
from gateway.store.engine_postgres import extend, plain_engine
from gateway.store.failures import translated

P = ParamSpec("P")
T = TypeVar("T")

_THREADS = 4
_PAGE = 500
"""Blobs looked at in one query."""

_put = insert_or_update(blobs)
# A row that this statement inserts has been changed by nobody since; one that it finds there, by this statement.
_PUT: ReturningInsert[Any] = _put.on_conflict_do_update(
    index_elements=[blobs.c.digest], set_={"put_at": func.greatest(blobs.c.put_at, _put.excluded.put_at)}
).returning(literal_column("blobs.xmax = 0"))


class PostgresBlobs:
    """The port `Blobs` over the tables of `blob_tables`, to be started and closed."""

    def __init__(self, address: StoreAddress, clock: Clock, *, kept: Callable[[int], int] = kept_free) -> None:
        self._drafts = Reserve(Path(tempfile.gettempdir()), kept)
        self._engine = plain_engine(address, _THREADS)
        self._clock = clock
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="blobs")

    async def start(self) -> None:
        """The store has made the tables when it started."""

    async def put(self, chunks: AsyncIterable[bytes], limit: int) -> Blob:
        """See `Blobs.put`. A draft outside the database keeps a slow sender from holding a transaction open."""
        digest, size = hashlib.sha256(), 0
        with await self._run(_new_draft) as draft:
            async with aclosing(gathered(chunks, limit)) as pieces:
                async for piece in pieces:
                    await self._run(self._write, draft, piece)
                    digest.update(piece)
                    size += len(piece)
            blob = Blob(digest.hexdigest(), size)
            await self._run(self._keep, blob, draft, self._clock.now())
        return blob

    @asynccontextmanager
    async def open(self, digest: str) -> AsyncIterator[AsyncIterator[bytes]]:
        """See `Blobs.open`."""
        size = await self._run(self._size, digest) if is_digest(digest) else None
        if size is None:
            raise BlobMissing(digest)
        async with aclosing(self._pieces(digest, size)) as pieces:
            yield pieces

    async def remove_orphans(self, before: Instant, named: NamedBlobs) -> Sweep:
        """See `Blobs.remove_orphans`."""
        removed = kept = bytes_kept = 0
        page = await self._run(self._page, "")
        while page:
            old = [each.digest for each in page if each.put_at < before]
            orphans = set(old) - set(await named(old)) if old else set()
            gone = await self._run(self._remove, orphans, before)
            stay = [each.size for each in page if each.digest not in gone]
            removed += len(gone)
            kept += len(stay)
            bytes_kept += sum(stay)
            page = await self._run(self._page, page[-1].digest)
        return Sweep(removed, kept, bytes_kept)

    async def close(self) -> None:
        """What is under way in the threads is left to end by itself."""
        self._threads.shutdown(wait=False)
        self._engine.dispose()

    async def _pieces(self, digest: str, size: int) -> AsyncGenerator[bytes, None]:
        """Each in a query of its own: a slow reader holds nothing open."""
        for number in count():
            if size <= 0:
                return
            piece = await self._run(self._piece, digest, number)
            if piece is None:
                raise BlobMissing(digest)
            size -= len(piece)
            yield piece

    def _write(self, draft: IO[bytes], piece: bytes) -> None:
        try:
            self._drafts.require_room()
            draft.write(piece)
        except OSError as error:
            raise StoreUnavailable(f"an attachment can't be drafted: {error.strerror}") from error

    def _keep(self, blob: Blob, draft: IO[bytes], now: Instant) -> None:
        with translated(), self._engine.begin() as connection:
            row = {"digest": blob.digest, "size": blob.size, "put_at": now}
            is_new = connection.execute(_PUT, row).scalar_one()
            draft.seek(0)
            for number in count():
                piece = draft.read(PIECE) if is_new else b""
                extend(connection)
                if not piece:
                    break
                connection.execute(insert(blob_pieces), {"digest": blob.digest, "number": number, "content": piece})

    def _size(self, digest: str) -> int | None:
        with translated(), self._engine.begin() as connection:
            return connection.execute(select(blobs.c.size).where(blobs.c.digest == digest)).scalar()

    def _piece(self, digest: str, number: int) -> bytes | None:
        query = select(blob_pieces.c.content).where(blob_pieces.c.digest == digest, blob_pieces.c.number == number)
        with translated(), self._engine.begin() as connection:
            return connection.execute(query).scalar()

    def _page(self, after: str) -> Sequence[Row[Any]]:
        query = select(blobs).where(blobs.c.digest > after).order_by(blobs.c.digest).limit(_PAGE)
        with translated(), self._engine.begin() as connection:
            return connection.execute(query).all()

    def _remove(self, digests: Collection[str], before: Instant) -> set[str]:
        """Those that are removed: not one that was put again meanwhile."""
        orphans = delete(blobs).where(blobs.c.digest.in_(digests), blobs.c.put_at < before).returning(blobs.c.digest)
        with translated(), self._engine.begin() as connection:
            return set(connection.execute(orphans).scalars()) if digests else set()

    async def _run(self, step: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, lambda: step(*args, **kwargs))


def _new_draft() -> IO[bytes]:
    try:
        return tempfile.TemporaryFile(prefix="relevo-")
    except OSError as error:
        raise StoreUnavailable(f"an attachment can't be drafted: {error.strerror}") from error
