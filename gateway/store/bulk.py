"""Many rows in one statement.

A statement per row, or the driver's executemany, costs several times the processor and hands the interpreter's lock
to and fro; one multi-row VALUES per table does not. The text is plain SQL that SQLite (3.33 and later) and PostgreSQL
share; its values must be of types that both drivers take as they are (str, int, float, bool, None).
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

from sqlalchemy import Column, Connection, CursorResult, Delete, Table, bindparam, delete

Row = Mapping[str, object]

_MOST_PARAMETERS = 30_000
"""Below SQLite's limit for one statement, 32,766; PostgreSQL's is 65,535."""


def insert(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Add the rows; each has every column of the table."""
    names = [column.name for column in table.columns]
    for page in _pages(rows, len(names)):
        _execute(connection, _insertion(table, names), names, page)


def replace(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Add the rows, each in the place of one with its key where there is one; few rows, which no other table names."""
    (key,) = (column.name for column in table.primary_key.columns)
    remove(connection, table, [str(row[key]) for row in rows])
    insert(connection, table, rows)


def insert_numbered(connection: Connection, table: Table, rows: Sequence[Row]) -> list[int]:
    """Add rows without their numeric key, which the engine gives in order; returns the keys, in the rows' order."""
    (key,) = table.primary_key.columns
    names = [column.name for column in table.columns if column is not key]
    text = f"{_insertion(table, names)} RETURNING {key.name}"
    given: list[int] = []
    for page in _pages(rows, len(names)):
        given += _execute(connection, text, names, page).scalars()
    return sorted(given)


def update(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Change the rows by their key, each to its own values; all rows have the same columns, the key among them."""
    if not rows:
        return
    (key,) = (column.name for column in table.primary_key.columns)
    names = list(rows[0])
    changes = ", ".join(f"{name} = {_cast(connection, table.c[name])}" for name in names if name != key)
    text = (
        f"WITH given ({', '.join(names)}) AS (VALUES {{}}) "  # noqa: S608 (names of our own columns)
        f"UPDATE {table.name} SET {changes} FROM given WHERE {table.name}.{key} = given.{key}"
    )
    for page in _pages(rows, len(names)):
        _execute(connection, text, names, page)


def remove(connection: Connection, table: Table, keys: Iterable[str]) -> None:
    """Delete the rows with these keys."""
    wanted = list(keys)
    if wanted:
        connection.execute(_removal(table), {"keys": wanted})


@lru_cache
def _removal(table: Table) -> Delete:
    (key,) = table.primary_key.columns
    return delete(table).where(key.in_(bindparam("keys", expanding=True)))


def _insertion(table: Table, names: Sequence[str]) -> str:
    return f"INSERT INTO {table.name} ({', '.join(names)}) VALUES {{}}"  # noqa: S608 (names of our own columns)


def _pages(rows: Sequence[Row], width: int) -> Iterable[Sequence[Row]]:
    size = _MOST_PARAMETERS // width
    return (rows[start : start + size] for start in range(0, len(rows), size))


def _execute(connection: Connection, text: str, names: Sequence[str], rows: Sequence[Row]) -> CursorResult[int]:
    mark = "?" if connection.dialect.paramstyle == "qmark" else "%s"
    one = f"({', '.join([mark] * len(names))})"
    values = tuple(row[name] for row in rows for name in names)
    return connection.exec_driver_sql(text.format(", ".join([one] * len(rows))), values)


def _cast(connection: Connection, column: Column[object]) -> str:
    return f"CAST(given.{column.name} AS {column.type.compile(connection.dialect)})"
