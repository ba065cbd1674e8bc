"""Blobs in PostgreSQL keep the contract of all blobs, and what only several gateways can ask of them."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from gateway.core.errors import BlobMissing, StoreUnavailable
from gateway.core.store_address import store_address
from gateway.store.blobs_postgres import PostgresBlobs
from tests.contract.blobs_contract import CONTENT, LIMIT, BlobsContract, content_of, pieces, put
from tests.support.clock import SetClock
from tests.support.postgres import empty_store

pytestmark = pytest.mark.postgresql


@pytest.fixture
def clock() -> SetClock:
    return SetClock(1_800_000_000.0)


@pytest.fixture
def url() -> str:
    return empty_store()


@pytest.fixture
async def blobs(url: str, clock: SetClock) -> AsyncIterator[PostgresBlobs]:
    blobs = PostgresBlobs(store_address(url), clock)
    await blobs.start()
    yield blobs
    await blobs.close()


class TestPostgresBlobs(BlobsContract):
    """The contract."""


async def test_what_one_gateway_puts_another_has(blobs: PostgresBlobs, url: str, clock: SetClock) -> None:
    blob = await put(blobs)
    peer = PostgresBlobs(store_address(url), clock)
    assert await content_of(peer, blob.digest) == CONTENT
    assert await put(peer) == blob
    await peer.close()


async def test_a_content_that_goes_while_it_is_read_is_missing(blobs: PostgresBlobs, clock: SetClock) -> None:
    blob = await put(blobs)
    async with blobs.open(blob.digest) as content:
        await anext(content)
        await blobs.remove_orphans(clock.at + 1, lambda digests: asyncio.sleep(0, set()))
        with pytest.raises(BlobMissing):
            await anext(content)


async def test_drafts_leave_the_last_of_their_disk_too(url: str, clock: SetClock) -> None:
    """Where the temporary files lie, others have theirs: perhaps the database itself."""
    greedy = PostgresBlobs(store_address(url), clock, kept=lambda size: size)
    with pytest.raises(StoreUnavailable, match="bytes are left"):
        await put(greedy)
    await greedy.close()


async def test_a_server_that_is_away_refuses(clock: SetClock) -> None:
    away = PostgresBlobs(store_address("postgresql://relevo@127.0.0.1:1/relevo"), clock)
    with pytest.raises(StoreUnavailable):
        await away.put(pieces(b"x"), LIMIT)
    with pytest.raises(StoreUnavailable):
        await content_of(away, "0" * 64)
    await away.close()
