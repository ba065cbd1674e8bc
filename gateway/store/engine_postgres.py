"""PostgreSQL as an engine: who may write when, and how long anybody waits for it.

One gateway writes at a time: each writing transaction begins by taking its turn, a lock that the server frees with the
transaction. So a verb meets no other writer, as on SQLite; the numbers of the events become visible in their order; and
gateways never wait for each other in a circle.
"""

import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, cast

import psycopg
from sqlalchemy import Connection, Engine, ExceptionContext, create_engine, event
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool, QueuePool

from gateway.core.clock import Instant
from gateway.core.store_address import StoreAddress
from gateway.store.connection_postgres import BoundedConnection

READERS = 4
_TRANSACTION_SECONDS = 3.0
"""Within which a transaction has ended, or its connection is given up."""
_TOLD_EVERY = 1.0
_KEYS = 0x52454C56
"""The first half of the keys of our advisory locks: RELV."""
_TURN = 1
_PRESENCE = 2
_READ_ONLY = "25006"

# READ COMMITTED: a snapshot taken before one's turn had come would not show what the others wrote until then.
_BEGIN_TURN = f"""
    BEGIN ISOLATION LEVEL READ COMMITTED;
    SELECT extract(epoch FROM clock_timestamp())::float8
      FROM (SELECT pg_advisory_xact_lock({_KEYS}, {_TURN})) AS turn
"""  # noqa: S608 (our own numbers)
_BEGIN_READING = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
_BE_PRESENT = f"SELECT pg_advisory_lock_shared({_KEYS}, {_PRESENCE})"
_PRESENT = f"""
    SELECT count(*) FROM pg_locks JOIN pg_database ON pg_database.oid = database
     WHERE datname = current_database() AND locktype = 'advisory' AND granted
       AND classid = {_KEYS} AND objid = {_PRESENCE}
"""  # noqa: S608 (our own numbers)

Prepare = Callable[[BoundedConnection], None]
ToldTime = Callable[[Instant], None]
"""Told the database's time, about once a second while transactions begin, in their thread."""


def writing_engine(address: StoreAddress, prepare: Prepare, told_time: ToldTime) -> Engine:
    """For one connection, kept; it connects anew where it was lost. Each of its transactions is a turn."""
    turns = _Turns(told_time)
    engine = _engine(address, poolclass=NullPool)
    event.listen(engine, "connect", lambda driver, _: _be_present(driver, prepare))
    event.listen(engine, "begin", turns.take)
    return engine


def administering_engine(address: StoreAddress) -> Engine:
    """For one who changes much at once: in turn with the gateways, but as long as it takes."""
    engine = _engine(address, poolclass=NullPool)
    event.listen(engine, "connect", lambda driver, _: driver.execute("SET idle_in_transaction_session_timeout = 0"))
    event.listen(engine, "begin", lambda connection: _begin_turn(driver_of(connection)))
    return engine


def reading_engine(address: StoreAddress) -> Engine:
    """A few connections; every transaction sees one state of the data."""
    engine = _engine(address, poolclass=QueuePool, pool_size=READERS, max_overflow=0)
    event.listen(engine, "begin", _begin_reading)
    return engine


def plain_engine(address: StoreAddress, connections: int) -> Engine:
    """For what touches none of the verbs' tables, and so waits for nobody's turn."""
    engine = _engine(address, poolclass=QueuePool, pool_size=connections, max_overflow=0)
    event.listen(engine, "begin", _begin_plainly)
    return engine


def extend(connection: Connection) -> None:
    """Give a transaction that goes on as much time again."""
    driver_of(connection).deadline = time.monotonic() + _TRANSACTION_SECONDS


def gateways_present(connection: Connection) -> int:
    """How many gateways have the database open, this one included."""
    with connection.begin():
        return int(connection.exec_driver_sql(_PRESENT).scalar_one())


class _Turns:
    def __init__(self, told_time: ToldTime) -> None:
        self._told_time = told_time
        self._told_at = float("-inf")

    def take(self, connection: Connection) -> None:
        driver = driver_of(connection)
        driver.deadline = time.monotonic() + _TRANSACTION_SECONDS
        try:
            now = _begin_turn(driver)
        except psycopg.Error as error:
            _recover(connection, driver)
            raise OperationalError("BEGIN", None, error) from error
        if time.monotonic() - self._told_at >= _TOLD_EVERY:
            self._told_at = time.monotonic()
            self._told_time(now)


def _engine(address: StoreAddress, **pool: Any) -> Engine:
    engine = create_engine(
        "postgresql+psycopg://", creator=lambda: BoundedConnection.to(address), use_native_hstore=False, **pool
    )
    event.listen(engine, "handle_error", _leave_what_only_reads)
    return engine


def _be_present(driver: BoundedConnection, prepare: Prepare) -> None:
    driver.deadline = time.monotonic() + _TRANSACTION_SECONDS
    prepare(driver)
    driver.execute(_BE_PRESENT)


def _begin_turn(driver: BoundedConnection) -> Instant:
    """The database's time when the turn has come."""
    cursor = driver.execute(_BEGIN_TURN)
    cursor.nextset()
    (now,) = cursor.fetchall()[0]
    return float(now)


def _begin_reading(connection: Connection) -> None:
    extend(connection)
    connection.exec_driver_sql(_BEGIN_READING)


def _begin_plainly(connection: Connection) -> None:
    extend(connection)
    connection.exec_driver_sql("BEGIN ISOLATION LEVEL READ COMMITTED")


def _recover(connection: Connection, driver: BoundedConnection) -> None:
    """Have the next transaction begin on a connection that is of use."""
    with suppress(psycopg.Error):
        driver.rollback()
    if driver.closed:
        connection.invalidate()


def _leave_what_only_reads(context: ExceptionContext) -> None:
    """A server that was degraded takes no writes any more; another of the hosts may."""
    if getattr(context.original_exception, "sqlstate", None) == _READ_ONLY:
        context.is_disconnect = True


def driver_of(connection: Connection) -> BoundedConnection:
    """What the connection is beneath."""
    return cast("BoundedConnection", connection.connection.driver_connection)
