"""What is old is given up once a day, in batches; a store that is away puts it off."""

import asyncio
from contextlib import suppress

from channels.forgetting import forget_old
from gateway.core.clock import Clock
from gateway.core.errors import StoreUnavailable
from tests.support.virtual_time import EPOCH, VirtualClock, run

_DAY = 86_400.0


class _Forgetful:
    """A store that gives up so many at each call, or fails."""

    def __init__(self, clock: Clock, answers: list[int | Exception]) -> None:
        self.asked: list[tuple[float, float]] = []
        self._clock = clock
        self._answers = answers

    async def forget(self, channel: str, before: float, limit: int) -> int:
        self.asked.append((self._clock.now() - EPOCH, before - EPOCH))
        answer = self._answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def test_what_is_old_is_given_up_once_a_day() -> None:
    clock = VirtualClock()
    store = _Forgetful(clock, [StoreUnavailable("away"), 500, 3, 0])

    async def two_days() -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(1.5 * _DAY):
                await forget_old(store.forget, "mail", 90 * _DAY, clock)

    run(two_days(), seconds=2 * _DAY)
    began = -90 * _DAY
    assert store.asked == [(0, began), (600, began + 600), (600, began + 600), (600 + _DAY, began + 600 + _DAY)]
