"""What a verb works in: an open transaction, and the events that will be in its commit."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from sqlalchemy import Connection

from gateway.core.events import Event

Command = TypeVar("Command")
Result = TypeVar("Result")


@dataclass(slots=True)
class Transaction:
    """An open transaction of the writer. Events are written to the stream just before the commit."""

    connection: Connection
    events: list[Event] = field(default_factory=list)

    def emit(self, event: Event) -> None:
        self.events.append(event)


Verb = Callable[[Transaction, list[Command]], list[Result]]
"""One result per command, in order. It gets the commands of many callers at once, and must treat the list as if they
had come one after the other; what it raises fails the whole list, whose calls are then tried alone."""
