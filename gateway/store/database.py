"""An SQLite file opened for writing: locked, of the right schema, by one connection."""

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from gateway.core.errors import StartError, StoreFailed, StoreUnavailable
from gateway.store.engine_sqlite import writing_engine
from gateway.store.failures import translated
from gateway.store.lock import FileLock
from gateway.store.migrate import upgrade


@dataclass(frozen=True, slots=True)
class Database:
    """Holds the lock until it is closed."""

    lock: FileLock
    engine: Engine
    connection: Connection

    @classmethod
    def open(cls, file: str) -> "Database":
        """Lock, connect, migrate. Raises StartError."""
        lock = FileLock(Path(f"{file}.lock"))
        lock.acquire()
        engine = writing_engine(file)
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
        return cls(lock, engine, connection)

    def close(self) -> None:
        self.connection.close()
        self.engine.dispose()
        self.lock.release()
