"""The spool's folder, as its one thread sees it: files of lines that are only ever appended to, and removed whole.

A file takes lines until it is a megabyte long; another start begins another file. It is removed when every request in
it is in the store: until then they may be drained again, which the store notices.
"""

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from gateway.core.disk import sync_folder, translated, translated_reading
from gateway.core.failpoints import failpoint
from gateway.core.ids import new_id
from gateway.store.lock import FileLock
from gateway.store.spool.lines import Line, lines_in

_WHAT = "spool"
_LOCK = "lock"
_HOLDER = "holder"
_LINES = ".spool"
_SET_ASIDE = ".aside"
_DIGITS = 8
_LENGTH = 1024 * 1024
"""Bytes from which on another file is begun."""
_PRIVATE_FOLDER, _PRIVATE_FILE = 0o700, 0o600


class Place(NamedTuple):
    """Where a line is."""

    file: str
    offset: int
    length: int


class SpoolFolder:
    """Locked from `prepare` to `close`. Raises StoreUnavailable and StoreFailed, and StartError where it is locked."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = FileLock(path / _LOCK, "spool")
        self._lines: Counter[str] = Counter()
        """Those of each file that are not in the store yet."""
        self._descriptor: int | None = None
        self._number = 0
        self._name = ""
        self._length = 0

    def prepare(self) -> None:
        """Make it, for its owner alone, and lock it."""
        with translated(_WHAT):
            self._path.mkdir(mode=_PRIVATE_FOLDER, parents=True, exist_ok=True)
            self._path.chmod(_PRIVATE_FOLDER)
            sync_folder(self._path.parent)
            self._lock.acquire()

    def holder(self) -> str:
        """The name of this folder, drawn once: it goes with what is in it."""
        file = self._path / _HOLDER
        with translated(_WHAT):
            with suppress(FileNotFoundError):
                if known := file.read_text().strip():
                    return known
            name = new_id()
            _keep(file, f"{name}\n".encode())
            return name

    def lines(self) -> Iterator[tuple[Place, Line]]:
        """What was left by those before us, in its order. Files without a line go."""
        with translated(_WHAT):
            for file in sorted(self._path.glob(f"*{_LINES}")):
                found = lines_in(file.read_bytes())
                self._lines[file.name] = len(found)
                if file.stem.isdecimal():  # a person may have brought one back under another name
                    self._number = max(self._number, int(file.stem))
                if not found:
                    self._remove(file.name)
                for line in found:
                    yield Place(file.name, line.offset, len(line.text)), line

    def append(self, lines: Sequence[bytes]) -> list[Place]:
        """Add them; durable on return, all or none."""
        with translated(_WHAT):
            if self._length >= _LENGTH:
                self._end()
            try:
                descriptor = self._begun()
                _write(descriptor, b"".join(lines))
                os.fsync(descriptor)
            except OSError:
                self._cut()
                raise
        failpoint("spool.after_sync")
        places = []
        for line in lines:
            places.append(Place(self._name, self._length, len(line)))
            self._length += len(line)
        self._lines[self._name] += len(lines)
        return places

    def read(self, place: Place) -> bytes:
        """The line there."""
        with translated_reading(_WHAT), (self._path / place.file).open("rb") as file:
            file.seek(place.offset)
            return file.read(place.length)

    def done(self, places: Sequence[Place]) -> None:
        """These are in the store, or set aside."""
        with translated(_WHAT):
            for name, count in Counter(place.file for place in places).items():
                self._lines[name] -= count
                if not self._lines[name]:
                    self._remove(name)

    def set_aside(self, name: str, line: bytes) -> None:
        """Keep a line that the store can't take, for a person to look at."""
        with translated(_WHAT):
            _keep(self._path / f"{name}{_SET_ASIDE}", line)

    def count_set_aside(self) -> int:
        with translated(_WHAT):
            return sum(1 for _ in self._path.glob(f"*{_SET_ASIDE}"))

    def close(self) -> None:
        self._end()
        self._lock.release()

    def _begun(self) -> int:
        if self._descriptor is None:
            self._number += 1
            self._name = f"{self._number:0{_DIGITS}d}{_LINES}"
            self._descriptor = _create(self._path / self._name)
            sync_folder(self._path)
        return self._descriptor

    def _cut(self) -> None:
        """After a failed write: take back what is there of it. Nothing is ever written behind what may be torn."""
        if self._descriptor is not None:
            with suppress(OSError):
                os.ftruncate(self._descriptor, self._length)
                if not self._length:
                    (self._path / self._name).unlink()
            self._end()

    def _end(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
        self._descriptor, self._length = None, 0

    def _remove(self, name: str) -> None:
        if name == self._name:
            self._end()
        (self._path / name).unlink()
        sync_folder(self._path)
        del self._lines[name]


def _keep(file: Path, content: bytes) -> None:
    descriptor = _create(file)
    try:
        _write(descriptor, content)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    sync_folder(file.parent)


def _create(file: Path) -> int:
    return os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, _PRIVATE_FILE)


def _write(descriptor: int, content: bytes) -> None:
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(descriptor, rest) :]
