"""Where verbs and queries run: the seam between the store and its engine's threads."""

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

from sqlalchemy import Connection

from gateway.core.events import Recorded
from gateway.store.transaction import Command, Result, Verb

Answer = TypeVar("Answer")
Query = Callable[[Connection], Answer]
Committed = Callable[[Sequence[Recorded]], None]
"""Told on the event loop, in order, of the events of each commit."""


class Runner(Protocol):
    """Runs verbs, alone or in a group, and queries over committed data."""

    refusal: str | None
    """Why the last call to write was refused; None where it was committed."""

    async def start(self, committed: Committed) -> bool:
        """True where no other gateway has the store open, so that leases of before are void. Raises StartError."""

    async def write(self, verb: Verb[Command, Result], commands: Sequence[Command]) -> list[Result]:
        """Returns after the commit. Raises StoreUnavailable, StoreFailed, or what the verb raises."""

    async def read(self, query: Query[Answer]) -> Answer:
        """Raises StoreUnavailable, StoreFailed."""

    async def close(self) -> None: ...
