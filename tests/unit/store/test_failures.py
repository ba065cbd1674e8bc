"""What a storage error means."""

import sqlite3

import psycopg
import pytest
from psycopg import errors
from sqlalchemy.exc import DataError, OperationalError

from gateway.core.errors import StoreFailed, StoreUnavailable
from gateway.store.failures import DiskFull, translated, verdict, verdict_of_state


@pytest.mark.parametrize(
    ("code", "meaning"),
    [
        (sqlite3.SQLITE_BUSY, StoreUnavailable),
        (sqlite3.SQLITE_BUSY_SNAPSHOT, StoreUnavailable),
        (sqlite3.SQLITE_LOCKED, StoreUnavailable),
        (sqlite3.SQLITE_FULL, DiskFull),
        (sqlite3.SQLITE_READONLY, StoreUnavailable),
        (sqlite3.SQLITE_CANTOPEN, StoreUnavailable),
        (sqlite3.SQLITE_NOMEM, StoreUnavailable),
        (sqlite3.SQLITE_IOERR_NOMEM, StoreUnavailable),
        (sqlite3.SQLITE_IOERR_SHMSIZE, StoreUnavailable),
        (sqlite3.SQLITE_IOERR, StoreFailed),
        (sqlite3.SQLITE_IOERR_FSYNC, StoreFailed),
        (sqlite3.SQLITE_IOERR_WRITE, StoreFailed),
        (sqlite3.SQLITE_CORRUPT, StoreFailed),
        (sqlite3.SQLITE_NOTADB, StoreFailed),
        (sqlite3.SQLITE_CONSTRAINT_UNIQUE, None),
        (sqlite3.SQLITE_ERROR, None),
        (0, None),
    ],
)
def test_the_verdict_of_a_result_code(code: int, meaning: type[Exception] | None) -> None:
    assert verdict(code) is meaning


@pytest.mark.parametrize(
    ("error", "meaning"),
    [
        (errors.ConnectionFailure, StoreUnavailable),
        (errors.ReadOnlySqlTransaction, StoreUnavailable),
        (errors.IdleInTransactionSessionTimeout, StoreUnavailable),
        (errors.DeadlockDetected, StoreUnavailable),
        (errors.SerializationFailure, StoreUnavailable),
        (errors.DiskFull, DiskFull),
        (errors.TooManyConnections, StoreUnavailable),
        (errors.OutOfMemory, StoreUnavailable),
        (errors.LockNotAvailable, StoreUnavailable),
        (errors.QueryCanceled, StoreUnavailable),
        (errors.AdminShutdown, StoreUnavailable),
        (errors.CrashShutdown, StoreUnavailable),
        (errors.CannotConnectNow, StoreUnavailable),
        (errors.IoError, StoreFailed),
        (errors.DataCorrupted, StoreFailed),
        (errors.IndexCorrupted, StoreFailed),
        (errors.UniqueViolation, None),
        (errors.ForeignKeyViolation, None),
        (errors.SyntaxError, None),
        (errors.InsufficientPrivilege, None),
        (errors.InternalError_, None),
    ],
)
def test_the_verdict_of_a_sqlstate(error: type[psycopg.Error], meaning: type[Exception] | None) -> None:
    assert error.sqlstate is not None
    assert verdict_of_state(error.sqlstate) is meaning


def test_without_a_server_it_is_refused() -> None:
    with pytest.raises(StoreUnavailable, match="nobody there \\(no connection\\)"), translated():
        raise OperationalError("BEGIN", {}, psycopg.OperationalError("nobody there\n"))


def test_what_the_client_itself_finds_wrong_passes() -> None:
    with pytest.raises(DataError), translated():
        raise DataError("INSERT", {}, psycopg.DataError("no such type"))


def test_a_storage_error_is_translated_with_its_name_and_cause() -> None:
    cause = sqlite3.OperationalError("database or disk is full")
    cause.sqlite_errorcode, cause.sqlite_errorname = sqlite3.SQLITE_FULL, "SQLITE_FULL"
    with pytest.raises(StoreUnavailable, match="disk is full \\(SQLITE_FULL\\)") as caught, translated():
        raise OperationalError("INSERT", {}, cause)
    assert isinstance(caught.value.__cause__, OperationalError)


def test_other_errors_pass() -> None:
    with pytest.raises(sqlite3.IntegrityError), translated():
        raise sqlite3.IntegrityError("UNIQUE constraint failed")
