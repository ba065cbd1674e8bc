"""A PostgreSQL database opened by a gateway, which may share it with others."""

from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from gateway.core.errors import StartError, StoreFailed, StoreUnavailable
from gateway.core.store_address import StoreAddress
from gateway.store.connection_postgres import BoundedConnection, hosts_of, strengthen
from gateway.store.engine_postgres import (
    READERS,
    ToldTime,
    administering_engine,
    gateways_present,
    reading_engine,
    writing_engine,
)
from gateway.store.failures import translated
from gateway.store.migrate import upgrade
from gateway.store.runner import Answer, Query

_log = structlog.get_logger("relevo.store")


class PostgresDatabase:
    """The gateway counts as present while its writer is connected."""

    readers = READERS
    answers_within = 4.5
    """More than one transaction and less than two: a caller may wait for the one before its own."""

    def __init__(self, writing: Engine, connection: Connection, reading: Engine, *, alone: bool) -> None:
        self.connection = connection
        self.alone = alone
        self._writing = writing
        self._reading = reading

    @classmethod
    def open(cls, address: StoreAddress, told_time: ToldTime) -> "PostgresDatabase":
        """Migrate, connect, and be present. Raises StartError."""
        several = len(hosts_of(address)) > 1

        def prepare(driver: BoundedConnection) -> None:
            strengthen(driver, several, lambda what: _log.warning("the store is less safe than it could be", why=what))

        writing = writing_engine(address, prepare, told_time)
        migrate(address)
        try:
            with _opening(address):
                connection = writing.connect()
                alone = gateways_present(connection) == 1
        except StartError:
            writing.dispose()
            raise
        return cls(writing, connection, reading_engine(address), alone=alone)

    def read(self, query: Query[Answer]) -> Answer:
        with translated():
            try:
                return self._look(query)
            except DBAPIError as error:
                if not error.connection_invalidated:
                    raise
            return self._look(query)  # the connection was of a server that is gone, and so are the others like it

    def _look(self, query: Query[Answer]) -> Answer:
        with self._reading.begin() as connection:
            return query(connection)

    def committed(self) -> None:
        """The server looks after itself."""

    def refused(self, *, disk_full: bool) -> None:
        """The server looks after itself."""

    def finish(self) -> None:
        """The server looks after itself."""

    def close(self) -> None:
        self._reading.dispose()
        self.connection.close()
        self._writing.dispose()


def migrate(address: StoreAddress) -> None:
    """Bring the schema to this program's version. Raises StartError."""
    engine = administering_engine(address)
    try:
        with _opening(address), engine.connect() as connection:
            upgrade(connection)
    finally:
        engine.dispose()


@contextmanager
def _opening(address: StoreAddress) -> Iterator[None]:
    try:
        with translated():
            yield
    except (StoreUnavailable, StoreFailed, DBAPIError) as error:
        raise StartError(f"store: {address} can't be opened: {error}") from error
