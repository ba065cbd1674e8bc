"""One gateway per database file, and per spool: a lock beside it, held while the process lives."""

import fcntl
import os
from pathlib import Path

from gateway.core.errors import StartError


class FileLock:
    """An exclusive lock on `path`, which also tells who holds it, and so has `what`. The kernel frees it when the
    process ends."""

    def __init__(self, path: Path, what: str = "database") -> None:
        self._path = path
        self._what = what
        self._descriptor: int | None = None

    def acquire(self) -> None:
        """Raises StartError, which names the file and the holder's process."""
        try:
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise StartError(f"store: {self._path} can't be written: {error.strerror}") from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            holder = os.read(descriptor, 20).decode(errors="replace").strip() or "unknown"
            os.close(descriptor)
            raise StartError(
                f"store: another gateway has this {self._what} open: process {holder} holds {self._path}"
            ) from error
        os.ftruncate(descriptor, 0)
        os.write(descriptor, f"{os.getpid()}\n".encode())
        self._descriptor = descriptor

    def release(self) -> None:
        """The file stays: removing it would let two processes lock two files of one name."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
