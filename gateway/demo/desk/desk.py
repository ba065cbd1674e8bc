"""The desk's one object: its name, its book (asked in a thread of its own) and its fault switch."""

import asyncio
import functools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

from gateway.core.clock import Clock
from gateway.demo.desk.book import Book
from gateway.demo.desk.faults import FaultSwitch

P = ParamSpec("P")
T = TypeVar("T")


class Desk:
    """A help desk named `name`, shown as `title`, with its tickets in `directory`."""

    def __init__(self, name: str, title: str, directory: Path, clock: Clock) -> None:
        self.name = name
        self.title = title
        self.clock = clock
        self.address: str | None = None
        """`http://127.0.0.1:9101`, as the gateway asked for it last."""
        self.faults = FaultSwitch()
        directory.mkdir(parents=True, exist_ok=True)
        self._book = Book(directory / f"{name}.db", name)
        # One thread: the book is never used twice at once, and a slow disk never holds up a health answer.
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix=f"{name}-book")

    async def ask(self, verb: Callable[Concatenate[Book, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Do one of the book's verbs: `await desk.ask(Book.by_key, key)`."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, functools.partial(verb, self._book, *args, **kwargs))

    def close(self) -> None:
        """Finish what the book has in hand, and close it."""
        self._thread.shutdown(wait=True)
        self._book.close()
