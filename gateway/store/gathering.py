"""Calls on their way to the writer: while one group is being committed, the next gathers on the loop."""

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import suppress

from gateway.core.errors import StoreUnavailable
from gateway.store.group import Call

_GROUP_COMMANDS = 512
"""A bigger group gains nothing, and the last of its callers would wait longer."""
_QUEUED_CALLS = 10_000


class Gathering:
    """Lives on the event loop. One group is under way at a time, so what comes meanwhile shares the next commit.

    A group handed over to the writer costs a wake-up of its thread and an fsync, so the calls of one round of the loop
    go together, and those of the rounds right after it as long as more keep coming.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, submit: Callable[[list[Call]], None]) -> None:
        self._loop = loop
        self._submit = submit
        self._calls: deque[Call] = deque()
        self._seen = 0
        self._under_way = False
        self._looking = False

    def add(self, call: Call) -> None:
        """Raises StoreUnavailable where too many wait already."""
        if len(self._calls) >= _QUEUED_CALLS:
            raise StoreUnavailable(f"{_QUEUED_CALLS} calls are waiting for the store already")
        self._calls.append(call)
        self._look()

    def withdraw(self, call: Call) -> None:
        """Forget a call that isn't under way yet."""
        with suppress(ValueError):
            self._calls.remove(call)

    def settled(self) -> None:
        """The group that was under way is done."""
        self._under_way = False
        if self._calls:
            self._look()

    def flush(self) -> None:
        """Everything that waits goes to the writer now, as groups one after another: it is about to stop."""
        while self._calls:
            self._hand_over()

    def _look(self) -> None:
        if not self._under_way and not self._looking:
            self._looking = True
            self._seen = len(self._calls)
            self._loop.call_soon(self._next_round)

    def _next_round(self) -> None:
        waiting = len(self._calls)
        if self._seen < waiting < _GROUP_COMMANDS:
            self._seen = waiting
            self._loop.call_soon(self._next_round)
            return
        self._looking = False
        if self._calls:
            self._hand_over()

    def _hand_over(self) -> None:
        group: list[Call] = []
        commands = 0
        while self._calls and commands < _GROUP_COMMANDS:
            call = self._calls.popleft()
            group.append(call)
            commands += len(call.commands)
        self._under_way = True
        self._submit(group)
