"""The virtual loop that the other tests stand on: exact, quick, and unable to hang."""

import asyncio
import time

import pytest

from tests.support.virtual_time import EPOCH, Stuck, VirtualClock, run


def test_hours_pass_at_once_and_exactly() -> None:
    async def script() -> float:
        await asyncio.sleep(7200)
        return VirtualClock().now()

    started = time.monotonic()
    assert run(script(), seconds=8000) == EPOCH + 7200
    assert time.monotonic() - started < 1


def test_timeouts_and_task_groups_keep_the_order_of_their_timers() -> None:
    seen: list[str] = []

    async def note(name: str, after: float) -> None:
        await asyncio.sleep(after)
        seen.append(name)

    async def script() -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(note("second", 2.0))
            group.create_task(note("first", 1.0))
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.5):
                await note("never", 1.0)

    run(script())
    assert seen == ["first", "second"]


async def _forever() -> None:
    await asyncio.Event().wait()


async def _spinning() -> None:
    for _ in iter(int, 1):
        await asyncio.sleep(0)


async def _endless() -> None:
    for _ in iter(int, 1):
        await asyncio.sleep(60)


async def _leaking() -> None:
    asyncio.get_running_loop().leak = asyncio.create_task(_endless(), name="forgotten")  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("script", "words"),
    [(_forever, "no timer"), (_spinning, "spins"), (_endless, "too much virtual time"), (_leaking, "forgotten")],
)
def test_what_would_hang_or_leak_fails(script: object, words: str) -> None:
    with pytest.raises(Stuck, match=words):
        run(script(), seconds=600, steps=5000)  # type: ignore[operator]
