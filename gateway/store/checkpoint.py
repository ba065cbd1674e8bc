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
_TIMES_AS_LONG = 3
"""What fails, or a reader keeps waiting, is tried again after so many times as long as it took."""
_log = structlog.get_logger("relevo.store")


class Checkpointer:
    """Checkpoints when the log has grown, after trouble, and at the end. Raises StoreFailed."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._changed = 0
        self._pages = 0
        self._owed = False
        self._again_at = 0.0
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

    def after_refusal(self, *, disk_full: bool) -> None:
        """As soon as the store takes commits again, the log gives back what it fills of the disk; what the database
        has room for at once, since else no commit might ever fit in again."""
        self._owed = True
        if disk_full and time.monotonic() >= self._again_at:
            self._run("PASSIVE")

    def empty(self) -> None:
        """Everything goes back, and the log's room with it. A full disk, or a reader in the way, leaves the log as it
        is, whole and durable."""
        self._owed = not self._run("TRUNCATE")

    def _give_back(self) -> None:
        """At the first commit that can, since the log takes of the very room into which the database has to grow. Only
        where nothing but the log's own room is left to give back, readers are waited for."""
        if time.monotonic() >= self._again_at and self._run("PASSIVE"):
            self.empty()

    def _run(self, mode: str) -> bool:
        """Whether everything that the log holds is in the database now."""
        started = time.monotonic()
        try:
            with translated():
                driver = self._connection.connection.driver_connection
                if driver is None:
                    return True
                ((busy, held, copied),) = driver.execute(f"PRAGMA wal_checkpoint({mode})").fetchall()
        except StoreUnavailable as error:
            self._owed = True
            if str(error) != self._put_off_for:
                _log.warning("checkpoint put off", error=str(error))
            self._put_off_for = str(error)
            return False
        finally:
            ended = time.monotonic()
            self._again_at = ended + _TIMES_AS_LONG * (ended - started)
        self._put_off_for = ""
        return not busy and held == copied
