"""The section on a store with very many tickets beside an empty one."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from tests.bench.backlog import slope
from tests.bench.curves import Curve, Panel, curves
from tests.bench.figures import Spread, as_good_as, economy, rate, spread
from tests.bench.million.claims import ClaimsResult
from tests.bench.million.visits import Visit
from tests.bench.parts.million import EMPTY, FULL, MEMORY_RATE, MillionFigures
from tests.bench.section import Section, Verdict, drawn, table

_PICTURE = "million.svg"
_ASKED, _START, _GROWTH = 0.8, 10.0, 0.05
"""Of the empty store's figures; seconds; and by how much of itself memory may grow and still be called flat."""
_WARM = 1 / 3
"""The part of the run in which caches, pools and read-backs come to their size."""
_MILLI, _MEBI = 1e3, 2**20

Measured = TypeVar("Measured")


def section(figures: MillionFigures) -> Section:
    """What the report says of it."""
    return Section(
        f"{figures.tickets:,} tickets in the store",
        [
            drawn("Resident memory while tickets come in", _PICTURE),
            "",
            f"The store has {figures.tickets:,} tickets in {figures.bytes / 2**30:.2f} GiB, made in "
            f"{figures.fill_seconds:.0f} s: a thousand lived through the store's own verbs (one in fifty went to the "
            "backup, one in ten was written to again, three in five were answered; 97 in 100 are resolved, the others "
            "being worked on or waiting at their desk), and their rows were copied with ids, references, keys and "
            "instants of their own, over a year. It is measured by turns beside an empty one, on a disk whose pages "
            "the system may keep in memory. For the requester's page and the lists the empty store has a thousand "
            "tickets of the same kind.",
            "",
            table(("", "empty", "full", "as good as empty"), [row.shown() for row in _rows(figures)]),
            "",
            f"Start until ready: {_show(figures, lambda each: each.ready_after, 2)} s with the full store, "
            f"{_show(figures, lambda each: each.ready_after, 2, EMPTY)} s with the empty one. Memory then: "
            f"{_show(figures, lambda each: each.resident / _MEBI, 1)} and "
            f"{_show(figures, lambda each: each.resident / _MEBI, 1, EMPTY)} MiB. Processors kept busy while nothing "
            f"comes: {_show(figures, lambda each: each.rest, 3)} and "
            f"{_show(figures, lambda each: each.rest, 3, EMPTY)}. At {MEMORY_RATE:g} tickets a second, once warm, "
            f"memory grows by {_slope(figures, FULL):.2f} MiB a minute with the full store, and by "
            f"{_slope(figures, EMPTY):.2f} with the empty one.",
        ],
        _verdicts(figures),
        {_PICTURE: _picture(figures)},
    )


@dataclass(frozen=True, slots=True)
class _Row:
    """A figure without and with the tickets, and how good the latter is; `digits` and `factor` are to show it."""

    name: str
    empty: Spread
    full: Spread
    ratio: Spread
    digits: int
    factor: float
    asked: bool
    """Whether it was asked to be nearly as good."""

    def shown(self) -> list[str]:
        figures = [each.show(self.digits, self.factor) for each in (self.empty, self.full)]
        return [self.name, *figures, self.ratio.show(2)]


def _rows(figures: MillionFigures) -> list[_Row]:
    intake, claims, visits = figures.intake, figures.claims, figures.visits
    return [
        _row("durable intake, requests a second", intake, rate, 0),
        _row("durable intake, requests for a second of processor", intake, economy, 0),
        _row("durable intake, p50, ms", intake, lambda each: 1 / each.load.p50, 1, _MILLI, less=True, asked=False),
        _row("durable intake, p99, ms", intake, lambda each: 1 / each.load.p99, 1, _MILLI, less=True),
        _row("claimed and handed over a second", claims, lambda each: each.rate, 0),
        _row("claimed and handed over for a second of processor", claims, _claims_economy, 0, asked=False),
        _row("requester's page, p50, ms", visits, lambda each: 1 / each.page.p50, 2, _MILLI, less=True),
        _row("requester's page, p99, ms", visits, lambda each: 1 / each.page.p99, 2, _MILLI, less=True, asked=False),
        *(
            _row(f"list of {name} tickets, p50, ms", visits, _list_speed(name), 2, _MILLI, less=True)
            for name in visits[FULL][0].lists
        ),
    ]


def _claims_economy(claims: ClaimsResult) -> float:
    return claims.tickets / claims.processor


def _list_speed(name: str) -> Callable[[Visit], float]:
    return lambda visit: 1 / visit.lists[name].p50


def _row(
    name: str,
    found: dict[str, list[Measured]],
    good: Callable[[Measured], float],
    digits: int,
    factor: float = 1.0,
    *,
    less: bool = False,
    asked: bool = True,
) -> _Row:
    """More of `good` is better; `less` where its reciprocal is what is shown, as of times."""
    shown = (lambda each: 1 / good(each)) if less else good
    empty, full = (spread(found[which], shown) for which in (EMPTY, FULL))
    return _Row(name, empty, full, as_good_as(found[EMPTY], found[FULL], good), digits, factor, asked)


def _verdicts(figures: MillionFigures) -> list[Verdict]:
    many = f"{figures.tickets:,} tickets in the store"
    slowest = max(each.ready_after for each in figures.visits[FULL])
    grown = _growth(figures.memory[FULL])
    return [
        *(
            Verdict(
                f"{many}: {row.name}, at least {_ASKED} as good as empty", row.ratio.show(2), row.ratio.middle >= _ASKED
            )
            for row in _rows(figures)
            if row.asked
        ),
        Verdict(f"{many}: ready within {_START:g} s", f"{slowest:.2f} s at most", slowest <= _START),
        Verdict(
            f"{many}: memory flat (less than {_GROWTH:.0%} in a minute, once warm)",
            f"{grown:+.1%} a minute",
            grown <= _GROWTH,
        ),
    ]


def _warm(points: Sequence[tuple[float, int]]) -> list[tuple[float, float]]:
    return [(at, float(size)) for at, size in points[int(len(points) * _WARM) :]]


def _growth(points: Sequence[tuple[float, int]]) -> float:
    """In a minute, as a part of what it was."""
    warm = _warm(points)
    return slope(warm) * 60 / warm[0][1]


def _slope(figures: MillionFigures, name: str) -> float:
    """MiB a minute."""
    return slope(_warm(figures.memory[name])) * 60 / _MEBI


def _show(figures: MillionFigures, figure: Callable[[Visit], float], digits: int, name: str = FULL) -> str:
    return spread(figures.visits[name], figure).show(digits)


def _picture(figures: MillionFigures) -> str:
    found = [
        Curve(f"{name} store", [(at, size / _MEBI) for at, size in points]) for name, points in figures.memory.items()
    ]
    heading = f"Resident memory of Relevo at {MEMORY_RATE:g} tickets a second"
    return curves(heading, [Panel(heading, "seconds", "MiB", found)])
