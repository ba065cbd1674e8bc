"""SQLite as an engine: one connection that writes, a few that only read.

Versions 3.7.0 to 3.51.2 can corrupt a WAL when two connections write or checkpoint at once
(https://www.sqlite.org/wal.html#walresetbug), so one connection alone does both.
"""

import os
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import cast

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.pool import QueuePool, StaticPool

READERS = 2
_BUSY_SECONDS = 1.5
"""A caller may come while another group waits, and then wait as long itself: refused after 3 s at most."""
_STATEMENTS = 2048
"""As many are kept ready: those that add many rows at once are others for every number of rows."""
_PRAGMAS = (
    "journal_mode = WAL",
    "synchronous = FULL",
    # A checkpoint within a commit would keep its errors to itself: the writer checkpoints, and looks.
    "wal_autocheckpoint = 0",
    "temp_store = MEMORY",
)

# The driver binds text, numbers and bytes at once. Whatever else it is given it asks for an adapter in three places, in
# vain unless one is registered: for a NULL that costs several times what a text does.
sqlite3.register_adapter(type(None), lambda nothing: nothing)
sqlite3.register_adapter(bool, int)


def writing_engine(database: str, *, foreign_keys: bool = True) -> Engine:
    """One connection, kept open, on which every transaction begins as a writing one.

    Without `foreign_keys` SQLite takes the verbs' word that what a row names is there: to look came to a twelfth of the
    cost of an intake. The tests run the same verbs with it looking, as PostgreSQL always does.
    """
    if database != ":memory:":
        _keep_private(database)
    engine = create_engine("sqlite://", creator=lambda: _open(database), poolclass=StaticPool)
    pragmas = (*_PRAGMAS, f"foreign_keys = {'ON' if foreign_keys else 'OFF'}")
    event.listen(engine, "connect", lambda connection, _: _prepare(connection, pragmas))
    event.listen(engine, "begin", _begin_immediate)
    return engine


def _keep_private(database: str) -> None:
    """Personal data and the key of every requester's page are in it: its owner alone may read it, and SQLite gives
    the files beside it the same mode."""
    os.close(os.open(database, os.O_CREAT | os.O_RDWR, 0o600))
    Path(database).chmod(0o600)


def reading_engine(database: str) -> Engine:
    """A few connections that can't write; every transaction sees one state of the data."""
    uri = f"{Path(database).absolute().as_uri()}?mode=ro"
    engine = create_engine(
        "sqlite://", creator=lambda: _open(uri, uri=True), poolclass=QueuePool, pool_size=READERS, max_overflow=0
    )
    event.listen(engine, "begin", _begin)
    return engine


def _open(database: str, *, uri: bool = False) -> sqlite3.Connection:
    # isolation_level None: the module itself begins no transactions, and so none that would only later turn to writing.
    return sqlite3.connect(
        database,
        uri=uri,
        timeout=_BUSY_SECONDS,
        isolation_level=None,
        check_same_thread=False,
        cached_statements=_STATEMENTS,
    )


def _prepare(connection: sqlite3.Connection, pragmas: Sequence[str]) -> None:
    for pragma in pragmas:
        connection.execute(f"PRAGMA {pragma}")


def driver_of(connection: Connection) -> sqlite3.Connection:
    """The driver's own connection, for what has to cost little."""
    return cast("sqlite3.Connection", connection.connection.driver_connection)


def _begin_immediate(connection: Connection) -> None:
    driver_of(connection).execute("BEGIN IMMEDIATE")


def _begin(connection: Connection) -> None:
    driver_of(connection).execute("BEGIN")
