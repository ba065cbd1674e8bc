"""One gateway per database file."""

import os
from pathlib import Path

import pytest

from gateway.core.errors import StartError
from gateway.store.lock import FileLock


def test_the_second_is_refused_and_told_who_holds_it(tmp_path: Path) -> None:
    first, second = FileLock(tmp_path / "db.lock"), FileLock(tmp_path / "db.lock")
    first.acquire()
    with pytest.raises(StartError, match=rf"process {os.getpid()} holds .*db\.lock"):
        second.acquire()
    first.release()
    second.acquire()
    second.release()


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(StartError, match="nowhere"):
        FileLock(tmp_path / "nowhere" / "db.lock").acquire()
