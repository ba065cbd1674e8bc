"""An event loop whose time jumps to the next timer whenever nothing is ready, so that hours pass in milliseconds.

`asyncio.sleep`, `asyncio.timeout` and task groups work unchanged, and two runs of one script are the same to the
nanosecond. Nothing waits for the outside: no threads, no processes, no sockets of other processes.
"""

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

from gateway.core.clock import Instant

EPOCH: Instant = 1_767_225_600.0
"""2026-01-01T00:00:00Z, when every virtual loop starts."""

_GRACE_SECONDS = 3600.0
_GRACE_STEPS = 100_000

T = TypeVar("T")


class Stuck(AssertionError):
    """The run can't end: it waits for something that no timer will bring, or it went past its caps."""


class _JumpingSelector(selectors.DefaultSelector):
    """Where another selector would wait, this one moves the time on."""

    def __init__(self, seconds: float, steps: int) -> None:
        super().__init__()
        self.time = 0.0
        self._seconds = seconds
        self._steps = steps

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        self._steps -= 1
        if self._steps < 0:
            self._fail("too many steps: something spins")
        ready = super().select(0)
        if ready or timeout == 0:
            return ready
        if timeout is None:
            self._fail("everybody waits and no timer is set")
        else:
            self.time += timeout
        if self.time > self._seconds:
            self._fail("too much virtual time")
        return ready

    def _fail(self, why: str) -> None:
        self._seconds = self.time + _GRACE_SECONDS  # the loop still has to cancel its tasks
        self._steps = _GRACE_STEPS
        raise Stuck(f"{why} (at {self.time:.3f} virtual seconds)")


class VirtualEventLoop(asyncio.SelectorEventLoop):
    """A selector event loop on virtual time, starting at zero."""

    def __init__(self, *, seconds: float, steps: int) -> None:
        self._jumping = _JumpingSelector(seconds, steps)
        super().__init__(self._jumping)

    def time(self) -> float:
        return self._jumping.time


class VirtualClock:
    """The core's clock on the running virtual loop; set `wall_drift` to have the wall clock jump."""

    def __init__(self) -> None:
        self.wall_drift = 0.0

    def now(self) -> Instant:
        return EPOCH + asyncio.get_running_loop().time()

    def drift(self) -> float:
        return self.wall_drift


def run(coroutine: Coroutine[Any, Any, T], *, seconds: float = 3600.0, steps: int = 1_000_000) -> T:
    """Run to the end within so many virtual seconds and loop steps; raises Stuck past them, or if tasks are left."""

    async def whole() -> T:
        result = await coroutine
        left = [task.get_name() for task in asyncio.all_tasks() - {asyncio.current_task()} if not task.done()]
        if left:
            raise Stuck(f"tasks left over: {', '.join(sorted(left))}")
        return result

    with asyncio.Runner(loop_factory=lambda: VirtualEventLoop(seconds=seconds, steps=steps)) as runner:
        return runner.run(whole())
