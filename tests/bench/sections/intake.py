"""The section on durable intake beside bare aiohttp, and on what an intake costs."""

from collections.abc import Sequence

from tests.bench.contestants import BARE, INTAKE, WARM_UP
from tests.bench.figures import Spread, as_good_as, economy, rate, settled_rate, spread
from tests.bench.load import CONNECTIONS
from tests.bench.parts.intake import CONTESTANTS, IntakeFigures
from tests.bench.picture import picture
from tests.bench.profile import Costs
from tests.bench.rounds import SLICES, Measurement
from tests.bench.section import Section, Table, Verdict, drawn, table

_PICTURE = "intake.svg"
_ASKED = 0.4
_MICRO, _MILLI = 1e6, 1e3


def section(figures: IntakeFigures) -> Section:
    """What the report says of it."""
    return Section(
        f"Durable intake beside {BARE.name}",
        [
            drawn(f"How good each is, as a part of {BARE.name}", _PICTURE),
            "",
            *_how(figures),
            "",
            *_ratios(figures),
            "",
            *_of_this_machine(figures),
            "",
            *_costs(figures.costs),
        ],
        [
            _verdict(figures, f"rate at {CONNECTIONS} connections", as_good_as(*_intake(figures), rate)),
            _verdict(figures, "requests for a second of processor", as_good_as(*_intake(figures), economy)),
        ],
        {_PICTURE: _picture(figures)},
    )


def _intake(figures: IntakeFigures) -> tuple[list[Measurement], list[Measurement]]:
    return figures.rounds[BARE.name], figures.rounds[INTAKE.name]


def _verdict(figures: IntakeFigures, what: str, found: Spread) -> Verdict:
    asked = f"Durable intake: {what} at least {_ASKED} of {BARE.name}'s"
    rounds = len(figures.rounds[BARE.name])
    return Verdict(asked, f"{found.show(2)} in {rounds} rounds", found.middle >= _ASKED)


def _how(figures: IntakeFigures) -> Sequence[str]:
    rounds = len(figures.rounds[BARE.name])
    return [
        *(f"- **{each.name}**: {each.says}." for each in CONTESTANTS),
        "",
        f"Interleaved rounds: {rounds}, the order turning with each; every server is started afresh with an empty "
        f"store, and gets {WARM_UP} requests before those that count "
        f"({', '.join(f'{each.requests} for {each.name}' for each in CONTESTANTS)}), in {SLICES} turns with the "
        "others: a machine that is faster at one moment than at the next is so for all. All run on uvloop; the load "
        f"comes from a process of its own over {CONNECTIONS} kept connections on loopback, each sending its next "
        "request once it has its answer, with an Idempotency-Key of its own. Figures are medians of the rounds, "
        "with the least and the most.",
    ]


def _ratios(figures: IntakeFigures) -> Sequence[str]:
    base = figures.rounds[BARE.name]
    return [
        f"As good as {BARE.name}, round by round (1 is equal, more is better):",
        "",
        table(
            ("", "requests a second", "requests for a second of processor"),
            [
                (
                    other.name,
                    as_good_as(base, figures.rounds[other.name], rate).show(2),
                    as_good_as(base, figures.rounds[other.name], economy).show(3),
                )
                for other in CONTESTANTS[1:]
            ],
        ),
    ]


def _of_this_machine(figures: IntakeFigures) -> Sequence[str]:
    every = [each for measurements in figures.rounds.values() for each in measurements]
    load_cost = spread(every, lambda each: each.load.processor / each.load.requests).show(0, _MICRO)
    return [
        "In figures of this machine:",
        "",
        table(
            ("", "requests a second", "until all is done", "p50, ms", "p99, ms", "processor each, us"),
            [(each.name, *_row(figures.rounds[each.name])) for each in CONTESTANTS],
        ),
        "",
        "*Until all is done* counts, for the whole of Relevo, each request until it is handed off, and so does its "
        "processor time, which is its own process's, the desks' left out; what it reads back at the desks a "
        "quarter of a minute later is left out too. "
        f"The load itself cost {load_cost} us of processor a request.",
    ]


def _row(measurements: Sequence[Measurement]) -> list[str]:
    return [
        spread(measurements, rate).show(0),
        spread(measurements, settled_rate).show(0),
        spread(measurements, lambda each: each.load.p50).show(1, _MILLI),
        spread(measurements, lambda each: each.load.p99).show(1, _MILLI),
        spread(measurements, lambda each: each.processor).show(0, _MICRO),
    ]


def _costs(costs: Costs) -> Sequence[str]:
    heads = ("", "us a request", "share")
    return [
        "### What an intake costs",
        "",
        f"Durable intake sampled about a thousand times a second of its run over {costs.requests} requests, "
        f"{costs.each * _MICRO:.0f} us of processor each. For this the store runs on the loop's thread, in groups, "
        "so that two threads don't wait for each other's lock; C code counts as the Python line that called it.",
        "",
        "By the part whose line asked for it:",
        "",
        table(heads, _shares(costs.parts, costs)),
        "",
        "The dearest lines of ours, with all that they call in others' code:",
        "",
        table(heads, _shares([(f"`{name}`", seconds) for name, seconds in costs.lines], costs)),
        "",
        "The dearest functions, whoever's, without what they call:",
        "",
        table(heads, _shares([(f"`{name}`", seconds) for name, seconds in costs.functions], costs)),
    ]


def _shares(found: Sequence[tuple[str, float]], costs: Costs) -> Table:
    return [(name, f"{seconds * _MICRO:.1f}", f"{seconds / costs.each:.1%}") for name, seconds in found]


def _picture(figures: IntakeFigures) -> str:
    base = figures.rounds[BARE.name]
    ratios = [
        (heading, [(each.name, as_good_as(base, figures.rounds[each.name], figure)) for each in CONTESTANTS[1:]])
        for heading, figure in (
            (f"Requests a second, {BARE.name} = 1", rate),
            (f"Requests for a second of processor, {BARE.name} = 1", economy),
        )
    ]
    shares = [(name, Spread.of([seconds / figures.costs.each])) for name, seconds in figures.costs.parts]
    return picture(
        f"Durable intake beside {BARE.name}, and what an intake costs",
        [*ratios, ("Shares of the processor time of an intake", shares)],
    )
