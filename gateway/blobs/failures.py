"""What an error of the file system means: refuse for now, or stop for good."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager

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
def translated() -> Iterator[None]:
    """Turn errors of writing into ours. After a failed write or fsync nobody knows what the disk holds: we stop."""
    try:
        yield
    except OSError as error:
        kind = StoreUnavailable if error.errno in _REFUSES else StoreFailed
        raise kind(f"blobs: {error}") from error


@contextmanager
def translated_reading() -> Iterator[None]:
    """Turn errors of reading into ours: one content that can't be read is no reason to stop the others."""
    try:
        yield
    except OSError as error:
        raise StoreUnavailable(f"blobs: {error}") from error
