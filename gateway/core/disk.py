"""Files that must last: what an error of the file system means, and names that are durable."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gateway.core.errors import StoreFailed, StoreUnavailable

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
