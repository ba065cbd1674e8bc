"""The desk's one object: its name, its book (asked in a thread of its own) and its fault switch."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

from gateway.core.clock import Clock
from gateway.demo.desk.book import Book, Question
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
        self._waiting: list[tuple[Question, asyncio.Future[Any]]] = []
        self._at_work = False

    async def ask(self, verb: Callable[Concatenate[Book, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Do one of the book's verbs: `await desk.ask(Book.by_key, key)`.

        What is asked while the book is at work is done together, in one commit.
        """
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[T] = loop.create_future()
        self._waiting.append((lambda book: verb(book, *args, **kwargs), answer))
        if not self._at_work:
            self._at_work = True
            loop.call_soon(self._open_book, loop)
        return await answer

    def _open_book(self, loop: asyncio.AbstractEventLoop) -> None:
        asked, self._waiting = self._waiting, []
        self._at_work = bool(asked)
        if asked:
            self._thread.submit(self._work, loop, asked)

    def _work(self, loop: asyncio.AbstractEventLoop, asked: list[tuple[Question, asyncio.Future[Any]]]) -> None:
        """In the book's thread."""
        answers = self._book.together([question for question, _ in asked])
        loop.call_soon_threadsafe(self._tell, loop, [waiter for _, waiter in asked], answers)

    def _tell(self, loop: asyncio.AbstractEventLoop, waiters: list[asyncio.Future[Any]], answers: list[object]) -> None:
        for waiter, answer in zip(waiters, answers, strict=True):
            if waiter.done():
                continue  # whoever asked is gone
            if isinstance(answer, Exception):
                waiter.set_exception(answer)
            else:
                waiter.set_result(answer)
        self._open_book(loop)

    def close(self) -> None:
        """Finish what the book has in hand, and close it."""
        self._thread.shutdown(wait=True)
        self._book.close()
