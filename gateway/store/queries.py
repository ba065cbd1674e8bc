"""Queries that are asked hundreds of times a second.

What SQLAlchemy does around an execution costs several times what SQLite takes for a statement of a few rows. So here
the text of a query is made once for each number of keys, and goes straight to SQLite's driver. PostgreSQL is asked
through SQLAlchemy: there the way to the server costs more.
"""

from collections import namedtuple
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, cast

from sqlalchemy import Connection, Dialect, Select

from gateway.core.values import dataclass
from gateway.store.engine_sqlite import driver_of
from gateway.store.rows import AnyRow
from gateway.store.schema import KEYS

_TEXTS = 256
"""For so many numbers of keys a query's text is kept."""


@dataclass(frozen=True, slots=True)
class _Text:
    """A query as SQLite's driver takes it: the parameters by name, those before the keys and those after them, with the
    values of those that the query itself gives."""

    sql: str
    before: tuple[str, ...]
    after: tuple[str, ...]
    given: Mapping[str, object]


class Query:
    """A SELECT with named parameters; the `keys` are those that `schema.among` looks for.

    A flag may come as 0 or 1: SQLite has no other booleans.
    """

    def __init__(self, statement: Select[Any]) -> None:
        self._statement = statement
        names = [str(column.key) for column in statement.selected_columns]
        self._made = namedtuple("_Row", names)._make  # type: ignore[attr-defined]
        self._text = lru_cache(_TEXTS)(self._make_text)

    def rows(self, connection: Connection, keys: Sequence[str] = (), **given: object) -> Sequence[AnyRow]:
        """All of them, each with its columns as attributes."""
        if connection.dialect.paramstyle != "qmark":
            return connection.execute(self._statement, {KEYS: keys, **given} if keys else given).all()
        text = self._text(connection.dialect, len(keys))
        values = keys if not (text.before or text.after) else _values(text, keys, given)
        return cast("list[AnyRow]", [*map(self._made, driver_of(connection).execute(text.sql, values))])

    def _make_text(self, dialect: Dialect, count: int) -> _Text:
        compiled = self._statement.compile(dialect=dialect)
        given = compiled.params
        state = compiled.construct_expanded_state({**given, KEYS: [""] * count} if KEYS in given else given)
        names = tuple(state.positiontup or ())
        among = state.parameter_expansion.get(KEYS, ())
        place = names.index(among[0]) if among else len(names)
        return _Text(state.statement, names[:place], names[place + len(among) :], given)


def _values(text: _Text, keys: Sequence[str], given: Mapping[str, object]) -> list[object]:
    every = {**text.given, **given}
    return [*(every[name] for name in text.before), *keys, *(every[name] for name in text.after)]
