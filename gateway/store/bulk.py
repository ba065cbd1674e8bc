"""Many rows in one statement.

A statement per row, or the driver's executemany, costs several times the processor and hands the interpreter's lock
to and fro; one statement for the rows of a table does not. On SQLite (3.33 and later) they are VALUES. On PostgreSQL
they come as one JSON text: thus the statement is the same for any number of rows, and client and server parse it once.
The values must be of types that both take as they are (str, int, float, bool, None), or bytes.
"""

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import chain
from typing import Any, Protocol

import orjson
from sqlalchemy import Column, Connection, Dialect, Table

Row = Mapping[str, object]
Values = tuple[object, ...]
"""A row whose columns are named once for all: what is written most often comes so."""
Constants = tuple[tuple[str, str], ...]
"""Columns that are the same in all rows, with their values as SQL writes them: a value costs more to bind than to read
in the statement's text."""

_MOST_PARAMETERS = 30_000
"""Below SQLite's limit for one statement, 32,766; PostgreSQL's is 65,535."""


def insert(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Add the rows. All have the same columns; those that they leave out are NULL, which is cheaper than saying so."""
    names = _names(rows)
    insert_values(connection, table, names, _values(rows, names))


def insert_values(
    connection: Connection,
    table: Table,
    names: tuple[str, ...],
    rows: Sequence[Values],
    constants: Constants = (),
) -> None:
    """Add the rows, whose columns have these names."""
    for page in _pages(rows, len(names)):
        _execute(connection, table, _insertion(table, names, constants), names, page, constants)


def insert_unless_taken(
    connection: Connection,
    table: Table,
    names: tuple[str, ...],
    rows: Sequence[Values],
    constants: Constants = (),
) -> bool:
    """Add the rows that no unique index has an equal of already, also one given earlier; True where that was all."""
    text = f"{_insertion(table, names, constants)} ON CONFLICT DO NOTHING"
    added = sum(_execute(connection, table, text, names, page, constants).rowcount for page in _pages(rows, len(names)))
    return added == len(rows)


def insert_new(connection: Connection, table: Table, names: tuple[str, ...], rows: Sequence[Values]) -> set[str]:
    """As `insert_unless_taken`; returns the keys of those that were added."""
    text = f"{_insertion(table, names)} ON CONFLICT DO NOTHING RETURNING {_key(table)}"
    pages = (_execute(connection, table, text, names, page).fetchall() for page in _pages(rows, len(names)))
    return {row[0] for page in pages for row in page}


def replace(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Add the rows, each in the place of the one with its key where there is one; no two of them have the same key."""
    names = _names(rows)
    keys = [column.name for column in table.primary_key.columns]
    changes = ", ".join(f"{name} = excluded.{name}" for name in names if name not in keys)
    text = f"{_insertion(table, names)} ON CONFLICT ({', '.join(keys)}) DO UPDATE SET {changes}"
    for page in _pages(_values(rows, names), len(names)):
        _execute(connection, table, text, names, page)


def insert_numbered(connection: Connection, table: Table, names: tuple[str, ...], rows: Sequence[Values]) -> list[int]:
    """Add rows without their numeric key, which the engine gives in order, and SQLite, where nobody else writes, one by
    one; returns the keys, in the rows' order."""
    text = _insertion(table, names)
    given: list[int] = []
    for page in _pages(rows, len(names)):
        if connection.dialect.paramstyle == "qmark":
            # By the last of them: to fetch each would hand over the interpreter's lock as often.
            last = _execute(connection, table, text, names, page).lastrowid or 0
            given += range(last - len(page) + 1, last + 1)
        else:
            done = _execute(connection, table, f"{text} RETURNING {_key(table)}", names, page)
            given += sorted(row[0] for row in done.fetchall())
    return given


def update(connection: Connection, table: Table, rows: Sequence[Row], *, unless: str | None = None) -> None:
    """Change the rows by their key, each to its own values; all rows have the same columns, the key among them. Those
    in which the column `unless` is true stay as they are."""
    if not rows:
        return
    names = tuple(rows[0])
    text = _change(connection.dialect, table, names, unless)
    for page in _pages(_values(rows, names), len(names)):
        _execute(connection, table, text, names, page)


def remove(connection: Connection, table: Table, keys: Iterable[str]) -> None:
    """Delete the rows with these keys."""
    wanted = [(each,) for each in keys]
    if wanted:
        _execute(connection, table, _removal(table), (_key(table),), wanted)


@lru_cache
def _removal(table: Table) -> str:
    return f"DELETE FROM {table.name} WHERE {_key(table)} IN ({{}})"  # noqa: S608 (names of our own)


@lru_cache
def _change(dialect: Dialect, table: Table, names: tuple[str, ...], unless: str | None) -> str:
    key = _key(table)
    besides = f" AND NOT {table.name}.{unless}" if unless else ""
    changes = ", ".join(f"{name} = {_cast(dialect, table.c[name])}" for name in names if name != key)
    return (
        f"WITH given ({', '.join(names)}) AS ({{}}) "  # noqa: S608 (names of our own columns)
        f"UPDATE {table.name} SET {changes} FROM given WHERE {table.name}.{key} = given.{key}{besides}"
    )


def _key(table: Table) -> str:
    (key,) = table.primary_key.columns
    return str(key.name)


def _names(rows: Sequence[Row]) -> tuple[str, ...]:
    return tuple(rows[0]) if rows else ()


def _values(rows: Sequence[Row], names: tuple[str, ...]) -> list[Values]:
    return [tuple([row[name] for name in names]) for row in rows]


@lru_cache
def _insertion(table: Table, names: tuple[str, ...], constants: Constants = ()) -> str:
    return f"INSERT INTO {table.name} ({', '.join([*names, *dict(constants)])}) {{}}"


def _pages(rows: Sequence[Values], width: int) -> Iterable[Sequence[Values]]:
    size = _MOST_PARAMETERS // max(width, 1)
    return (rows[start : start + size] for start in range(0, len(rows), size))


class _Done(Protocol):
    """What both drivers' cursors and SQLAlchemy's results tell."""

    @property
    def rowcount(self) -> int: ...

    @property
    def lastrowid(self) -> int | None: ...

    def fetchall(self) -> Sequence[Any]: ...


def _execute(
    connection: Connection,
    table: Table,
    text: str,
    names: tuple[str, ...],
    rows: Sequence[Values],
    constants: Constants = (),
) -> _Done:
    """`text` has a place for the rows, in each of which the constants come last."""
    if connection.dialect.paramstyle == "qmark":
        # Straight to the driver: what SQLAlchemy does around it costs more than a statement of a few rows.
        driver: sqlite3.Connection = connection.connection.driver_connection  # type: ignore[assignment]
        return driver.execute(_with_marks(text, len(names), constants, len(rows)), tuple(chain.from_iterable(rows)))
    return connection.exec_driver_sql(text.format(_records(table, names, constants)), (_json(names, rows),))


@lru_cache(maxsize=1024)
def _with_marks(text: str, columns: int, constants: Constants, rows: int) -> str:
    one = f"({', '.join([*'?' * columns, *dict(constants).values()])})"
    return text.format(f"VALUES {', '.join([one] * rows)}")


@lru_cache
def _records(table: Table, names: tuple[str, ...], constants: Constants) -> str:
    columns = ", ".join([*names, *dict(constants).values()])
    return f"SELECT {columns} FROM json_populate_recordset(NULL::{table.name}, %s::json)"  # noqa: S608 (our own names)


def _json(names: tuple[str, ...], rows: Sequence[Values]) -> str:
    """PostgreSQL has no place for a NUL in a text, and what a desk answers may have one."""
    text = _dumped([dict(zip(names, row, strict=True)) for row in rows])
    if "\\u0000" in text:
        clean = [{name: _without_nul(value) for name, value in zip(names, row, strict=True)} for row in rows]
        text = _dumped(clean)
    return text


def _dumped(records: Sequence[Row]) -> str:
    return orjson.dumps(records, default=_hexadecimal).decode()


def _hexadecimal(content: bytes) -> str:
    """As PostgreSQL reads it."""
    return f"\\x{content.hex()}"


def _without_nul(value: object) -> object:
    return value.replace("\0", "�") if isinstance(value, str) else value


def _cast(dialect: Dialect, column: Column[object]) -> str:
    return f"CAST(given.{column.name} AS {column.type.compile(dialect)})"
