"""A lane: how many attempts one provider may have in flight, and how many may start in a second.

A small window is what bounds the doubles after a hang: at most what was in flight can be there twice.
"""

import asyncio
import heapq
import itertools

from gateway.core.ticket import Priority

_BURST_SECONDS = 0.1
"""A rate is kept over this span: so much of a second's tickets may start at once."""

Turn = asyncio.Future[None]


class _Line:
    """Those who wait: urgent ones first, then as they came. Who stepped out is passed over."""

    def __init__(self) -> None:
        self._waiting: list[tuple[int, int, Turn]] = []
        self._numbers = itertools.count()

    def join(self, turn: Turn, priority: Priority) -> None:
        heapq.heappush(self._waiting, (-priority, next(self._numbers), turn))

    def first(self) -> Turn | None:
        while self._waiting and self._waiting[0][2].done():
            heapq.heappop(self._waiting)
        return self._waiting[0][2] if self._waiting else None


class Lane:
    """A window, and a rate (leaky bucket as a meter, ITU-T I.371 annex A), with two lines of those who wait.

    New tickets and rescued ones take turns while both wait, so that neither holds up the other for ever: each has at
    least half of the rate.
    """

    def __init__(self, window: int, rate: float) -> None:
        self._window = window
        self._in_flight = 0
        self._interval = 1.0 / rate
        self._allowance = max(_BURST_SECONDS, self._interval) - self._interval
        self._due = 0.0  # theoretical arrival time of the next attempt, on the loop's clock
        self._new, self._rescued = _Line(), _Line()
        self._next_line, self._other_line = self._new, self._rescued
        self._timer: asyncio.TimerHandle | None = None

    def room(self) -> bool:
        """Whether one more attempt may start now; those who wait go first."""
        return self._first_waiting() is None and self._free()

    def take(self) -> None:
        """Start one attempt; the caller has seen `room`, or was given its `turn`."""
        self._in_flight += 1
        self._due = max(self._due, asyncio.get_running_loop().time()) + self._interval

    def give(self) -> None:
        """An attempt ended, or a turn was not used."""
        self._in_flight -= 1
        self._pump()

    def turn(self, priority: Priority = Priority.NORMAL, *, rescue: bool = False) -> Turn:
        """A future that is done when it is one's turn: the place is then taken on one's behalf. Cancel it to step
        out of the line; whoever gets it done must use the place or `give` it back."""
        turn: Turn = asyncio.get_running_loop().create_future()
        (self._rescued if rescue else self._new).join(turn, priority)
        self._pump()
        return turn

    def _free(self) -> bool:
        now = asyncio.get_running_loop().time()
        return self._in_flight < self._window and self._due - self._allowance <= now

    def _pump(self) -> None:
        while (turn := self._first_waiting()) and self._free():
            self.take()
            turn.set_result(None)
            self._next_line, self._other_line = self._other_line, self._next_line
        if self._first_waiting() and self._in_flight < self._window and self._timer is None:
            self._timer = asyncio.get_running_loop().call_at(self._due - self._allowance, self._rate_allows)

    def _first_waiting(self) -> Turn | None:
        return self._next_line.first() or self._other_line.first()

    def _rate_allows(self) -> None:
        self._timer = None
        self._pump()
