"""Tables and JSON on standard output: coloured and fitted on a terminal, plain lines anywhere else.

Much of what is shown came from outside: nothing of it may move the terminal's cursor.
"""

import json
import re
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from rich.table import Table

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_CONTROL_IN_JSON = re.compile(r"[\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
STYLES = {
    "up": "green",
    "suspect": "yellow",
    "down": "bold red",
    "recovering": "cyan",
    "unknown": "dim",
    "waiting": "yellow",
    "handed_off": "green",
    "resolved": "dim",
    "quarantined": "bold red",
}
_GAP = "  "

Row = Sequence[object]
"""The cells of one row; None is shown as nothing."""


def printable(value: object) -> str:
    """One line of text without control characters, and without characters that turn the direction of writing."""
    return _CONTROL.sub("?", "" if value is None else str(value))


def show_json(value: Any) -> None:
    """Indented JSON that holds no control character as it stands."""
    text = json.dumps(value, indent=2, ensure_ascii=False)
    click.echo(_CONTROL_IN_JSON.sub(lambda found: f"\\u{ord(found[0]):04x}", text))


def show_table(headings: Sequence[str], rows: Sequence[Row], *, whole: Sequence[str] = ()) -> None:
    """Rows under their headings; columns in `whole` are never broken or cut on a terminal."""
    cells = [[printable(cell) for cell in row] for row in rows]
    if sys.stdout.isatty():
        _print_rich(_rich_table(headings, cells, whole))
    else:
        for line in _plain([headings, *cells]):
            click.echo(line)


def show_facts(facts: Mapping[str, object]) -> None:
    """Names with their values, one a line; those without a value are left out."""
    known = {name: printable(value) for name, value in facts.items() if value is not None}
    width = max((len(name) for name in known), default=0)
    for name, value in known.items():
        click.echo(f"{click.style(name.ljust(width), dim=True)}{_GAP}{value}")


def moment(written: str | None) -> str | None:
    """An instant of the ops API as local time, to the second."""
    return None if written is None else datetime.fromisoformat(written).astimezone().strftime("%Y-%m-%d %H:%M:%S")


def _plain(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [_GAP.join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def _rich_table(headings: Sequence[str], rows: Sequence[Sequence[str]], whole: Sequence[str]) -> "Table":
    from rich import box
    from rich.padding import Padding
    from rich.table import Table
    from rich.text import Text

    def fitted(cell: str) -> Padding:
        """What is broken keeps its indentation."""
        text = cell.lstrip()
        return Padding(Text(text, style=STYLES.get(text, "")), (0, 0, 0, len(cell) - len(text)))

    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
    for heading in headings:
        table.add_column(heading, no_wrap=heading in whole, overflow="fold")
    for row in rows:
        table.add_row(*map(fitted, row))
    return table


def _print_rich(table: "Table") -> None:
    from rich.console import Console

    Console(highlight=False).print(table)
