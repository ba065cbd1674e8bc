"""The room that attachments leave on a disk."""

import os
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from gateway.core.disk import Reserve, kept_free
from gateway.core.errors import StoreUnavailable

MEBIBYTE = 1024 * 1024


@pytest.mark.parametrize(
    ("size", "kept"), [(1000 * MEBIBYTE, 64 * MEBIBYTE), (2000 * MEBIBYTE, 100 * MEBIBYTE), (0, 64 * MEBIBYTE)]
)
def test_t14_more_is_left_free_of_a_larger_disk(size: int, kept: int) -> None:
    """64 MiB of two terabytes are filled by the log alone, and then the requests themselves find no room."""
    assert kept_free(size) == kept


def test_the_size_is_the_disks(tmp_path: Path) -> None:
    sizes: list[int] = []

    def kept(size: int) -> int:
        sizes.append(size)
        return 0

    Reserve(tmp_path, kept).require_room()
    disk = os.statvfs(tmp_path)
    assert sizes == [disk.f_blocks * disk.f_frsize]


def test_before_attachments_are_refused_it_is_said_once(tmp_path: Path) -> None:
    disk = os.statvfs(tmp_path)
    kept = disk.f_bavail * disk.f_frsize * 3 // 4
    reserve = Reserve(tmp_path, lambda _: kept)
    with capture_logs() as lines:
        reserve.require_room()
        reserve.require_room()
        kept *= 2
        with pytest.raises(StoreUnavailable, match="bytes are left"):
            reserve.require_room()
        kept = 0
        reserve.require_room()
        kept = disk.f_bavail * disk.f_frsize * 3 // 4
        reserve.require_room()
    assert [line["event"] for line in lines] == ["disk nearly full"] * 2
