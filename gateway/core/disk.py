"""Files that must last: what an error of the file system means, names that are durable, and room that is kept free."""

import errno
import math
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import structlog

from gateway.core.errors import StoreFailed, StoreUnavailable

_LEAST_KEPT_FREE = 64 * 1024 * 1024
_KEPT_FREE_PART = 20
"""Of a large disk this part is kept free: one twentieth."""
_log = structlog.get_logger("relevo.disk")
_REFUSES = frozenset(
    {
        errno.ENOSPC,
        errno.EDQUOT,
        errno.EFBIG,
        errno.EMFILE,
        errno.ENFILE,
        errno.ENOMEM,
        errno.EROFS,
        errno.EACCES,
        errno.EPERM,
        errno.ENOENT,  # the folder was taken away, or its disk isn't mounted
        errno.ENOTDIR,
        errno.EINTR,
        errno.EAGAIN,
        errno.ESTALE,
    }
)


@contextmanager
def translated(what: str) -> Iterator[None]:
    """Turn errors of writing `what` into ours. After a failed write or fsync nobody knows what the disk holds: we
    stop."""
    try:
        yield
    except OSError as error:
        kind = StoreUnavailable if error.errno in _REFUSES else StoreFailed
        raise kind(f"{what}: {error}") from error


@contextmanager
def translated_reading(what: str) -> Iterator[None]:
    """Turn errors of reading into ours: one content that can't be read is no reason to stop the others."""
    try:
        yield
    except OSError as error:
        raise StoreUnavailable(f"{what}: {error}") from error


def sync_folder(folder: Path) -> None:
    """Make the names in it durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def kept_free(size: int) -> int:
    """Bytes of a disk of that size that attachments leave to the requests themselves."""
    return max(_LEAST_KEPT_FREE, size // _KEPT_FREE_PART)


def free_bytes(folder: Path) -> float:
    """What an ordinary user may still write to its disk; not a number where the folder is away."""
    try:
        disk = os.statvfs(folder)
    except OSError:
        return math.nan
    return disk.f_bavail * disk.f_frsize


class Reserve:
    """The last of a folder's disk, which attachments may not take: there the requests still have to find room."""

    def __init__(self, folder: Path, kept: Callable[[int], int] = kept_free) -> None:
        self._folder = folder
        self._kept = kept
        self._near = False

    def require_room(self) -> None:
        """Raises StoreUnavailable, and OSError. Says so once when no more than the reserve is left above it."""
        disk = os.statvfs(self._folder)
        free, kept = disk.f_bavail * disk.f_frsize, self._kept(disk.f_blocks * disk.f_frsize)
        near = free < 2 * kept
        if near and not self._near:
            _log.warning("disk nearly full", folder=str(self._folder), free=free, attachments_refused_below=kept)
        self._near = near
        if free < kept:
            raise StoreUnavailable(f"attachments: only {free} bytes are left on the disk of {self._folder}")
