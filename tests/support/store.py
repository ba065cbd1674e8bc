"""The real store without threads: the same verbs, run on the event loop over SQLite in memory, so that a virtual-time
loop can drive it."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import cache, partial
from pathlib import Path
from typing import TypeVar, cast

from sqlalchemy import Connection, Engine

from gateway.core.clock import Clock, Instant
from gateway.core.errors import StoreFailed
from gateway.core.events import Event, Recorded
from gateway.core.ports import Observer
from gateway.core.store_address import store_address
from gateway.store import SqlStore, group, open_store
from gateway.store.database_postgres import PostgresDatabase
from gateway.store.engine_sqlite import writing_engine
from gateway.store.failures import translated
from gateway.store.group import Call
from gateway.store.runner import Answer, Committed, Query
from gateway.store.schema import metadata
from gateway.store.threads import ThreadedRunner
from gateway.store.transaction import Command, Result, Verb
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


class SetClock:
    """A clock that stands still until it is set."""

    def __init__(self, now: Instant = 1_000.0) -> None:
        self.at = now

    def now(self) -> Instant:
        return self.at

    def drift(self) -> float:
        return 0.0


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
def _opened_once(url: str) -> PostgresDatabase:
    return PostgresDatabase.open(store_address(url), _ignored)


class KeptOpen:
    """A PostgreSQL database that stays open from test to test, for the same reason."""

    def __init__(self, url: str) -> None:
        database = _opened_once(url)
        self.connection = database.connection
        self.alone = database.alone
        self.readers = database.readers
        self.answers_within = database.answers_within
        self._database = database

    def read(self, query: Query[Answer]) -> Answer:
        return self._database.read(query)

    def committed(self) -> None:
        self._database.committed()

    def refused(self) -> None:
        self._database.refused()

    def finish(self) -> None:
        self._database.finish()

    def close(self) -> None:
        """Not yet."""


ENGINES = ("memory", "sqlite", "postgresql")
"""What the contract suite runs over: verbs on the loop in memory, and the threaded writer over a file and a server."""


@asynccontextmanager
async def opened_store(engine: str, directory: Path, observers: Sequence[Observer] = ()) -> AsyncIterator[SqlStore]:
    """An empty store of that engine, started."""
    clock = SetClock()
    if engine == "memory":
        store = inline_store(clock, observers)
    elif engine == "sqlite":
        file = f"sqlite:{directory / 'relevo.db'}"
        store = open_store(file, clock, observers=observers, on_failed=_unexpected, measured=_ignored)
    else:
        opened = partial(KeptOpen, empty_store(_KEPT))
        store = SqlStore(ThreadedRunner(opened, _unexpected, _ignored), clock, observers)
    await store.start()
    try:
        yield store
    finally:
        await store.close()


def _unexpected(error: StoreFailed) -> None:
    raise AssertionError("the store failed") from error


def _ignored(_: float) -> None:
    pass
