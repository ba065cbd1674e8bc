"""Moves an installation: every row of an SQLite store into an empty PostgreSQL database, in one transaction.

Rows go through in the order of their keys, a few hundred in memory at a time, and are read back and compared before
the commit: nothing is there until everything is.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any, BinaryIO

import orjson
from sqlalchemy import Column, Connection, Table, Text, collate, func, insert, select, union
from sqlalchemy.exc import DBAPIError

from gateway.core.blob import PIECE
from gateway.core.clock import Instant
from gateway.core.errors import RelevoError
from gateway.core.store_address import POSTGRESQL, SQLITE, StoreAddress
from gateway.store.blob_tables import blob_pieces, blobs
from gateway.store.database_postgres import migrate
from gateway.store.database_sqlite import SqliteDatabase
from gateway.store.engine_postgres import administering_engine, driver_of, gateways_present
from gateway.store.failures import translated
from gateway.store.schema import attachments, metadata, raw_mails

_ROWS = 500
"""In memory at a time."""

Contents = Callable[[str], BinaryIO]
"""Opens the content of a digest. Raises BlobMissing."""
Told = Callable[[str, int], None]
"""Told of each table how many rows it has, once they are compared."""
Values = tuple[object, ...]


class NotCopied(RelevoError):
    """The target is as it was."""


def copy_store(source: StoreAddress, target: StoreAddress, contents: Contents, now: Instant, told: Told) -> None:
    """Copy all of it, under the same ids and numbers. The source is locked meanwhile, and stays as it is.

    Raises NotCopied; StartError where a gateway has the source open, or one of them can't be opened.
    """
    if source.scheme != SQLITE or target.scheme != POSTGRESQL:
        raise NotCopied("a store is copied from sqlite:FILE to postgresql://USER@HOST/DATABASE")
    if not Path(source.file).is_file():
        raise NotCopied(f"there is no store in {source.file}")
    with _opened(source) as given, _in_one_transaction(target) as taken:
        _require_empty(taken)
        for table in metadata.sorted_tables:
            told(table.name, _copy_table(table, given, taken))
        told(blobs.name, _copy_blobs(given, taken, contents, now))


@contextmanager
def _opened(source: StoreAddress) -> Iterator[Connection]:
    database = SqliteDatabase.open(source.file)
    try:
        with database.connection.begin():
            yield database.connection
    finally:
        database.close()


@contextmanager
def _in_one_transaction(target: StoreAddress) -> Iterator[Connection]:
    engine = administering_engine(target)
    try:
        with translated():
            migrate(target)
            with engine.connect() as connection:
                if gateways_present(connection):
                    raise NotCopied(f"a gateway has {target} open: stop it first")
                with connection.begin():
                    yield connection
    except DBAPIError as error:
        raise NotCopied(f"{target} refused it: {error.orig}") from error
    finally:
        engine.dispose()


def _require_empty(taken: Connection) -> None:
    full = [table.name for table in (*metadata.sorted_tables, blobs) if taken.execute(select(table).limit(1)).first()]
    if full:
        raise NotCopied(f"the target is not empty: it has rows in {', '.join(full)}")


def _copy_table(table: Table, given: Connection, taken: Connection) -> int:
    columns = ", ".join(column.name for column in table.columns)
    sent = _Digest()
    with driver_of(taken).cursor().copy(f"COPY {table.name} ({columns}) FROM STDIN") as stream:
        for values in sent.of(_values(table, given)):
            stream.write_row(values)
    arrived = _Digest()
    for _ in arrived.of(_values(table, taken)):
        pass
    if not arrived.agrees_with(sent):
        raise NotCopied(f"{table.name} did not arrive as it was: {sent.rows} rows were sent, {arrived.rows} are there")
    _go_on_numbering(table, taken)
    return sent.rows


def _values(table: Table, connection: Connection) -> Iterator[Values]:
    """The rows in the order of their key, which both engines agree on."""
    query = select(table).order_by(*(_ordered(key, connection) for key in table.primary_key.columns))
    for row in connection.execute(query.execution_options(yield_per=_ROWS)):
        # Only a database that was written to by others has a NUL; PostgreSQL has no place for it.
        yield tuple(value.replace("\0", "�") if isinstance(value, str) else value for value in row)


def _ordered(key: Column[Any], connection: Connection) -> Any:
    """SQLite compares bytes; a database's own collation may not."""
    return collate(key, "C") if isinstance(key.type, Text) and connection.dialect.name == POSTGRESQL else key


def _go_on_numbering(table: Table, taken: Connection) -> None:
    """New numbers begin after those that came."""
    column = table.autoincrement_column
    if column is None:
        return
    last = taken.execute(select(func.max(column))).scalar()
    if last is not None:
        taken.execute(select(func.setval(func.pg_get_serial_sequence(table.name, column.name), last)))


def _copy_blobs(given: Connection, taken: Connection, contents: Contents, now: Instant) -> int:
    """Those that an attachment or a raw mail names; what nobody has come to name stays behind."""
    copied = 0
    named = union(select(attachments.c.digest), select(raw_mails.c.digest).where(raw_mails.c.digest.is_not(None)))
    for (digest,) in given.execute(named):
        with contents(digest) as content:
            _copy_blob(taken, digest, content, now)
        copied += 1
    return copied


def _copy_blob(taken: Connection, digest: str, content: BinaryIO, now: Instant) -> None:
    size = content.seek(0, 2)
    content.seek(0)
    taken.execute(insert(blobs), {"digest": digest, "size": size, "put_at": now})
    found = hashlib.sha256()
    for number in count():
        piece = content.read(PIECE)
        if not piece:
            break
        found.update(piece)
        taken.execute(insert(blob_pieces), {"digest": digest, "number": number, "content": piece})
    if found.hexdigest() != digest:
        raise NotCopied(f"the content {digest} is damaged")


class _Digest:
    """Counts and digests the rows that go by."""

    def __init__(self) -> None:
        self.rows = 0
        self._hash = hashlib.sha256()

    def of(self, rows: Iterable[Values]) -> Iterator[Values]:
        for values in rows:
            self.rows += 1
            self._hash.update(orjson.dumps(values, default=bytes.hex))
            yield values

    def agrees_with(self, other: "_Digest") -> bool:
        return (self.rows, self._hash.digest()) == (other.rows, other._hash.digest())
