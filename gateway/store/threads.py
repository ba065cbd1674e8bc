"""The runner of the running service: one writer thread with group commit, and a few threads that read."""

import asyncio
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import structlog

from gateway.core.errors import OutcomeUnknown, StoreFailed, StoreUnavailable
from gateway.core.events import Recorded
from gateway.store.database import Database
from gateway.store.gathering import Gathering
from gateway.store.group import Call
from gateway.store.runner import Answer, Committed, Query
from gateway.store.transaction import Command, Result, Verb
from gateway.store.writer import Writer

_STOP_SECONDS = 2.0
_log = structlog.get_logger("relevo.store")


@dataclass(frozen=True, slots=True)
class _Running:
    """What lives between start and close."""

    loop: asyncio.AbstractEventLoop
    database: Database
    writer: Writer
    gathering: Gathering
    readers: ThreadPoolExecutor


class ThreadedRunner:
    """Over the database that `opened` opens. `on_failed` is called once, on the loop, when nothing more can be
    promised; `measured` is told of each commit how many seconds it took, the longest wait of its calls included."""

    def __init__(
        self,
        opened: Callable[[], Database],
        on_failed: Callable[[StoreFailed], None],
        measured: Callable[[float], None],
    ) -> None:
        self._opened = opened
        self._on_failed = on_failed
        self._measured = measured
        self._running: _Running | None = None
        self._failure: StoreFailed | None = None
        self.refusal: str | None = None
        """Why the last call to write was refused; None where it was committed."""

    async def start(self, committed: Committed) -> bool:
        loop = asyncio.get_running_loop()
        database = await asyncio.to_thread(self._opened)

        def settled(calls: list[Call], recorded: list[Recorded]) -> None:
            loop.call_soon_threadsafe(done, calls, recorded)

        def done(calls: list[Call], recorded: list[Recorded]) -> None:
            gathering.settled()
            if calls[0].error is None:
                self._measured(time.monotonic() - calls[0].asked_at)
            _resolve(calls, recorded, committed)

        def failed(error: StoreFailed) -> None:
            loop.call_soon_threadsafe(self._fail, error)

        writer = Writer(database, settled, failed)
        gathering = Gathering(loop, writer.submit)
        self._running = _Running(
            loop=loop,
            database=database,
            writer=writer,
            gathering=gathering,
            readers=ThreadPoolExecutor(database.readers, thread_name_prefix="store reader"),
        )
        writer.start()
        return database.alone

    async def write(self, verb: Verb[Command, Result], commands: Sequence[Command]) -> list[Result]:
        running = self._usable()
        waiter: asyncio.Future[list[Result]] = running.loop.create_future()
        call = Call(verb, list(commands), waiter, time.monotonic())
        running.gathering.add(call)
        within = running.database.answers_within
        try:
            results = await (waiter if within is None else asyncio.wait_for(waiter, within))
        except TimeoutError:
            kind = StoreUnavailable if running.gathering.withdraw(call) else OutcomeUnknown
            self.refusal = f"the store has not answered within {within:g} s"
            raise kind(self.refusal) from None
        except (StoreUnavailable, StoreFailed) as error:
            self.refusal = str(error)
            raise
        self.refusal = None
        return results

    async def read(self, query: Query[Answer]) -> Answer:
        running = self._usable()
        within = running.database.answers_within
        try:
            async with asyncio.timeout(within):
                return await running.loop.run_in_executor(running.readers, running.database.read, query)
        except TimeoutError:
            raise StoreUnavailable(f"the store has not answered within {within:g} s") from None
        except StoreFailed as error:
            self._fail(error)
            raise

    async def close(self) -> None:
        """What has been queued is committed first. Bounded: a writer that hangs is left behind."""
        if self._running is None:
            return
        running, self._running = self._running, None
        await asyncio.to_thread(running.readers.shutdown)
        running.gathering.flush()
        if await asyncio.to_thread(running.writer.stop, _STOP_SECONDS):
            await asyncio.to_thread(running.database.close)
        else:
            _log.error("the store's writer did not end in time", seconds=_STOP_SECONDS)

    def _usable(self) -> _Running:
        if self._failure is not None:
            raise StoreFailed(str(self._failure))
        if self._running is None:
            raise StoreUnavailable("the store is not open")
        return self._running

    def _fail(self, error: StoreFailed) -> None:
        if self._failure is None:
            self._failure = error
            self._on_failed(error)


def _resolve(calls: list[Call], recorded: list[Recorded], committed: Committed) -> None:
    """On the loop: the observers first, then the callers, whose next steps may build on what was observed."""
    if recorded:
        committed(recorded)
    for call in calls:
        if call.waiter is None or call.waiter.done():
            continue  # the caller was cancelled meanwhile; what it asked for is done all the same
        if call.error is not None:
            call.waiter.set_exception(call.error)
        else:
            call.waiter.set_result(call.results or [])
