"""The folder of the blobs, as threads see it: drafts that become blobs, and blobs by their digest.

A blob is `ab/cd/DIGEST`, where abcd are the digest's first digits; a draft has a name of our own in `drafts`. A draft
is written and synced, then renamed into its place, and the place is synced: what has a digest for a name is whole.
"""

import hashlib
import os
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from gateway.core.blob import Blob, is_digest
from gateway.core.clock import Instant
from gateway.core.disk import Reserve, kept_free, sync_folder, translated, translated_reading
from gateway.core.errors import BlobMissing

_WHAT = "blobs"
_DRAFTS = "drafts"
_PRIVATE_FOLDER = 0o700


@dataclass(frozen=True, slots=True)
class Entry:
    """A blob in the folder."""

    digest: str
    size: int
    put_at: Instant
    """When it was put last."""


class Folder:
    """Safe for several threads. Raises StoreUnavailable and StoreFailed."""

    def __init__(self, path: Path, kept: Callable[[int], int] = kept_free) -> None:
        self._path = path
        self.reserve = Reserve(path, kept)
        # Who looks whether a blob is there, and acts on it, does both under this lock.
        self._placing = threading.Lock()

    def prepare(self) -> None:
        """Make it, for its owner alone, and remove the drafts of a process that was killed."""
        with translated(_WHAT):
            for folder in (self._path, self._path / _DRAFTS):
                folder.mkdir(mode=_PRIVATE_FOLDER, parents=True, exist_ok=True)
                folder.chmod(_PRIVATE_FOLDER)
                sync_folder(folder.parent)
            for draft in (self._path / _DRAFTS).iterdir():
                draft.unlink()

    def new_draft(self) -> tuple[BinaryIO, Path]:
        """An empty file, and its path."""
        with translated(_WHAT):
            descriptor, name = tempfile.mkstemp(dir=self._path / _DRAFTS)
            return os.fdopen(descriptor, "wb", buffering=0), Path(name)

    def place(self, draft: Path, blob: Blob, at: Instant) -> None:
        """Give a synced draft its name, or drop it where that content is here already, which then counts as new."""
        target = self._path_of(blob.digest)
        with translated(_WHAT), self._placing:
            os.utime(draft, (at, at))
            if _size(target) == blob.size:
                os.utime(target, (at, at))
                draft.unlink()
            else:
                self._make_place(target.parent)
                draft.rename(target)
            # Also for what was here already: whoever put it may not have come to this line yet.
            sync_folder(target.parent)

    def _make_place(self, folder: Path) -> None:
        for each in (folder.parent, folder):
            if not each.is_dir():
                each.mkdir(mode=_PRIVATE_FOLDER)
            sync_folder(each.parent)

    def open(self, digest: str) -> BinaryIO:
        """Its content. Raises BlobMissing."""
        if not is_digest(digest):
            raise BlobMissing(digest)
        with translated_reading(_WHAT):
            try:
                return self._path_of(digest).open("rb", buffering=0)
            except FileNotFoundError:
                raise BlobMissing(digest) from None

    def entries(self) -> Iterator[Entry]:
        """Every blob; what has another name isn't ours, and is left alone."""
        with translated_reading(_WHAT):
            for path in self._path.glob("??/??/*"):
                if is_digest(path.name) and path == self._path_of(path.name):
                    status = path.stat()
                    yield Entry(path.name, status.st_size, status.st_mtime)

    def remove(self, digests: Iterable[str], before: Instant) -> set[str]:
        """Remove those of them that have not been put again since; which they were."""
        removed = set()
        for digest in digests:
            path = self._path_of(digest)
            with translated(_WHAT), self._placing:
                if path.stat().st_mtime < before:
                    path.unlink()
                    removed.add(digest)
        return removed

    def _path_of(self, digest: str) -> Path:
        return self._path / digest[:2] / digest[2:4] / digest


class Draft:
    """A content while it comes in. Each step runs in some thread; `drop` waits for the one that is under way."""

    def __init__(self, folder: Folder) -> None:
        self._folder = folder
        self._file: BinaryIO | None = None
        self._path: Path | None = None
        self._hash = hashlib.sha256()
        self._size = 0
        self._step = threading.Lock()

    def write(self, piece: bytes) -> None:
        """Add a piece."""
        with self._step, translated(_WHAT):
            self._folder.reserve.require_room()
            file, _ = self._opened()
            rest = memoryview(piece)
            while rest:
                rest = rest[file.write(rest) :]
            self._hash.update(piece)
            self._size += len(piece)

    def keep(self, at: Instant) -> Blob:
        """Make it a blob; durable on return."""
        with self._step, translated(_WHAT):
            file, path = self._opened()
            os.fsync(file.fileno())
            file.close()
            blob = Blob(self._hash.hexdigest(), self._size)
            self._folder.place(path, blob, at)
            return blob

    def drop(self) -> None:
        """Leave nothing behind, whatever it came to."""
        with self._step, translated(_WHAT):
            if self._file is not None and self._path is not None:
                self._file.close()
                self._path.unlink(missing_ok=True)

    def _opened(self) -> tuple[BinaryIO, Path]:
        if self._file is None or self._path is None:
            self._file, self._path = self._folder.new_draft()
        return self._file, self._path


def _size(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return None
