"""The one thread that writes: it takes the calls that have queued up and commits them as a group."""

import queue
import threading
from collections.abc import Callable

from sqlalchemy import Connection

from gateway.core.errors import StoreFailed, StoreUnavailable
from gateway.core.events import Recorded
from gateway.store import group
from gateway.store.checkpoint import Checkpointer
from gateway.store.group import Call

_GROUP_COMMANDS = 512
"""A bigger group gains nothing, and the last of its callers would wait longer."""
_QUEUED_CALLS = 10_000

Settled = Callable[[list[Call], list[Recorded]], None]
"""Told in the writer's thread, after the commit: the calls, and the events of those that succeeded."""


class Writer:
    """Owns the connection that writes. After a StoreFailed it writes no more: every later call fails the same way."""

    def __init__(self, connection: Connection, settled: Settled, failed: Callable[[StoreFailed], None]) -> None:
        self._connection = connection
        self._checkpointer = Checkpointer(connection)
        self._settled = settled
        self._failed = failed
        self._failure: StoreFailed | None = None
        self._calls: queue.SimpleQueue[Call | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="store writer", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def submit(self, call: Call) -> None:
        """Queue a call. Raises StoreUnavailable where too many wait already."""
        if self._calls.qsize() >= _QUEUED_CALLS:
            raise StoreUnavailable(f"{_QUEUED_CALLS} calls are waiting for the store already")
        self._calls.put(call)

    def stop(self, seconds: float) -> bool:
        """Finish what has been queued, checkpoint and end; False where that takes longer than `seconds`."""
        self._calls.put(None)
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def _run(self) -> None:
        last = False
        while not last:
            calls, last = self._gather()
            if calls:
                self._commit(calls)
        if self._failure is None:
            self._checkpoint(lambda: self._checkpointer.run("TRUNCATE"))

    def _gather(self) -> tuple[list[Call], bool]:
        """Wait for a call, and take those that have queued up behind it; True with the last ones before the end."""
        calls: list[Call] = []
        commands = 0
        call = self._calls.get()
        while call is not None:
            calls.append(call)
            commands += len(call.commands)
            if commands >= _GROUP_COMMANDS:
                return calls, False
            try:
                call = self._calls.get_nowait()
            except queue.Empty:
                return calls, False
        return calls, True

    def _commit(self, calls: list[Call]) -> None:
        recorded: list[Recorded] = []
        if self._failure is None:
            recorded = group.commit(self._connection, calls)
        else:
            for call in calls:
                call.error = StoreFailed(str(self._failure))
        self._settled(calls, recorded)
        for call in calls:
            if isinstance(call.error, StoreFailed):
                self._fail(call.error)
        if self._failure is None:
            self._checkpoint(self._checkpointer.after_commit)

    def _checkpoint(self, checkpoint: Callable[[], None]) -> None:
        try:
            checkpoint()
        except StoreFailed as error:
            self._fail(error)

    def _fail(self, error: StoreFailed) -> None:
        if self._failure is None:
            self._failure = error
            self._failed(error)
