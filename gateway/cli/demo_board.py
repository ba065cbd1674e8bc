"""The live table of a demo run: a row a second, redrawn in place on a terminal, line by line anywhere else."""

from collections.abc import Sequence
from typing import Self

from rich import box
from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from gateway.cli.language import say
from gateway.cli.terminal import STYLES
from gateway.core.provider import HealthState
from gateway.core.texts import mark
from gateway.demo.spectator import Row

_NARROWEST = 10
"""Characters of a printed column: as many as the longest state has."""
_ROWS = 18
_STATES = {
    HealthState.UP: mark("up"),
    HealthState.SUSPECT: mark("suspect"),
    HealthState.DOWN: mark("down"),
    HealthState.RECOVERING: mark("recovering"),
    HealthState.UNKNOWN: mark("unknown"),
}


class Board:
    """Shows rows as they come; the desks stand in the policy's order."""

    def __init__(self, console: Console, desks: Sequence[str]) -> None:
        self._console = console
        self._desks = desks
        self._rows: list[Row] = []
        self._live = Live(console=console, auto_refresh=False) if console.is_terminal else None

    def __enter__(self) -> Self:
        if self._live is not None:
            self._live.start()
        else:
            self._print(self._headings())
        return self

    def __exit__(self, *_raised: object) -> None:
        if self._live is not None:
            self._live.stop()

    def show(self, row: Row) -> None:
        """Add a row."""
        self._rows.append(row)
        if self._live is None:
            self._print([*(cell.plain for cell in self._cells(row)), say(row.event)])
        else:
            self._live.update(self._table(), refresh=True)

    def _table(self) -> Table:
        table = Table(
            title=say("Relevo: outage of the primary desk"),
            title_style="bold",
            caption="\n".join(f"{_seconds(row)} · {say(row.event)}" for row in self._rows if row.event),
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
        widths = [max(len(heading), _NARROWEST) for heading in self._headings()] + [0]
        line = "  ".join(cell.rjust(width) for cell, width in zip(cells, widths, strict=False))
        self._console.print(line.rstrip(), highlight=False, markup=False, soft_wrap=True)

    def _headings(self) -> list[str]:
        return [
            say("time"),
            say("accepted"),
            say("failed"),
            *(say("at {desk}", desk=desk) for desk in self._desks),
            say("waiting"),
            say("oldest waiting"),
            *(say("{desk} is", desk=desk) for desk in self._desks),
        ]

    def _cells(self, row: Row) -> list[Text]:
        return [
            Text(_seconds(row)),
            Text(str(row.accepted)),
            Text(str(row.failed), style="bold red" if row.failed else ""),
            *(_count(row.at_desks.get(desk)) for desk in self._desks),
            _count(row.waiting),
            Text("–" if row.oldest is None else f"{row.oldest:.1f} s"),
            *(_state(row.states.get(desk, HealthState.UNKNOWN)) for desk in self._desks),
        ]


def _state(state: str) -> Text:
    return Text(say(_STATES[HealthState(state)]), style=STYLES[state])


def _count(count: int | None) -> Text:
    return Text("–" if count is None else str(count))


def _seconds(row: Row) -> str:
    return f"{row.seconds:.0f} s"
