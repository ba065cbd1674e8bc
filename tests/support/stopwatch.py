"""How long another process took, without the moments in which the machine ran neither it nor us.

A promise of seconds supposes a machine that runs. One that is shared with others may stand still for a second or two
now and then, which a loop with nothing to do but wait notices: it wakes up late by as much.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

_LOOK_EVERY = 0.02
_STANDSTILL = 0.1
"""Seconds that a busy machine never lets a waiting loop oversleep."""


@asynccontextmanager
async def stopwatch() -> AsyncIterator[Callable[[], float]]:
    """Tells the seconds since its beginning. What is timed may wait on this loop, and must not work on it."""
    loop = asyncio.get_running_loop()
    started = loop.time()
    lost = 0.0

    async def watch() -> None:
        nonlocal lost
        while True:
            due = loop.time() + _LOOK_EVERY
            await asyncio.sleep(_LOOK_EVERY)
            late = loop.time() - due
            lost += late if late > _STANDSTILL else 0.0

    watching = asyncio.create_task(watch())
    try:
        yield lambda: loop.time() - started - lost
    finally:
        watching.cancel()
