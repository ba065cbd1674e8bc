"""Blobs in files keep the contract of all blobs, and what only files can."""

import asyncio
import errno
import hashlib
import os
from collections.abc import AsyncIterator
from pathlib import Path
from shutil import move

import pytest

from gateway.blobs import FileBlobs
from gateway.core.disk import translated, translated_reading
from gateway.core.errors import BlobMissing, StoreFailed, StoreUnavailable
from gateway.core.ports import Blobs
from tests.contract.blobs_contract import CONTENT, LIMIT, BlobsContract, content_of, nobody, pieces, put
from tests.support.clock import SetClock


@pytest.fixture
def clock() -> SetClock:
    return SetClock(1_800_000_000.0)


@pytest.fixture
def failures() -> list[StoreFailed]:
    return []


@pytest.fixture
async def blobs(tmp_path: Path, clock: SetClock, failures: list[StoreFailed]) -> AsyncIterator[FileBlobs]:
    blobs = FileBlobs(tmp_path / "relevo.db.blobs", clock, failures.append)
    await blobs.start()
    yield blobs
    await blobs.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "relevo.db.blobs"


def files_in(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def modes_in(folder: Path) -> tuple[set[int], set[int]]:
    """Of the folders, itself among them, and of the files."""
    folders = {path.stat().st_mode & 0o777 for path in (folder, *folder.rglob("*")) if path.is_dir()}
    return folders, {path.stat().st_mode & 0o777 for path in files_in(folder)}


def open_descriptors() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


class TestFileBlobs(BlobsContract):
    """The port over a folder."""

    async def test_it_lies_two_folders_deep_under_its_digest(self, blobs: Blobs, folder: Path) -> None:
        blob = await put(blobs)
        assert files_in(folder) == [folder / blob.digest[:2] / blob.digest[2:4] / blob.digest]

    async def test_its_owner_alone_may_look(self, blobs: Blobs, folder: Path) -> None:
        await put(blobs)
        assert modes_in(folder) == ({0o700}, {0o600})

    async def test_what_fails_leaves_no_file(self, blobs: Blobs, folder: Path) -> None:
        async def broken() -> AsyncIterator[bytes]:
            yield CONTENT
            raise ConnectionResetError

        with pytest.raises(ConnectionResetError):
            await blobs.put(broken(), LIMIT)
        assert files_in(folder) == []

    async def test_no_descriptor_stays_open(self, blobs: Blobs) -> None:
        blob = await put(blobs)
        before = open_descriptors()
        for _ in range(10):
            await put(blobs)
            async with blobs.open(blob.digest) as content:
                await anext(content)
        assert open_descriptors() == before

    async def test_a_blob_cut_short_by_hand_is_put_whole_again(self, blobs: Blobs, folder: Path) -> None:
        blob = await put(blobs)
        (path,) = files_in(folder)
        path.write_bytes(b"cut")
        await put(blobs)
        assert await content_of(blobs, blob.digest) == CONTENT

    async def test_the_draft_of_a_killed_process_is_gone_after_the_start(self, blobs: FileBlobs, folder: Path) -> None:
        (folder / "drafts" / "tmp123").write_bytes(b"half")
        blob = await put(blobs)
        await blobs.start()
        assert [path.name for path in files_in(folder)] == [blob.digest]

    async def test_files_of_other_names_are_left_alone(self, blobs: Blobs, folder: Path, clock: SetClock) -> None:
        stranger = folder / "ab" / "cd" / "README"
        misplaced = folder / "ab" / "cd" / hashlib.sha256(b"").hexdigest()
        stranger.parent.mkdir(parents=True)
        stranger.touch()
        misplaced.touch()
        assert (await blobs.remove_orphans(clock.at + 1e9, nobody)).removed == 0
        assert stranger.exists()
        assert misplaced.exists()

    async def test_the_last_of_the_disk_is_left_to_the_requests(
        self, tmp_path: Path, clock: SetClock, failures: list[StoreFailed]
    ) -> None:
        greedy = FileBlobs(tmp_path / "greedy", clock, failures.append, kept=lambda size: size)
        await greedy.start()
        with pytest.raises(StoreUnavailable, match="bytes are left"):
            await put(greedy)
        assert files_in(tmp_path / "greedy") == []
        assert failures == []

    async def test_a_folder_that_is_gone_refuses_and_comes_back(
        self, blobs: Blobs, folder: Path, failures: list[StoreFailed]
    ) -> None:
        away = folder.with_name("away")
        move(folder, away)
        with pytest.raises(StoreUnavailable):
            await put(blobs)
        move(away, folder)
        await put(blobs)
        assert failures == []

    async def test_reading_what_is_removed_meanwhile_ends_well(self, blobs: Blobs, clock: SetClock) -> None:
        blob = await put(blobs)
        async with blobs.open(blob.digest) as content:
            read = await anext(content)
            await blobs.remove_orphans(clock.at + 1, nobody)
            read += b"".join([piece async for piece in content])
        assert read == CONTENT
        with pytest.raises(BlobMissing):
            await content_of(blobs, blob.digest)

    async def test_puts_and_sweeps_at_once_lose_nothing_that_was_put_last(self, blobs: Blobs, clock: SetClock) -> None:
        old = clock.at

        async def sweep() -> None:
            for _ in range(20):
                await blobs.remove_orphans(old + 1, nobody)

        async def put_anew(number: int) -> None:
            for _ in range(10):
                blob = await blobs.put(pieces(b"%d" % number), 100)
                assert await content_of(blobs, blob.digest) == b"%d" % number

        for number in range(6):
            await put(blobs, b"%d" % number)
        clock.at += 100
        await asyncio.gather(sweep(), *(put_anew(number) for number in range(6)))


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EMFILE, errno.EROFS, errno.EACCES])
def test_what_may_get_better_refuses_for_now(number: int) -> None:
    with pytest.raises(StoreUnavailable), translated("blobs"):
        raise OSError(number, os.strerror(number))


@pytest.mark.parametrize("number", [errno.EIO, errno.ENODEV, errno.EUCLEAN])
def test_what_leaves_the_disk_in_doubt_ends_it(number: int) -> None:
    with pytest.raises(StoreFailed), translated("blobs"):
        raise OSError(number, os.strerror(number))


def test_one_content_that_cannot_be_read_stops_nothing() -> None:
    with pytest.raises(StoreUnavailable), translated_reading("blobs"):
        raise OSError(errno.EIO, os.strerror(errno.EIO))
