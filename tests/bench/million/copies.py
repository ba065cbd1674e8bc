"""Rows of many tickets from the rows of a few: each copy of these gets ids, references and keys of its own, and lies so
much earlier. What an id or an instant is, the tables say themselves."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Double, Table

from gateway.core.reference import check_digit
from gateway.store import schema

TABLES: Sequence[Table] = tuple(
    table
    for table in schema.metadata.sorted_tables
    if table.name
    in {"requesters", "tickets", "messages", "attachments", "receipts", "handoffs", "deliveries", "events"}
)
"""What a ticket's life leaves, those that others name first."""
_STAMP = 12
"""Hexadecimal digits at the beginning of an id: the milliseconds that it was made at (UUID version 7)."""
_REFERENCES, _STRIDE = 10**9, 618_033_989
"""How many references there are, and a step that meets each of them once: it has no divisor in common with it."""

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Recipe:
    """A row, and which of its columns are made anew, and how."""

    row: Row
    ids: tuple[str, ...]
    instants: tuple[str, ...]
    named: tuple[str, ...]
    """Ids inside its `data`."""


class Copies:
    """Copies of a template, which is the rows of some tickets by table; `apart` is seconds from one to the next."""

    def __init__(self, template: Mapping[str, Sequence[Row]], apart: float) -> None:
        self._apart = apart
        self._references = [str(row["reference"]) for row in template["tickets"]]
        self._events = len(template["events"])
        self._ids = sorted({value for rows in template.values() for row in rows for value in _ids(row)})
        self._recipes = {
            table: [_recipe(table, row, frozenset(self._ids)) for row in template[table.name]] for table in TABLES
        }

    def rows(self, number: int, of: int) -> Iterator[tuple[Table, list[Row]]]:
        """Those of the copy with that number, 0 being the earliest; the last is the template itself, but for keys."""
        earlier = (of - 1 - number) * self._apart
        made = _Made(number, earlier, self._new_ids(earlier), self._new_references(number), number * self._events)
        for table, recipes in self._recipes.items():
            yield table, [made.row(table.name, recipe) for recipe in recipes]

    def _new_ids(self, earlier: float) -> dict[str, str]:
        by = round(earlier * 1000)
        return {each: f"{int(each[:_STAMP], 16) - by:0{_STAMP}x}{each[_STAMP:]}" for each in self._ids}

    def _new_references(self, number: int) -> dict[str, str]:
        first = number * len(self._references)
        return {old: _reference(first + place) for place, old in enumerate(self._references)}


@dataclass(frozen=True, slots=True)
class _Made:
    """What one copy's rows get."""

    number: int
    earlier: float
    ids: Mapping[str, str]
    references: Mapping[str, str]
    first_seq: int

    def row(self, table: str, recipe: _Recipe) -> Row:
        row = dict(recipe.row)
        for name in recipe.ids:
            row[name] = self.ids[row[name]]
        for name in recipe.instants:
            row[name] -= self.earlier
        if row.get("reference"):
            row["reference"] = self.references[row["reference"]]
        if table == "events":
            row["seq"] += self.first_seq
            row["data"] = self._data(row["data"], recipe.named)
        elif table == "receipts" and "key" not in recipe.ids:
            row["key"] = hashlib.blake2b(f"{row['key']} {self.number}".encode(), digest_size=16).hexdigest()
        elif table == "handoffs" and row["provider_reference"]:
            row["provider_reference"] = f"{row['provider_reference']}{self.number:04d}"
        return row

    def _data(self, data: str, named: Sequence[str]) -> str:
        for each in named:
            data = data.replace(each, self.ids[each])
        return data


def _recipe(table: Table, row: Row, known: frozenset[str]) -> _Recipe:
    instants = [column.name for column in table.columns if isinstance(column.type, Double)]
    if table.name == "deliveries":
        instants = ["created_at"]  # what is still owed is owed in an hour, however old
    data = str(row.get("data", ""))
    return _Recipe(
        row=row,
        ids=tuple(name for name, value in row.items() if value in known),
        instants=tuple(name for name in instants if row[name] is not None),
        named=tuple(sorted({part for part in data.split('"') if part in known})),
    )


def _ids(row: Row) -> Iterator[str]:
    for name, value in row.items():
        is_id = name == "id" or name.endswith("_id") or (name == "key" and row["scope"].startswith("provider:"))
        if is_id and value is not None:
            yield str(value)


def _reference(number: int) -> str:
    digits = f"{number * _STRIDE % _REFERENCES:09d}"
    return digits + check_digit(digits)
