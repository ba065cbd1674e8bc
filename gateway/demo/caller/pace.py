"""A call's time: real, or as fast as the gateway answers."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from gateway.core.clock import Instant

Sleep = Callable[[float], Awaitable[object]]


async def at_once(seconds: float) -> None:
    """The sleep of whoever doesn't want to wait."""


class CallerHungUp(Exception):
    """The caller's patience is over."""


@dataclass(slots=True)
class Pace:
    """How far the call is. `sleep` is asyncio's, or `at_once`."""

    began_at: Instant
    hangs_up_after: float
    sleep: Sleep
    seconds: float = 0.0
    """Since it began, as the people in the call live it."""

    @property
    def now(self) -> Instant:
        return self.began_at + self.seconds

    async def wait(self, seconds: float) -> None:
        """Let time pass. Raises CallerHungUp when that comes before."""
        left = max(0.0, self.hangs_up_after - self.seconds)
        passing = min(seconds, left)
        await self.sleep(passing)
        self.seconds += passing
        if passing < seconds:
            raise CallerHungUp
