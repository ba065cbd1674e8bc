"""The write-ahead log goes back into the database: by the writer alone, and with an eye on errors."""

import structlog
from sqlalchemy import Connection

from gateway.core.errors import StoreUnavailable
from gateway.store.failures import translated

_ROWS = 10_000
_log = structlog.get_logger("relevo.store")


class Checkpointer:
    """Checkpoints after every few thousand changed rows, and at the end. Raises StoreFailed."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._changed = 0

    def after_commit(self) -> None:
        """Cheap, unless it is time."""
        driver = self._connection.connection.driver_connection
        changed: int = driver.total_changes if driver else 0
        if changed - self._changed >= _ROWS:
            self._changed = changed
            self.run("PASSIVE")

    def run(self, mode: str) -> None:
        """A full disk leaves the log as it is, complete and durable: the next time may do better."""
        try:
            with translated():
                driver = self._connection.connection.driver_connection
                if driver:
                    driver.execute(f"PRAGMA wal_checkpoint({mode})").fetchall()
        except StoreUnavailable as error:
            _log.warning("checkpoint put off", error=str(error))
