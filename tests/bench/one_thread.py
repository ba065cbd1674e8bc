"""The store on one thread, for the profile alone: the same verbs over the same file, in groups, on the event loop.

With the writer in a thread of its own the two threads wait for the interpreter's lock, and no sampling from within can
tell that from work.
"""

import asyncio
from collections.abc import Sequence

from gateway.store import group
from gateway.store.database_sqlite import SqliteDatabase
from gateway.store.failures import translated
from gateway.store.group import Call
from gateway.store.runner import Answer, Committed, Query
from gateway.store.transaction import Command, Result, Verb

_GATHERED_FOR = 0.002
"""Seconds in which calls join a group: about as long as a commit takes, so that groups are as big as the writer's."""


class OneThreadRunner:
    """Over an SQLite file, with its lock, its migrations and its checkpoints."""

    refusal: str | None = None

    def __init__(self, file: str) -> None:
        self._file = file
        self._calls: list[Call] = []

    async def start(self, committed: Committed) -> bool:
        self._committed = committed
        self._database = SqliteDatabase.open(self._file)
        return True

    async def write(self, verb: Verb[Command, Result], commands: Sequence[Command]) -> list[Result]:
        loop = asyncio.get_running_loop()
        waiter: asyncio.Future[list[Result]] = loop.create_future()
        if not self._calls:
            loop.call_later(_GATHERED_FOR, self._commit)
        self._calls.append(Call(verb, list(commands), waiter=waiter))
        return await waiter

    def _commit(self) -> None:
        calls, self._calls = self._calls, []
        self._committed(group.commit(self._database.connection, calls))
        for call in calls:
            if call.waiter is not None and call.error is not None:
                call.waiter.set_exception(call.error)
            elif call.waiter is not None:
                call.waiter.set_result(call.results or [])
        self._database.committed()

    async def read(self, query: Query[Answer]) -> Answer:
        with translated(), self._database.connection.begin():
            return query(self._database.connection)

    async def close(self) -> None:
        self._database.close()
