"""The live table of a demo run: a row a second, redrawn in place on a terminal, line by line anywhere else."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rich import box
from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from gateway.demo.texts import Texts

_ROWS = 18
_STYLES = {"up": "green", "suspect": "yellow", "down": "bold red", "recovering": "cyan", "unknown": "dim"}


@dataclass(frozen=True, slots=True)
class Row:
    """What could be seen at one moment; None is what nobody answered for."""

    seconds: float
    """Since the traffic began."""
    accepted: int
    failed: int
    at_desks: Mapping[str, int | None]
    waiting: int | None
    oldest: float | None
    """Seconds that the oldest waiting ticket has waited."""
    states: Mapping[str, str]
    event: str = ""


class Board:
    """Shows rows as they come; the desks stand in the policy's order."""

    def __init__(self, console: Console, desks: Sequence[str], texts: Texts) -> None:
        self._console = console
        self._desks = desks
        self._texts = texts
        self._rows: list[Row] = []
        self._live = Live(console=console, auto_refresh=False) if console.is_terminal else None

    def __enter__(self) -> "Board":
        if self._live is not None:
            self._live.start()
        else:
            self._print(self._headings())
        return self

    def __exit__(self, *raised: object) -> None:
        if self._live is not None:
            self._live.stop()

    def show(self, row: Row) -> None:
        """Add a row."""
        self._rows.append(row)
        if self._live is None:
            self._print([*(cell.plain for cell in self._cells(row)), row.event])
        else:
            self._live.update(self._table(), refresh=True)

    def _table(self) -> Table:
        events = "\n".join(f"{_seconds(row)} · {row.event}" for row in self._rows if row.event)
        table = Table(
            title=self._texts("title"),
            title_style="bold",
            caption=events,
            caption_style="bold",
            caption_justify="left",
            box=box.SIMPLE_HEAD,
            padding=(0, 1, 0, 0),
        )
        for heading in self._headings():
            table.add_column(heading, justify="right")
        for row in self._rows[-_ROWS:]:
            table.add_row(*self._cells(row))
        return table

    def _print(self, cells: Sequence[str]) -> None:
        widths = [max(len(heading), 8) for heading in self._headings()] + [0]
        line = "  ".join(cell.rjust(width) for cell, width in zip(cells, widths, strict=False))
        self._console.print(line.rstrip(), highlight=False, markup=False, soft_wrap=True)

    def _headings(self) -> list[str]:
        texts = self._texts
        return [
            texts("time"),
            texts("accepted"),
            texts("failed"),
            *(texts("at", desk=desk) for desk in self._desks),
            texts("waiting"),
            texts("oldest"),
            *(texts("state", desk=desk) for desk in self._desks),
        ]

    def _cells(self, row: Row) -> list[Text]:
        return [
            Text(_seconds(row)),
            Text(str(row.accepted)),
            Text(str(row.failed), style="bold red" if row.failed else ""),
            *(_count(row.at_desks.get(desk)) for desk in self._desks),
            _count(row.waiting),
            Text("–" if row.oldest is None else f"{row.oldest:.1f} s"),
            *(self._state(row.states.get(desk, "unknown")) for desk in self._desks),
        ]

    def _state(self, state: str) -> Text:
        return Text(self._texts(f"state.{state}"), style=_STYLES[state])


def _count(count: int | None) -> Text:
    return Text("–" if count is None else str(count))


def _seconds(row: Row) -> str:
    return f"{row.seconds:.0f} s"
