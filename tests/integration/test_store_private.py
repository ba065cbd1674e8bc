"""The store's files hold personal data and the key of every requester's page."""

import os
from pathlib import Path

from gateway.core.clock import SystemClock
from gateway.store import open_store


def modes_in(folder: Path) -> dict[str, int]:
    return {path.name: path.stat().st_mode & 0o777 for path in folder.iterdir()}


async def test_nobody_else_can_read_the_files(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        store = open_store(
            f"sqlite:{tmp_path / 'relevo.db'}", SystemClock(), on_failed=lambda _: None, measured=lambda _: None
        )
        await store.start()
        await store.secret()
        modes = modes_in(tmp_path)
        await store.close()
    finally:
        os.umask(before)
    assert {"relevo.db", "relevo.db-wal", "relevo.db-shm", "relevo.db.lock"} <= modes.keys()
    assert set(modes.values()) == {0o600}
