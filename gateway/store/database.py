"""What a runner needs of an engine: a database that is open for writing and reading, and its upkeep."""

from typing import Protocol

from sqlalchemy import Connection

from gateway.store.runner import Answer, Query


class Database(Protocol):
    """Open until it is closed."""

    @property
    def connection(self) -> Connection:
        """The writer's, and nobody else's."""

    @property
    def alone(self) -> bool:
        """No other gateway has it open, so that every lease of before is void."""

    @property
    def readers(self) -> int:
        """How many threads may read at once."""

    @property
    def answers_within(self) -> float | None:
        """Seconds after which a caller is refused, whatever the engine does; None where it answers by itself."""

    def read(self, query: Query[Answer]) -> Answer:
        """The answer from one state of the committed data, in any thread. Raises StoreUnavailable, StoreFailed."""

    def committed(self) -> None:
        """Upkeep after a commit, in the writer's thread. Raises StoreFailed."""

    def refused(self, *, disk_full: bool) -> None:
        """The engine took no commit; called in the writer's thread, and must not wait. Raises StoreFailed."""

    def finish(self) -> None:
        """Upkeep after the last commit, in the writer's thread. Raises StoreFailed."""

    def close(self) -> None: ...
