"""The real store without threads: the same verbs, run on the event loop over SQLite in memory, so that a virtual-time
loop can drive it."""

import asyncio
import atexit
import shutil
import sqlite3
import tempfile
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from typing import TypeVar, cast

import pytest
from sqlalchemy import Connection, Engine

from gateway.core.clock import Clock
from gateway.core.errors import StoreFailed
from gateway.core.events import Event, Recorded
from gateway.core.ports import Observer
from gateway.core.store_address import store_address
from gateway.store import SqlStore, group
from gateway.store.database_postgres import PostgresDatabase
from gateway.store.database_sqlite import SqliteDatabase
from gateway.store.engine_sqlite import writing_engine
from gateway.store.failures import translated
from gateway.store.group import Call
from gateway.store.runner import Answer, Committed, Query
from gateway.store.schema import metadata
from gateway.store.threads import ThreadedRunner
from gateway.store.transaction import Command, Result, Verb
from tests.support.clock import SetClock
from tests.support.postgres import empty_store

E = TypeVar("E", bound=Event)


_IDLE: list[Engine] = []
"""Databases that are not in use. Hundreds of stores are opened in a run of the tests, and an engine that is used again
need not compile its statements again."""


def _driver_of(connection: Connection) -> sqlite3.Connection:
    return cast("sqlite3.Connection", connection.connection.driver_connection)


@cache
def _empty_database() -> bytes:
    """Every table, and no rows: a copy costs next to nothing."""
    engine = writing_engine(":memory:")
    with engine.connect() as connection:
        with connection.begin():
            metadata.create_all(connection)
        image = _driver_of(connection).serialize()
    engine.dispose()
    return image


class InlineRunner:
    """Each call is a group of its own. It lets others run before it answers, as a store with threads does."""

    refusal: str | None = None

    async def start(self, committed: Committed) -> bool:
        self._committed = committed
        self._engine = _IDLE.pop() if _IDLE else writing_engine(":memory:")
        self.connection: Connection = self._engine.connect()
        _driver_of(self.connection).deserialize(_empty_database())
        return True

    async def write(self, verb: Verb[Command, Result], commands: Sequence[Command]) -> list[Result]:
        call = Call(verb, list(commands))
        recorded = group.commit(self.connection, [call])
        if recorded:
            self._committed(recorded)
        await asyncio.sleep(0)
        if call.error is not None:
            raise call.error
        return call.results or []

    async def read(self, query: Query[Answer]) -> Answer:
        with translated(), self.connection.begin():
            answer = query(self.connection)
        await asyncio.sleep(0)
        return answer

    async def close(self) -> None:
        self.connection.close()
        _IDLE.append(self._engine)


def inline_store(clock: Clock, observers: Sequence[Observer] = ()) -> SqlStore:
    """A store in memory, empty, to be started and closed."""
    return SqlStore(InlineRunner(), clock, observers)


class Heard:
    """An observer that remembers."""

    def __init__(self) -> None:
        self.events: list[Recorded] = []

    def observe(self, events: Sequence[Recorded]) -> None:
        self.events += events

    def of(self, kind: type[E]) -> list[E]:
        return [each.event for each in self.events if isinstance(each.event, kind)]


_KEPT = "kept"
"""A database of its own: whoever opens the other one is to find nobody there."""


@cache
def _sqlite() -> SqliteDatabase:
    folder = Path(tempfile.mkdtemp(prefix="relevo-store-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return SqliteDatabase.open(str(folder / "relevo.db"))


@cache
def _postgresql() -> PostgresDatabase:
    return PostgresDatabase.open(store_address(empty_store(_KEPT)), _ignored)


class KeptOpen:
    """A database that stays open from test to test, so that neither its schema is made nor its statements are compiled
    again. Whoever opens it finds it empty."""

    def __init__(self, database: SqliteDatabase | PostgresDatabase, renumber: str) -> None:
        self.connection = database.connection
        self.alone = database.alone
        self.readers = database.readers
        self.answers_within = database.answers_within
        self._database = database
        with self.connection.begin():
            for table in reversed(metadata.sorted_tables):
                self.connection.execute(table.delete())
            self.connection.exec_driver_sql(renumber)

    def read(self, query: Query[Answer]) -> Answer:
        return self._database.read(query)

    def committed(self) -> None:
        self._database.committed()

    def refused(self, *, disk_full: bool) -> None:
        self._database.refused(disk_full=disk_full)

    def finish(self) -> None:
        self._database.finish()

    def close(self) -> None:
        """Not yet."""


_OPENED: Mapping[str, Callable[[], KeptOpen]] = {
    "sqlite": lambda: KeptOpen(_sqlite(), "DELETE FROM sqlite_sequence"),
    "postgresql": lambda: KeptOpen(_postgresql(), "SELECT setval('events_seq_seq', 1, false)"),
}
ENGINES = ("memory", "sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql))
"""What the contract suite runs over: verbs on the loop in memory, and the threaded writer over a file and a server."""


@asynccontextmanager
async def opened_store(engine: str, observers: Sequence[Observer] = ()) -> AsyncIterator[SqlStore]:
    """An empty store of that engine, started."""
    clock = SetClock(1_000.0)
    if engine == "memory":
        store = inline_store(clock, observers)
    else:
        database = _OPENED[engine]()  # here, since a server ends with the thread that started it
        store = SqlStore(ThreadedRunner(lambda: database, _unexpected, _ignored), clock, observers)
    await store.start()
    try:
        yield store
    finally:
        await store.close()


def _unexpected(error: StoreFailed) -> None:
    raise AssertionError("the store failed") from error


def _ignored(_: float) -> None:
    pass
