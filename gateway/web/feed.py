"""Who waits for new events: the streams that are open, and how many there may be."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from gateway.core.events import Recorded
from gateway.core.problems import UNAVAILABLE, Problem

_LOOK_EVERY = 1.0


class EventFeed:
    """An Observer that wakes the open streams. They read the store by themselves, so a slow one holds no memory.

    A stream that can't be written to for `patience` seconds is cut off; one that has nothing to say breaks its silence
    after `silence` seconds, so that both sides notice a connection that is gone. Events of `others`, gateways that
    share the store, wake nobody here: where there may be any, a stream looks for them by itself.
    """

    def __init__(self, *, others: bool = False, most: int = 32, patience: float = 10.0, silence: float = 15.0) -> None:
        self.patience = patience
        self.silence = silence
        self.pause = min(silence, _LOOK_EVERY) if others else silence
        """Seconds after which a stream looks at the store though nobody woke it."""
        self.closed = False
        self._most = most
        self._open = 0
        self._news = asyncio.Event()

    def observe(self, events: Sequence[Recorded]) -> None:
        self._wake()

    @property
    def news(self) -> asyncio.Event:
        """Set at the next event, or when the feed closes. Take it before reading the store, and nothing is missed."""
        return self._news

    @contextmanager
    def admission(self) -> Iterator[None]:
        """One stream's place. Raises Problem where there is none left."""
        if self.closed or self._open >= self._most:
            raise Problem(UNAVAILABLE, "All event streams are taken.", headers={"Retry-After": "5"})
        self._open += 1
        try:
            yield
        finally:
            self._open -= 1

    def close(self) -> None:
        """End every stream, so that the listener can stop."""
        self.closed = True
        self._wake()

    def _wake(self) -> None:
        news, self._news = self._news, asyncio.Event()
        news.set()
