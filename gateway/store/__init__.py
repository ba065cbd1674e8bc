"""The durable store. SQL lives only here; the rest knows the ports of `gateway.core.ports`."""

from collections.abc import Callable, Sequence

from gateway.core.clock import Clock
from gateway.core.errors import StoreFailed
from gateway.core.ports import Observer
from gateway.store.database import Database
from gateway.store.engine_sqlite import file_of
from gateway.store.sql_store import SqlStore
from gateway.store.threads import ThreadedRunner

__all__ = ["SqlStore", "migrate", "open_store"]


def open_store(
    url: str,
    clock: Clock,
    *,
    observers: Sequence[Observer] = (),
    on_failed: Callable[[StoreFailed], None],
    measured: Callable[[float], None],
) -> SqlStore:
    """The store at `url` (`sqlite:relevo.db`, `sqlite:/var/lib/relevo/relevo.db`), to be started and closed.

    `on_failed` is called once, on the event loop, after a failed write or fsync or a corruption: every later call is
    refused, and the process must stop. `measured` is told the seconds of each commit. Raises ConfigError.
    """
    return SqlStore(ThreadedRunner(file_of(url), on_failed, measured), clock, observers)


def migrate(url: str) -> None:
    """Bring the store at `url` to this program's schema. Raises ConfigError; StartError where a gateway has it."""
    Database.open(file_of(url)).close()
