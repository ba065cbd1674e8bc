"""The spool: requests in files on this machine, in the order in which they came, each durable before it is told.

All that touches the disk runs in one thread, one step after the other; what comes while it writes shares the next sync.
"""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from typing import ParamSpec, TypeVar

import structlog

from gateway.core.errors import StartError, StoreFailed, StoreUnavailable
from gateway.core.spool_state import SpoolState
from gateway.core.ticket import Intake
from gateway.store.spool.folder import Place, SpoolFolder
from gateway.store.spool.index import Entry, Index
from gateway.store.spool.lines import Line, line_of
from gateway.store.spool.record import Unreadable, decode, encode

P = ParamSpec("P")
T = TypeVar("T")

_log = structlog.get_logger("relevo.spool")


class Spool:
    """Opened by `start`, and of at most `limit` bytes. `on_failed` is called once, after a failed write or fsync."""

    def __init__(self, path: Path, limit: int, on_failed: Callable[[StoreFailed], None]) -> None:
        self.index = Index()
        self.holder = ""
        """The folder's name for itself, from the first start on."""
        self._folder = SpoolFolder(path)
        self._limit = limit
        self._on_failed = on_failed
        self._failure: StoreFailed | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="spool")
        self._lacked_room = False
        self._set_aside = 0
        self._unwritten: list[tuple[Entry, bytes]] = []
        self._writing: asyncio.Task[None] | None = None
        self._written: dict[str, asyncio.Future[StoreUnavailable | None]] = {}
        """Of each request that is not durable yet: what became of it."""

    async def start(self) -> None:
        """Open it, with what was left in it. Raises StartError."""
        try:
            await self._run(self._folder.prepare)
            self.holder = await self._run(self._folder.holder)
            for place, line in await self._run(lambda: list(self._folder.lines())):
                await self._found(place, line)
            self._set_aside = await self._run(self._folder.count_set_aside)
        except (StoreUnavailable, StoreFailed) as error:
            raise StartError(f"the folder of the spool can't be used: {error}") from error

    @property
    def state(self) -> SpoolState:
        oldest = next(iter(self.index), None)
        return SpoolState(len(self.index), oldest.received_at if oldest else None, self._set_aside)

    @property
    def full(self) -> bool:
        """There was no room for the last one that came, or there is none for any."""
        return self._lacked_room or self.index.size >= self._limit

    async def keep(self, intake: Intake) -> Entry:
        """Put a new ticket at its end; durable on return. Raises StoreUnavailable where there is no room for it."""
        line = line_of(encode(intake))
        entry = Entry.of(intake, len(line))
        self._lacked_room = self.index.size + entry.size > self._limit
        if self._lacked_room:
            raise StoreUnavailable(f"the spool has room for {self._limit} bytes, and no more")
        self.index.add(entry)
        self._unwritten.append((entry, line))
        self._written[entry.ticket_id] = asyncio.get_running_loop().create_future()
        if self._writing is None:
            self._writing = asyncio.create_task(self._write(), name="spool writer")
        await self.durable(entry)
        return entry

    async def durable(self, entry: Entry) -> None:
        """Returns once it is. Raises StoreUnavailable."""
        written = self._written.get(entry.ticket_id)
        error = await asyncio.shield(written) if written else None
        if error:
            raise StoreUnavailable(str(error))

    def head(self, most: int) -> list[Entry]:
        """The first ones, as far as they are durable."""
        return [entry for entry in islice(self.index, most) if entry.place]

    async def read(self, entry: Entry) -> Intake | None:
        """The request as it was put there; None where it is there no more. Raises StoreUnavailable, Unreadable."""
        if entry.place is None:
            return None
        try:
            content = Line(0, await self._run(self._folder.read, entry.place)).content
        except StoreUnavailable:
            if self.index.get(entry.ticket_id) is None:
                return None
            raise
        return decode(content)

    async def done(self, entries: Sequence[Entry]) -> None:
        """These are in the store."""
        for entry in entries:
            self.index.remove(entry)
        self._lacked_room = False
        await self._run(self._folder.done, [entry.place for entry in entries if entry.place])

    async def set_aside(self, entry: Entry, why: str) -> None:
        """The store will never take it: a person has to look."""
        if entry.place:
            text = await self._run(self._folder.read, entry.place)
            await self._put_aside(entry.ticket_id, text, entry.place, why)
        self.index.remove(entry)

    async def close(self) -> None:
        """What is being written is finished first."""
        if self._writing:
            await self._writing
        await asyncio.get_running_loop().run_in_executor(self._thread, self._folder.close)
        self._thread.shutdown(wait=False)

    async def _found(self, place: Place, line: Line) -> None:
        try:
            intake = decode(line.content)
        except Unreadable as error:
            await self._put_aside(f"{Path(place.file).stem}-{place.offset}", line.text, place, str(error))
        else:
            entry = Entry.of(intake, place.length)
            entry.place = place
            if self.index.get(entry.ticket_id):  # a copy of a file was put there
                await self._run(self._folder.done, [place])
            else:
                self.index.add(entry)

    async def _put_aside(self, name: str, text: bytes, place: Place, why: str) -> None:
        await self._run(self._folder.set_aside, name, text)
        await self._run(self._folder.done, [place])
        self._set_aside += 1
        _log.error("a spooled request is set aside: somebody has to look", name=name, reason=why)

    async def _write(self) -> None:
        while self._unwritten:
            batch, self._unwritten = self._unwritten, []
            try:
                places = await self._run(self._folder.append, [line for _, line in batch])
            except (StoreUnavailable, StoreFailed) as error:
                for entry, _ in batch:
                    self.index.remove(entry)
                    self._written.pop(entry.ticket_id).set_result(StoreUnavailable(str(error)))
            else:
                for (entry, _), place in zip(batch, places, strict=True):
                    entry.place = place
                    self._written.pop(entry.ticket_id).set_result(None)
        self._writing = None

    async def _run(self, step: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        if self._failure is not None:
            raise StoreFailed(str(self._failure))
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, lambda: step(*args, **kwargs))
        except StoreFailed as error:
            self._failure = error
            self._on_failed(error)
            raise
