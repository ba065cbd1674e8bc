"""Orphans are swept, now and then, and never what is young or named."""

from collections.abc import AsyncIterator, Collection, Sequence

import pytest

from gateway.blobs import Sweeper
from gateway.blobs.sweeper import EVERY, GRACE
from gateway.core.blob import Sweep
from gateway.core.errors import StoreUnavailable
from tests.support.blobs import MemoryBlobs
from tests.support.clock import SetClock


class Store:
    """Knows which blobs are named, unless it is away."""

    def __init__(self) -> None:
        self.names: set[str] = set()
        self.away = False

    async def named(self, digests: Sequence[str]) -> Collection[str]:
        if self.away:
            raise StoreUnavailable("away")
        return self.names & set(digests)


@pytest.fixture
def clock() -> SetClock:
    return SetClock(1_800_000_000.0)


@pytest.fixture
def blobs(clock: SetClock) -> MemoryBlobs:
    return MemoryBlobs(clock)


async def put(blobs: MemoryBlobs, content: bytes) -> str:
    async def once() -> AsyncIterator[bytes]:
        yield content

    return (await blobs.put(once(), 100)).digest


async def test_an_upload_that_nobody_came_to_name_goes_after_a_day(blobs: MemoryBlobs, clock: SetClock) -> None:
    store, found = Store(), list[Sweep]()
    sweeper = Sweeper(blobs, store.named, clock, found.append)
    named, orphan = await put(blobs, b"named"), await put(blobs, b"orphan")
    store.names.add(named)
    clock.at += GRACE - 1
    await sweeper.sweep()
    assert set(blobs.contents) == {named, orphan}
    clock.at += 2
    await sweeper.sweep()
    assert set(blobs.contents) == {named}
    assert found == [Sweep(0, 2, 11), Sweep(1, 1, 5)]


async def test_a_store_that_is_away_puts_the_sweep_off(blobs: MemoryBlobs, clock: SetClock) -> None:
    store, found = Store(), list[Sweep]()
    sweeper = Sweeper(blobs, store.named, clock, found.append)
    orphan = await put(blobs, b"orphan")
    clock.at += 2 * GRACE
    store.away = True
    await sweeper.sweep()
    assert set(blobs.contents) == {orphan}
    store.away = False
    await sweeper.sweep()
    assert blobs.contents == {}
    assert found == [Sweep(1, 0, 0)]


def test_a_sweep_comes_often_within_the_grace_period() -> None:
    assert EVERY < GRACE / 10
