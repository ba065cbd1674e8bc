"""An SQLite file opened by the one gateway that has it: locked, of the right schema, written by one connection."""

from pathlib import Path

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from gateway.core.errors import StartError, StoreFailed, StoreUnavailable
from gateway.store.checkpoint import Checkpointer
from gateway.store.engine_sqlite import READERS, reading_engine, writing_engine
from gateway.store.failures import translated
from gateway.store.lock import FileLock
from gateway.store.migrate import upgrade
from gateway.store.runner import Answer, Query


class SqliteDatabase:
    """Holds the lock until it is closed."""

    alone = True
    readers = READERS
    answers_within: float | None = None

    def __init__(self, lock: FileLock, engine: Engine, connection: Connection, reading: Engine) -> None:
        self.connection = connection
        self._lock = lock
        self._engine = engine
        self._reading = reading
        self._checkpointer = Checkpointer(connection)

    @classmethod
    def open(cls, file: str) -> "SqliteDatabase":
        """Lock, connect, migrate. Raises StartError."""
        lock = FileLock(Path(f"{file}.lock"))
        lock.acquire()
        engine = writing_engine(file, foreign_keys=False)
        try:
            with translated():
                connection = engine.connect()
                upgrade(connection)
        except (StoreUnavailable, StoreFailed, DBAPIError) as error:
            engine.dispose()
            lock.release()
            raise StartError(f"store: {file} can't be opened: {error}") from error
        except BaseException:
            engine.dispose()
            lock.release()
            raise
        return cls(lock, engine, connection, reading_engine(file))

    def read(self, query: Query[Answer]) -> Answer:
        with translated(), self._reading.begin() as connection:
            return query(connection)

    def committed(self) -> None:
        self._checkpointer.after_commit()

    def refused(self, *, disk_full: bool) -> None:
        self._checkpointer.after_refusal(disk_full=disk_full)

    def finish(self) -> None:
        self._checkpointer.empty()

    def close(self) -> None:
        self._reading.dispose()
        self.connection.close()
        self._engine.dispose()
        self._lock.release()
