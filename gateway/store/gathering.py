"""Calls on their way to the writer: while one group is being committed, the next gathers on the loop."""

import asyncio
from collections import deque
from collections.abc import Callable

from gateway.core.errors import StoreUnavailable
from gateway.store.group import Call

_GROUP_COMMANDS = 512
"""A bigger group gains nothing, and the last of its callers would wait longer."""
_QUEUED_CALLS = 10_000
_BUSY_CALLS = 4
_LINGER = 0.001
"""Seconds that the calls of a busy time wait for others, as long as fewer are there than half of those that shared the
last commit."""


class Gathering:
    """Lives on the event loop. One group is under way at a time, so what comes meanwhile shares the next commit.

    A group costs a wake-up of the writer's thread and an fsync, whatever its size. So the calls of one round of the
    loop go together; and at a busy time, which the last group's size tells, they wait a moment for others. Half as many
    will do: callers who wait for their answers before they ask again then fall into two halves, and while the one is
    being committed the loop serves the other, where else each would stand still for the other's sake.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, submit: Callable[[list[Call]], None]) -> None:
        self._loop = loop
        self._submit = submit
        self._calls: deque[Call] = deque()
        self._last_size = 0
        self._under_way = False
        self._due: asyncio.Handle | None = None
        self._lingering = False

    def add(self, call: Call) -> None:
        """Raises StoreUnavailable where too many wait already."""
        if len(self._calls) >= _QUEUED_CALLS:
            raise StoreUnavailable(f"{_QUEUED_CALLS} calls are waiting for the store already")
        self._calls.append(call)
        if not self._under_way:
            self._plan()

    def withdraw(self, call: Call) -> bool:
        """Forget a call; False where it is under way already."""
        try:
            self._calls.remove(call)
        except ValueError:
            return False
        return True

    def settled(self) -> None:
        """The group that was under way is done."""
        self._under_way = False
        if self._calls:
            self._plan()

    def flush(self) -> None:
        """Everything that waits goes to the writer now, as groups one after another: it is about to stop."""
        while self._calls:
            self._hand_over()

    def _plan(self) -> None:
        """See to it that what waits is handed over: after this round of the loop, or after a moment."""
        linger = _BUSY_CALLS <= self._last_size > 2 * len(self._calls)
        if self._due is None:
            self._due = self._loop.call_later(_LINGER, self._now) if linger else self._loop.call_soon(self._now)
            self._lingering = linger
        elif self._lingering and not linger:
            self._due.cancel()
            self._due, self._lingering = self._loop.call_soon(self._now), False

    def _now(self) -> None:
        self._due = None
        if self._calls and not self._under_way:
            self._hand_over()

    def _hand_over(self) -> None:
        group: list[Call] = []
        commands = 0
        while self._calls and commands < _GROUP_COMMANDS:
            call = self._calls.popleft()
            group.append(call)
            commands += len(call.commands)
        self._last_size = len(group)
        self._under_way = True
        self._submit(group)
