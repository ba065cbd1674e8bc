"""The write-ahead log goes back into the database: by the writer alone, and with an eye on errors."""

import time

import structlog
from sqlalchemy import Connection

from gateway.core.errors import StoreUnavailable
from gateway.store.failures import translated

_PAGES = 8_000
"""Pages of 4 KiB that the log may hold, as far as one can tell, before they go back: 32 MiB."""
_PAGES_OF_A_COMMIT = 12
"""However little a commit changes, it writes about so many pages, of tables and of their indices."""
_ROWS_OF_A_PAGE = 3
_AGAIN_AFTER = 1.0
"""Seconds until what could not be done is tried again."""
_log = structlog.get_logger("relevo.store")


class Checkpointer:
    """Checkpoints when the log has grown, after trouble, and at the end. Raises StoreFailed."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._changed = 0
        self._pages = 0
        self._owed_at: float | None = None

    def after_commit(self) -> None:
        """Cheap, unless it is time."""
        driver = self._connection.connection.driver_connection
        changed: int = driver.total_changes if driver else 0
        self._pages += _PAGES_OF_A_COMMIT + (changed - self._changed) // _ROWS_OF_A_PAGE
        self._changed = changed
        if self._owed_at is not None and time.monotonic() >= self._owed_at:
            self.run("TRUNCATE")
        elif self._pages >= _PAGES:
            self._pages = 0
            self.run("PASSIVE")

    def after_refusal(self) -> None:
        """The disk was full, perhaps: as soon as it takes commits again, the log gives back what it fills of it."""
        if self._owed_at is None:
            self._owed_at = time.monotonic()

    def run(self, mode: str) -> None:
        """A full disk, or a reader in the way, leaves the log as it is, whole and durable: soon it is tried again."""
        self._owed_at = time.monotonic() + _AGAIN_AFTER
        try:
            with translated():
                driver = self._connection.connection.driver_connection
                if driver:
                    ((busy, _, _),) = driver.execute(f"PRAGMA wal_checkpoint({mode})").fetchall()
                    self._owed_at = self._owed_at if busy else None
        except StoreUnavailable as error:
            _log.warning("checkpoint put off", error=str(error))
