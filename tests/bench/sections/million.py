"""The section on a store with very many tickets beside an empty one."""

from collections.abc import Callable, Sequence
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
_MILLI, _MICRO, _MEBI = 1e3, 1e6, 2**20

Measured = TypeVar("Measured")


def section(figures: MillionFigures) -> Section:
    """What the report says of it."""
    ratios = _ratios(figures)
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
            table(
                ("", "empty", "full", "as good as empty"),
                [
                    (name, *(each.show(digits, factor) for each in found), ratio.show(2))
                    for name, found, ratio, digits, factor in ratios
                ],
            ),
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


Row = tuple[str, tuple[Spread, Spread], Spread, int, float]
"""What it is, its figures without and with the tickets, how good the latter are; digits and factor to show it."""


def _ratios(figures: MillionFigures) -> list[Row]:
    intake, claims, visits = figures.intake, figures.claims, figures.visits
    return [
        _more("durable intake, requests a second", intake, rate, 0),
        _more("durable intake, requests for a second of processor", intake, economy, 0),
        _less("durable intake, p50, ms", intake, lambda each: each.load.p50, 1, _MILLI),
        _less("durable intake, p99, ms", intake, lambda each: each.load.p99, 1, _MILLI),
        _more("claimed and handed over a second", claims, lambda each: each.rate, 0),
        _less("the same, us of processor each", claims, _each, 0, _MICRO),
        _less("requester's page, p50, ms", visits, lambda each: each.page.p50, 2, _MILLI),
        _less("requester's page, p99, ms", visits, lambda each: each.page.p99, 2, _MILLI),
        *(
            _less(f"list of {name} tickets, p50, ms", visits, _list_p50(name), 2, _MILLI)
            for name in visits[FULL][0].lists
        ),
    ]


def _each(claims: ClaimsResult) -> float:
    return claims.processor / claims.tickets


def _list_p50(name: str) -> Callable[[Visit], float]:
    return lambda visit: visit.lists[name].p50


def _more(
    name: str, found: dict[str, list[Measured]], figure: Callable[[Measured], float], digits: int, factor: float = 1.0
) -> Row:
    """More is better."""
    both = spread(found[EMPTY], figure), spread(found[FULL], figure)
    return name, both, as_good_as(found[EMPTY], found[FULL], figure), digits, factor


def _less(
    name: str, found: dict[str, list[Measured]], figure: Callable[[Measured], float], digits: int, factor: float = 1.0
) -> Row:
    """Less is better."""
    both = spread(found[EMPTY], figure), spread(found[FULL], figure)
    return name, both, as_good_as(found[FULL], found[EMPTY], figure), digits, factor


def _verdicts(figures: MillionFigures) -> list[Verdict]:
    many = f"{figures.tickets:,} tickets in the store"
    verdicts = [
        Verdict(
            f"{many}: {name.partition(', ms')[0]} at least {_ASKED} as good as empty",
            ratio.show(2),
            ratio.middle >= _ASKED,
        )
        for name, _, ratio, _, _ in _ratios(figures)
    ]
    slowest = max(each.ready_after for each in figures.visits[FULL])
    grown = _growth(figures.memory[FULL])
    return [
        *verdicts,
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
