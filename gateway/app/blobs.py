"""Where the content of attachments is kept: with the store."""

from collections.abc import Callable
from pathlib import Path

from gateway.blobs import FileBlobs
from gateway.core.clock import Clock
from gateway.core.errors import StoreFailed
from gateway.core.ports import KeptBlobs
from gateway.core.store_address import SQLITE, StoreAddress


def build_blobs(store: StoreAddress, clock: Clock, on_failed: Callable[[StoreFailed], None]) -> KeptBlobs:
    """The blobs of the store at that address: of `sqlite:relevo.db` the folder `relevo.db.blobs`, of a database the
    database itself."""
    if store.scheme == SQLITE:
        return FileBlobs(folder_beside(store), clock, on_failed)
    from gateway.store.blobs_postgres import PostgresBlobs  # its driver is slow to import

    return PostgresBlobs(store, clock)


def folder_beside(store: StoreAddress) -> Path:
    """Of an SQLite store."""
    return Path(f"{store.file}.blobs")
