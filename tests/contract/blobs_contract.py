"""What every engine of blobs must do. A test module subclasses `BlobsContract` and gives it the fixtures `blobs`,
started and empty, and `clock`, by which that engine dates what is put."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Collection, Sequence

import pytest

from gateway.core.blob import PIECE, Blob, is_digest
from gateway.core.errors import BlobMissing, ContentTooLarge
from gateway.core.ports import Blobs
from tests.support.clock import SetClock

CONTENT = b"No puedo imprimir." * 50_000
"""More than three pieces."""
LIMIT = 4 * 1024 * 1024
NAMES_FROM_OUTSIDE = (
    "",
    "..",
    "../../etc/passwd",
    "/etc/passwd",
    "A" * 64,
    "0" * 63,
    "0" * 65,
    "0" * 63 + "\n",
    "0" * 62 + "\x00a",
    "٠" * 64,
    "ab/cd/" + "0" * 58,
    "' OR digest LIKE '%",
)


async def pieces(content: bytes, size: int = 1000) -> AsyncIterator[bytes]:
    for start in range(0, len(content), size):
        yield content[start : start + size]


async def put(blobs: Blobs, content: bytes = CONTENT) -> Blob:
    return await blobs.put(pieces(content), LIMIT)


async def content_of(blobs: Blobs, digest: str) -> bytes:
    async with blobs.open(digest) as content:
        return b"".join([piece async for piece in content])


async def nobody(digests: Sequence[str]) -> Collection[str]:
    """No row names any of them."""
    return ()


async def stored(blobs: Blobs, clock: SetClock) -> tuple[int, int]:
    """How many blobs there are, and their bytes."""
    sweep = await blobs.remove_orphans(clock.at - 1_000_000, nobody)
    assert sweep.removed == 0
    return sweep.kept, sweep.bytes_kept


class BlobsContract:
    """Subclass this as Test...; needs the fixtures `blobs` and `clock`."""

    async def test_what_was_put_is_read_as_it_was(self, blobs: Blobs) -> None:
        blob = await put(blobs)
        assert await content_of(blobs, blob.digest) == CONTENT

    async def test_its_name_is_the_sha_256_of_its_content(self, blobs: Blobs) -> None:
        assert await put(blobs) == Blob(hashlib.sha256(CONTENT).hexdigest(), len(CONTENT))

    async def test_nothing_is_a_content_too(self, blobs: Blobs) -> None:
        blob = await put(blobs, b"")
        assert blob == Blob(hashlib.sha256(b"").hexdigest(), 0)
        assert await content_of(blobs, blob.digest) == b""

    async def test_every_byte_survives(self, blobs: Blobs) -> None:
        content = bytes(range(256)) * 3
        assert await content_of(blobs, (await put(blobs, content)).digest) == content

    async def test_pieces_are_bounded(self, blobs: Blobs) -> None:
        async def at_once() -> AsyncIterator[bytes]:
            yield CONTENT

        blob = await blobs.put(at_once(), LIMIT)
        async with blobs.open(blob.digest) as content:
            assert max([len(piece) async for piece in content]) <= PIECE

    async def test_the_same_content_is_there_once(self, blobs: Blobs, clock: SetClock) -> None:
        assert await put(blobs) == await put(blobs)
        assert await stored(blobs, clock) == (1, len(CONTENT))

    async def test_puts_of_the_same_content_at_once_agree(self, blobs: Blobs, clock: SetClock) -> None:
        blob, *others = await asyncio.gather(*(put(blobs) for _ in range(8)))
        assert others == [blob] * 7
        assert await content_of(blobs, blob.digest) == CONTENT
        assert await stored(blobs, clock) == (1, len(CONTENT))

    async def test_puts_of_different_contents_at_once_keep_apart(self, blobs: Blobs) -> None:
        contents = [bytes([number]) * 300_000 for number in range(8)]
        found = await asyncio.gather(*(put(blobs, content) for content in contents))
        for blob, content in zip(found, contents, strict=True):
            assert await content_of(blobs, blob.digest) == content

    async def test_a_content_may_have_just_as_many_bytes_as_the_limit(self, blobs: Blobs) -> None:
        assert (await blobs.put(pieces(CONTENT), len(CONTENT))).size == len(CONTENT)

    async def test_more_than_the_limit_leaves_nothing_behind(self, blobs: Blobs, clock: SetClock) -> None:
        with pytest.raises(ContentTooLarge):
            await blobs.put(pieces(CONTENT), len(CONTENT) - 1)
        assert await stored(blobs, clock) == (0, 0)

    async def test_reading_ends_as_soon_as_the_limit_is_exceeded(self, blobs: Blobs) -> None:
        given = 0

        async def endless() -> AsyncIterator[bytes]:
            nonlocal given
            while True:
                given += 1000
                yield bytes(1000)

        with pytest.raises(ContentTooLarge):
            await blobs.put(endless(), 500_000)
        assert given == 501_000

    async def test_a_sender_that_fails_half_way_leaves_nothing_behind(self, blobs: Blobs, clock: SetClock) -> None:
        async def broken() -> AsyncIterator[bytes]:
            async for piece in pieces(CONTENT):
                yield piece
            raise ConnectionResetError

        with pytest.raises(ConnectionResetError):
            await blobs.put(broken(), LIMIT)
        assert await stored(blobs, clock) == (0, 0)

    async def test_a_put_that_is_cancelled_leaves_nothing_behind(self, blobs: Blobs, clock: SetClock) -> None:
        came = asyncio.Event()

        async def stuck() -> AsyncIterator[bytes]:
            yield CONTENT
            came.set()
            await asyncio.get_running_loop().create_future()

        task = asyncio.create_task(blobs.put(stuck(), LIMIT))
        await came.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await stored(blobs, clock) == (0, 0)

    async def test_a_reader_may_leave_half_way(self, blobs: Blobs) -> None:
        blob = await put(blobs)
        for _ in range(20):
            async with blobs.open(blob.digest) as content:
                assert CONTENT.startswith(await anext(content))
        assert await content_of(blobs, blob.digest) == CONTENT

    async def test_an_unknown_digest_is_missing(self, blobs: Blobs) -> None:
        await put(blobs)
        with pytest.raises(BlobMissing):
            await content_of(blobs, "0" * 64)

    @pytest.mark.parametrize("name", NAMES_FROM_OUTSIDE)
    async def test_t01_names_never_come_from_outside(self, blobs: Blobs, name: str) -> None:
        assert not is_digest(name)
        with pytest.raises(BlobMissing):
            await content_of(blobs, name)

    async def test_an_orphan_is_removed_after_the_grace_period(self, blobs: Blobs, clock: SetClock) -> None:
        blob = await put(blobs)
        clock.at += 100
        sweep = await blobs.remove_orphans(clock.at - 50, nobody)
        assert (sweep.removed, sweep.kept, sweep.bytes_kept) == (1, 0, 0)
        with pytest.raises(BlobMissing):
            await content_of(blobs, blob.digest)

    async def test_what_a_row_names_is_never_removed(self, blobs: Blobs, clock: SetClock) -> None:
        mine, orphan = await put(blobs), await put(blobs, b"orphan")
        clock.at += 100

        async def named(digests: Sequence[str]) -> Collection[str]:
            return {mine.digest} & set(digests)

        sweep = await blobs.remove_orphans(clock.at - 50, named)
        assert (sweep.removed, sweep.kept, sweep.bytes_kept) == (1, 1, len(CONTENT))
        assert await content_of(blobs, mine.digest) == CONTENT
        with pytest.raises(BlobMissing):
            await content_of(blobs, orphan.digest)

    async def test_what_is_younger_than_the_grace_period_stays(self, blobs: Blobs, clock: SetClock) -> None:
        blob = await put(blobs)
        clock.at += 100
        assert (await blobs.remove_orphans(clock.at - 101, nobody)).removed == 0
        assert await content_of(blobs, blob.digest) == CONTENT

    async def test_put_again_it_is_young_again(self, blobs: Blobs, clock: SetClock) -> None:
        await put(blobs)
        clock.at += 100
        blob = await put(blobs)
        assert (await blobs.remove_orphans(clock.at - 50, nobody)).removed == 0
        assert await content_of(blobs, blob.digest) == CONTENT

    async def test_put_again_while_orphans_are_looked_for_it_stays(self, blobs: Blobs, clock: SetClock) -> None:
        blob = await put(blobs)
        clock.at += 100

        async def put_meanwhile(digests: Sequence[str]) -> Collection[str]:
            assert await put(blobs) == blob
            return ()

        sweep = await blobs.remove_orphans(clock.at - 50, put_meanwhile)
        assert (sweep.removed, sweep.kept, sweep.bytes_kept) == (0, 1, len(CONTENT))
        assert await content_of(blobs, blob.digest) == CONTENT

    async def test_many_orphans_are_removed(self, blobs: Blobs, clock: SetClock) -> None:
        keep = {(await put(blobs, b"%d" % number)).digest for number in range(3)}
        for number in range(3, 40):
            await put(blobs, b"%d" % number)
        clock.at += 100

        async def named(digests: Sequence[str]) -> Collection[str]:
            return keep & set(digests)

        sweep = await blobs.remove_orphans(clock.at - 50, named)
        assert (sweep.removed, sweep.kept) == (37, 3)
