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
"""Seconds until what may have to wait for a reader, or has failed without a commit since, is tried again."""
_log = structlog.get_logger("relevo.store")


class Checkpointer:
    """Checkpoints when the log has grown, after trouble, and at the end. Raises StoreFailed."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._changed = 0
        self._pages = 0
        self._owed = False
        self._emptied_at = float("-inf")
        self._refused_at = float("-inf")
        self._put_off_for = ""

    def after_commit(self) -> None:
        """Cheap, unless it is time."""
        driver = self._connection.connection.driver_connection
        changed: int = driver.total_changes if driver else 0
        self._pages += _PAGES_OF_A_COMMIT + (changed - self._changed) // _ROWS_OF_A_PAGE
        self._changed = changed
        if self._owed:
            self._give_back()
        elif self._pages >= _PAGES:
            self._pages = 0
            self._run("PASSIVE")

    def after_refusal(self) -> None:
        """The disk is full, perhaps, and the log what fills it: it gives back what it can, the rest once there is room
        again."""
        self._owed = True
        if (now := time.monotonic()) >= self._refused_at + _AGAIN_AFTER:
            self._refused_at = now
            self._run("PASSIVE")

    def empty(self) -> None:
        """Everything goes back, and the log's room with it. A full disk, or a reader in the way, leaves the log as it
        is, whole and durable."""
        self._emptied_at = time.monotonic()
        self._owed = not self._run("TRUNCATE")

    def _give_back(self) -> None:
        """After every commit, since the log takes of the very room into which the database has to grow."""
        if time.monotonic() >= self._emptied_at + _AGAIN_AFTER:
            self.empty()
        else:
            self._run("PASSIVE")

    def _run(self, mode: str) -> bool:
        """Whether all of it is done."""
        try:
            with translated():
                driver = self._connection.connection.driver_connection
                if driver is None:
                    return True
                ((busy, _, _),) = driver.execute(f"PRAGMA wal_checkpoint({mode})").fetchall()
        except StoreUnavailable as error:
            if str(error) != self._put_off_for:
                _log.warning("checkpoint put off", error=str(error))
            self._put_off_for = str(error)
            return False
        self._put_off_for = ""
        return not busy
