"""The durable store. SQL lives only here; the rest knows the ports of `gateway.core.ports`."""

from collections.abc import Callable, Sequence

from gateway.core.clock import Clock, Instant
from gateway.core.errors import ConfigError, StoreFailed
from gateway.core.ports import Observer
from gateway.core.store_address import SQLITE, StoreAddress, store_address
from gateway.store.database import Database
from gateway.store.database_sqlite import SqliteDatabase
from gateway.store.sql_store import SqlStore
from gateway.store.threads import ThreadedRunner

__all__ = ["SqlStore", "migrate", "open_store"]


def open_store(
    address: StoreAddress | str,
    clock: Clock,
    *,
    observers: Sequence[Observer] = (),
    on_failed: Callable[[StoreFailed], None],
    measured: Callable[[float], None],
    told_time: Callable[[Instant], None] = lambda now: None,
) -> SqlStore:
    """The store at `address` (`sqlite:relevo.db`, `postgresql://user@host/database`), to be started and closed.

    `on_failed` is called once, on the event loop, after a failed write or fsync or a corruption: every later call is
    refused, and the process must stop. `measured` is told the seconds of each commit. `told_time` is told the time
    that gateways on one database share, about once a second, in a thread of the store. Raises ConfigError.
    """
    where = _parsed(address)

    def opened() -> Database:
        if where.scheme == SQLITE:
            return SqliteDatabase.open(where.file)
        from gateway.store.database_postgres import PostgresDatabase  # its driver is slow to import

        return PostgresDatabase.open(where, told_time)

    return SqlStore(ThreadedRunner(opened, on_failed, measured), clock, observers)


def migrate(address: StoreAddress | str) -> None:
    """Bring the store to this program's schema. Raises ConfigError; StartError where a gateway has it."""
    where = _parsed(address)
    if where.scheme == SQLITE:
        SqliteDatabase.open(where.file).close()
    else:
        from gateway.store.database_postgres import migrate as migrate_postgres

        migrate_postgres(where)


def _parsed(address: StoreAddress | str) -> StoreAddress:
    try:
        return store_address(address) if isinstance(address, str) else address
    except ValueError as error:
        raise ConfigError(f"store: {error}") from error
