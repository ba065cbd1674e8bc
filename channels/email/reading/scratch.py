"""The folder in which readers leave decoded files for as long as a reading lives."""

import asyncio
import fcntl
import itertools
import os
import shutil
import tempfile
from pathlib import Path

_PREFIX = "relevo-mails-"


class Scratch:
    """A folder of this process alone. One that a killed gateway has left behind is removed by the next."""

    def __init__(self) -> None:
        """Raises OSError."""
        _remove_abandoned(Path(tempfile.gettempdir()))
        self._folder, self._lock = _new_folder()
        self._numbers = itertools.count()

    def place(self) -> Path:
        """A path in it that nothing has yet."""
        return self._folder / str(next(self._numbers))

    async def remove(self, place: Path) -> None:
        if _is_there(place):  # of most mails nothing is, and a thread costs more than this look
            await asyncio.to_thread(shutil.rmtree, place, ignore_errors=True)

    async def close(self) -> None:
        await asyncio.to_thread(shutil.rmtree, self._folder, ignore_errors=True)
        os.close(self._lock)


def _is_there(place: Path) -> bool:
    return place.exists()


def _new_folder() -> tuple[Path, int]:
    """A new one and its lock. Another gateway that starts may take it for abandoned before it is locked."""
    while True:
        folder = Path(tempfile.mkdtemp(prefix=_PREFIX))
        lock = _locked(folder)
        if lock is not None:
            return folder, lock


def _locked(folder: Path) -> int | None:
    """A descriptor that keeps the folder locked as long as this process lives; None where another one has it, or it is
    gone."""
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.path.samestat(os.fstat(descriptor), folder.lstat()):
            return descriptor
    except OSError:
        pass
    os.close(descriptor)
    return None


def _remove_abandoned(parent: Path) -> None:
    """Folders of ours that nobody holds any more."""
    for folder in parent.glob(f"{_PREFIX}*"):
        lock = _locked(folder)
        if lock is not None:
            shutil.rmtree(folder, ignore_errors=True)
            os.close(lock)
