"""A lane: how many attempts one provider may have in flight, and how many may start in a second.

A small window is what bounds the doubles after a hang: at most what was in flight can be there twice.
"""

import asyncio
from collections import deque

_BURST_SECONDS = 0.1
"""A rate is kept over this span: so much of a second's tickets may start at once."""

Turn = asyncio.Future[None]


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
        self._next_line: deque[Turn] = deque()
        self._other_line: deque[Turn] = deque()
        self._new, self._rescued = self._next_line, self._other_line
        self._timer: asyncio.TimerHandle | None = None

    def room(self) -> bool:
        """Whether one more attempt may start now; those who wait go first."""
        return not (self._new or self._rescued) and self._free()

    def take(self) -> None:
        """Start one attempt; the caller has seen `room`, or was given its `turn`."""
        self._in_flight += 1
        self._due = max(self._due, asyncio.get_running_loop().time()) + self._interval

    def give(self) -> None:
        """An attempt ended, or a turn was not used."""
        self._in_flight -= 1
        self._pump()

    def turn(self, *, rescue: bool = False) -> Turn:
        """A future that is done when it is one's turn: the place is then taken on one's behalf. Cancel it to step
        out of the line; whoever gets it done must use the place or `give` it back."""
        turn: Turn = asyncio.get_running_loop().create_future()
        (self._rescued if rescue else self._new).append(turn)
        self._pump()
        return turn

    def _free(self) -> bool:
        now = asyncio.get_running_loop().time()
        return self._in_flight < self._window and self._due - self._allowance <= now

    def _pump(self) -> None:
        while (turn := self._first_waiting()) and self._free():
            self.take()
            self._next_line.popleft() if self._next_line else self._other_line.popleft()
            self._next_line, self._other_line = self._other_line, self._next_line
            turn.set_result(None)
        if self._first_waiting() and self._in_flight < self._window and self._timer is None:
            self._timer = asyncio.get_running_loop().call_at(self._due - self._allowance, self._rate_allows)

    def _first_waiting(self) -> Turn | None:
        """The next to be served; those who stepped out of their line are dropped on the way."""
        for line in (self._next_line, self._other_line):
            while line and line[0].done():
                line.popleft()
            if line:
                return line[0]
        return None

    def _rate_allows(self) -> None:
        self._timer = None
        self._pump()
