"""What promises of seconds are measured with leaves out the moments in which nothing ran."""

import asyncio
import time

from tests.support.stopwatch import stopwatch


async def test_a_standstill_does_not_count_and_waiting_does() -> None:
    async with stopwatch() as seconds:
        await asyncio.sleep(0.1)
        time.sleep(0.5)  # noqa: ASYNC251 (the standstill)
        await asyncio.sleep(0.05)
        assert 0.1 < seconds() < 0.5
