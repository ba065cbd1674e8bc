"""One request under way, and its time: charged to the client while its body is missing, to us until the answer begins.

Each look charges the time since the last one to whoever is waited for then. So nothing is timed per request, and a
client isn't blamed for what we leave unread.
"""

import asyncio

from aiohttp import StreamReader

from gateway.listener.limits import Limits


class SlowBody(TimeoutError):
    """The body did not come in time."""


class Exchange:
    """A request in the hands of its route, run by the current task."""

    __slots__ = (
        "_beside",
        "_body",
        "_counted_until",
        "_grown_to",
        "_limits",
        "_ours",
        "_task",
        "_theirs",
        "answering",
        "overdue",
    )

    def __init__(self, body: StreamReader, limits: Limits, now: float) -> None:
        self._body = body
        self._limits = limits
        self._counted_until = now
        self._theirs = self._ours = 0.0
        self._grown_to = body.total_bytes
        self._beside = 0
        self._task = asyncio.current_task()
        self.answering = False
        """The answer has begun, or the route is done: it has no deadline any more."""
        self.overdue = False
        """The route was cancelled since its answer did not begin in time."""

    @property
    def body_is_missing(self) -> bool:
        return not self._body.is_eof()

    def beside_body(self, size: int) -> int:
        """So many bytes have come; how many in all since the body last grew: of its trailers, or of the next head."""
        if self._body.total_bytes != self._grown_to:
            self._grown_to, self._beside = self._body.total_bytes, 0
        else:
            self._beside += size
        return self._beside

    def look(self, now: float, *, held_up: bool) -> bool:
        """Ends what is out of time; True while the client keeps us waiting. `held_up`: we don't read what it sends."""
        passed, self._counted_until = now - self._counted_until, now
        if self.body_is_missing and not held_up and self._body.exception() is None:
            self._charge_client(passed)
            return True
        if not self.answering:
            self._charge_us(passed)
        return False

    def break_body(self, error: Exception) -> None:
        """Whoever reads the body is told."""
        if self._body.exception() is None:
            self._body.set_exception(error)

    def end(self) -> None:
        """The route is done; nothing is charged or ended any more."""
        self.answering = True
        self._task = None

    def client_left(self) -> None:
        """Nobody reads an answer that has begun, so its route ends. Before that it goes on: what was asked for is done,
        whether or not somebody waits for it."""
        if self.answering and self._task is not None:
            self._task.cancel()

    def took_the_blame(self) -> bool:
        """Called when the route was cancelled: True if only for being overdue, and then that is settled."""
        return self.overdue and self._task is not None and self._task.uncancel() == 0

    def _charge_client(self, seconds: float) -> None:
        self._theirs += seconds
        if self._theirs > self._limits.body_seconds + self._body.total_bytes / self._limits.body_rate:
            self.break_body(SlowBody())

    def _charge_us(self, seconds: float) -> None:
        self._ours += seconds
        allowed = self._limits.answer_seconds
        if allowed is not None and self._ours > allowed and not self.overdue and self._task is not None:
            self.overdue = True
            self._task.cancel()
