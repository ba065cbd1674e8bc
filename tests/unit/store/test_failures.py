"""What a storage error means."""

import sqlite3

import pytest
from sqlalchemy.exc import OperationalError

from gateway.core.errors import StoreFailed, StoreUnavailable
from gateway.store.failures import translated, verdict


@pytest.mark.parametrize(
    ("code", "meaning"),
    [
        (sqlite3.SQLITE_BUSY, StoreUnavailable),
        (sqlite3.SQLITE_BUSY_SNAPSHOT, StoreUnavailable),
        (sqlite3.SQLITE_LOCKED, StoreUnavailable),
        (sqlite3.SQLITE_FULL, StoreUnavailable),
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


def test_a_storage_error_is_translated_with_its_name_and_cause() -> None:
    cause = sqlite3.OperationalError("database or disk is full")
    cause.sqlite_errorcode, cause.sqlite_errorname = sqlite3.SQLITE_FULL, "SQLITE_FULL"
    with pytest.raises(StoreUnavailable, match="disk is full \\(SQLITE_FULL\\)") as caught, translated():
        raise OperationalError("INSERT", {}, cause)
    assert isinstance(caught.value.__cause__, OperationalError)


def test_other_errors_pass() -> None:
    with pytest.raises(sqlite3.IntegrityError), translated():
        raise sqlite3.IntegrityError("UNIQUE constraint failed")
