"""What a storage error means: refuse for now, stop for good, or neither."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError

from gateway.core.errors import StoreFailed, StoreUnavailable

_REFUSES = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_FULL,
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


def verdict(code: int) -> type[StoreUnavailable | StoreFailed] | None:
    """Of an (extended) SQLite result code, https://www.sqlite.org/rescode.html; None for what is no storage fault.

    After a failed write or fsync SQLite goes on as if nothing had been, but what the disk holds is anybody's guess:
    that, and corruption, end the store.
    """
    primary = code & 0xFF
    if primary in _REFUSES or code in _HARMLESS_IO:
        return StoreUnavailable
    return StoreFailed if primary in _FAILS else None


@contextmanager
def translated() -> Iterator[None]:
    """Turn the driver's storage errors into ours; let every other error pass."""
    try:
        yield
    except (DBAPIError, sqlite3.Error) as error:
        cause = error.orig if isinstance(error, DBAPIError) else error
        kind = verdict(getattr(cause, "sqlite_errorcode", None) or 0)
        if kind is None:
            raise
        raise kind(f"{cause} ({getattr(cause, 'sqlite_errorname', 'unknown')})") from error
