"""Waiting for a condition instead of for a time."""

import asyncio
from collections.abc import Awaitable, Callable, Sized
from pathlib import Path

_LOOK_EVERY = 0.05
_TAIL = 4000


async def eventually(missing: Callable[[], Awaitable[str | None]], within: float, log: Path | None = None) -> None:
    """Ask again and again until nothing is `missing`; after `within` seconds fail with what is, and the log's tail."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + within
    while (wanted := await missing()) is not None:
        if loop.time() >= deadline:
            raise AssertionError(f"not within {within:g} s: {wanted}\n{tail(log)}")
        await asyncio.sleep(_LOOK_EVERY)


async def fewer(seen: Sized, count: int) -> str | None:
    """What is missing where so many are to be seen."""
    return None if len(seen) >= count else f"{count}, not {len(seen)}"


def tail(log: Path | None) -> str:
    """The end of a log, to be shown with a failure."""
    if log is None or not log.exists():
        return ""
    return f"{log} ends:\n{log.read_text(encoding='utf-8', errors='replace')[-_TAIL:]}"
