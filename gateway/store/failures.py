"""What a storage error means: refuse for now, stop for good, or neither."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError

from gateway.core.errors import StoreFailed, StoreUnavailable

_REFUSES = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_INTERRUPT,
        sqlite3.SQLITE_PROTOCOL,
    }
)
_FAILS = frozenset({sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_HARMLESS_IO = frozenset(
    {
        sqlite3.SQLITE_IOERR_NOMEM,
        # The shared-memory index holds nothing durable; that it can't grow is how a full disk shows there.
        sqlite3.SQLITE_IOERR_SHMOPEN,
        sqlite3.SQLITE_IOERR_SHMSIZE,
        sqlite3.SQLITE_IOERR_SHMMAP,
    }
)
_DISK_FULL_STATE = "53100"
_REFUSING_CLASSES = ("08", "25", "40", "53", "57")
"""Connection lost, read-only or cut off, conflict, out of something, shut down or interrupted."""
_LOCK_NOT_AVAILABLE = "55P03"
_FAILING_STATES = frozenset({"58030", "XX001", "XX002"})
"""I/O error, corrupted data, corrupted index. (After a failed fsync the server ends itself, and its log decides.)"""


class DiskFull(StoreUnavailable):
    """There is no room for it on the store's disk."""


def verdict(code: int) -> type[StoreUnavailable | StoreFailed] | None:
    """Of an (extended) SQLite result code, https://www.sqlite.org/rescode.html; None for what is no storage fault.

    After a failed write or fsync SQLite goes on as if nothing had been, but what the disk holds is anybody's guess:
    that, and corruption, end the store.
    """
    primary = code & 0xFF
    if primary == sqlite3.SQLITE_FULL:
        return DiskFull
    if primary in _REFUSES or code in _HARMLESS_IO:
        return StoreUnavailable
    return StoreFailed if primary in _FAILS else None


def verdict_of_state(state: str) -> type[StoreUnavailable | StoreFailed] | None:
    """Of a SQLSTATE of PostgreSQL, https://www.postgresql.org/docs/current/errcodes-appendix.html; as `verdict`."""
    if state == _DISK_FULL_STATE:
        return DiskFull
    if state.startswith(_REFUSING_CLASSES) or state == _LOCK_NOT_AVAILABLE:
        return StoreUnavailable
    return StoreFailed if state in _FAILING_STATES else None


@contextmanager
def translated() -> Iterator[None]:
    """Turn the driver's storage errors into ours; let every other error pass."""
    try:
        yield
    except (DBAPIError, sqlite3.Error) as error:
        cause = error.orig if isinstance(error, DBAPIError) else error
        kind, name = _judged(error, cause)
        if kind is None:
            raise
        raise kind(f"{' '.join(str(cause).split())} ({name})") from error


def _judged(error: Exception, cause: BaseException | None) -> tuple[type[StoreUnavailable | StoreFailed] | None, str]:
    """What it means, and the name that the engine's documentation has it under."""
    if isinstance(cause, sqlite3.Error):
        return verdict(getattr(cause, "sqlite_errorcode", None) or 0), getattr(cause, "sqlite_errorname", "unknown")
    state: str | None = getattr(cause, "sqlstate", None)
    if state is not None:
        return verdict_of_state(state), state
    # Without a state it is the client's own: no server could be reached, or the connection ended.
    lost = isinstance(error, OperationalError | InterfaceError)
    return (StoreUnavailable if lost else None), "no connection"
