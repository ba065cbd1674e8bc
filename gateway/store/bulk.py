"""Many rows in one statement.

A statement per row, or the driver's executemany, costs several times the processor and hands the interpreter's lock
to and fro; one multi-row statement per table does not. The rows come as VALUES on SQLite (3.33 and later), and as an
array for each column on PostgreSQL, where a text that doesn't depend on their number is parsed and planned only once. The
values must be of types that both drivers take as they are (str, int, float, bool, None).
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import chain
from operator import itemgetter
from typing import Any

from sqlalchemy import Column, Connection, CursorResult, Delete, Dialect, Double, Table, bindparam, delete

Row = Mapping[str, object]

_MOST_PARAMETERS = 30_000
"""Below SQLite's limit for one statement, 32,766; PostgreSQL's is 65,535."""


def insert(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Add the rows. All have the same columns; those that they leave out are NULL, which is cheaper than saying so."""
    names = _names(rows)
    for page in _pages(rows, len(names)):
        _execute(connection, table, _insertion(table, names), names, page)


def insert_unless_taken(connection: Connection, table: Table, rows: Sequence[Row]) -> bool:
    """Add the rows that no unique index has an equal of already, also one given earlier; True where that was all."""
    names = _names(rows)
    text = f"{_insertion(table, names)} ON CONFLICT DO NOTHING"
    return sum(_execute(connection, table, text, names, page).rowcount for page in _pages(rows, len(names))) == len(
        rows
    )


def replace(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Add the rows, each in the place of one with its key where there is one; few rows, which no other table names."""
    (key,) = (column.name for column in table.primary_key.columns)
    remove(connection, table, [str(row[key]) for row in rows])
    insert(connection, table, rows)


def insert_numbered(connection: Connection, table: Table, rows: Sequence[Row]) -> list[int]:
    """Add rows without their numeric key, which the engine gives in order; returns the keys, in the rows' order."""
    (key,) = (column.name for column in table.primary_key.columns)
    names = _names(rows)
    text = f"{_insertion(table, names)} RETURNING {key}"
    given: list[int] = []
    for page in _pages(rows, len(names)):
        given += _execute(connection, table, text, names, page).scalars()
    return sorted(given)


def update(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Change the rows by their key, each to its own values; all rows have the same columns, the key among them."""
    if not rows:
        return
    (key,) = (column.name for column in table.primary_key.columns)
    names = tuple(rows[0])
    changes = ", ".join(f"{name} = {_cast(connection, table.c[name])}" for name in names if name != key)
    text = (
        f"WITH given ({', '.join(names)}) AS ({{}}) "  # noqa: S608 (names of our own columns)
        f"UPDATE {table.name} SET {changes} FROM given WHERE {table.name}.{key} = given.{key}"
    )
    for page in _pages(rows, len(names)):
        _execute(connection, table, text, names, page)


def remove(connection: Connection, table: Table, keys: Iterable[str]) -> None:
    """Delete the rows with these keys."""
    wanted = list(keys)
    if wanted:
        connection.execute(_removal(table), {"keys": wanted})


@lru_cache
def _removal(table: Table) -> Delete:
    (key,) = table.primary_key.columns
    return delete(table).where(key.in_(bindparam("keys", expanding=True)))


def _names(rows: Sequence[Row]) -> tuple[str, ...]:
    return tuple(rows[0]) if rows else ()


@lru_cache
def _insertion(table: Table, names: tuple[str, ...]) -> str:
    return f"INSERT INTO {table.name} ({', '.join(names)}) {{}}"  # noqa: S608 (names of our own columns)


def _pages(rows: Sequence[Row], width: int) -> Iterable[Sequence[Row]]:
    size = _MOST_PARAMETERS // max(width, 1)
    return (rows[start : start + size] for start in range(0, len(rows), size))


def _execute(
    connection: Connection, table: Table, text: str, names: tuple[str, ...], rows: Sequence[Row]
) -> CursorResult[int]:
    """`text` has a place for the rows."""
    if connection.dialect.paramstyle == "qmark":
        given = _marks(len(names), len(rows))
        values = tuple(chain.from_iterable(map(itemgetter(*names), rows)))
    else:
        given = _arrays(table, names, connection.dialect)
        values = tuple(_array(table.c[name], [row[name] for row in rows]) for name in names)
    return connection.exec_driver_sql(text.format(given), values)


@lru_cache(maxsize=1024)
def _marks(columns: int, rows: int) -> str:
    one = f"({', '.join('?' * columns)})"
    return f"VALUES {', '.join([one] * rows)}"


@lru_cache(maxsize=1024)
def _arrays(table: Table, names: tuple[str, ...], dialect: Dialect) -> str:
    arrays = (f"%s::{table.c[name].type.compile(dialect)}[]" for name in names)
    return f"SELECT * FROM unnest({', '.join(arrays)})"


def _array(column: Column[Any], values: list[Any]) -> list[Any]:
    """An array's values are all of one type."""
    return [None if each is None else float(each) for each in values] if isinstance(column.type, Double) else values


def _cast(connection: Connection, column: Column[object]) -> str:
    return f"CAST(given.{column.name} AS {column.type.compile(connection.dialect)})"
