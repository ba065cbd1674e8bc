"""The one thread that writes: it commits each group of calls, in the order in which they come."""

import queue
import threading
from collections.abc import Callable, Sequence
from functools import partial

from gateway.core.errors import StoreFailed, StoreUnavailable
from gateway.core.events import Recorded
from gateway.store import group
from gateway.store.database import Database
from gateway.store.failures import DiskFull
from gateway.store.group import Call

Settled = Callable[[list[Call], list[Recorded]], None]
"""Told in the writer's thread, after the commit: the calls, and the events of those that succeeded."""


class Writer:
    """Owns the connection that writes. After a StoreFailed it writes no more: every later call fails the same way."""

    def __init__(self, database: Database, settled: Settled, failed: Callable[[StoreFailed], None]) -> None:
        self._database = database
        self._settled = settled
        self._failed = failed
        self._failure: StoreFailed | None = None
        self._groups: queue.SimpleQueue[list[Call] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="store writer", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def submit(self, group: list[Call]) -> None:
        self._groups.put(group)

    def stop(self, seconds: float) -> bool:
        """Finish what has been queued and end; False where that takes longer than `seconds`."""
        self._groups.put(None)
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while calls := self._groups.get():
            self._commit(calls)
        if self._failure is None:
            self._look_after(self._database.finish)

    def _commit(self, calls: list[Call]) -> None:
        recorded: list[Recorded] = []
        if self._failure is None:
            recorded = group.commit(self._database.connection, calls)
        else:
            for call in calls:
                call.error = StoreFailed(str(self._failure))
        self._settled(calls, recorded)
        for call in calls:
            if isinstance(call.error, StoreFailed):
                self._fail(call.error)
        if self._failure is None:
            self._look_after(partial(self._upkeep, [call.error for call in calls]))

    def _upkeep(self, errors: Sequence[Exception | None]) -> None:
        if any(isinstance(error, StoreUnavailable) for error in errors):
            self._database.refused(disk_full=any(isinstance(error, DiskFull) for error in errors))
        else:
            self._database.committed()

    def _look_after(self, upkeep: Callable[[], None]) -> None:
        try:
            upkeep()
        except StoreFailed as error:
            self._fail(error)

    def _fail(self, error: StoreFailed) -> None:
        if self._failure is None:
            self._failure = error
            self._failed(error)
