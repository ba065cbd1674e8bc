"""The report: docs/bench.md, as Markdown."""

from collections.abc import Mapping, Sequence

from tests.bench.contestants import Contestant
from tests.bench.figures import as_good_as, economy, rate, settled_rate, spread
from tests.bench.load import CONNECTIONS
from tests.bench.profile import Profile, part
from tests.bench.rounds import WARM_UP, Measurement

_MICRO = 1e6
_MILLI = 1e3
_DEAREST_LINES = 20
_DEAREST_FUNCTIONS = 12

Measured = Mapping[str, Sequence[Measurement]]
Table = Sequence[Sequence[str]]


def report(
    contestants: Sequence[Contestant], measured: Measured, profile: Profile, facts: Mapping[str, str], picture: str
) -> str:
    """The first contestant is the base of the ratios; `picture` is the file of the drawing."""
    base, *others = contestants
    rounds = len(measured[base.name])
    return "\n".join(
        [
            "# Measurements",
            "",
            "Written by `make bench`; don't edit. Only the ratios are worth comparing between machines.",
            "",
            _table(("", ""), list(facts.items())),
            "",
            f"## Durable intake beside {base.name}",
            "",
            f"![How good each is, as a part of {base.name}]({picture})",
            "",
            *(f"- **{each.name}**: {each.says}." for each in contestants),
            "",
            f"Interleaved rounds: {rounds}, the order turning with each; every server is started afresh with an empty "
            f"store, and gets {WARM_UP} requests before those that count "
            f"({', '.join(f'{each.requests} for {each.name}' for each in contestants)}). All run on uvloop; the load "
            f"comes from a process of its own over {CONNECTIONS} kept connections on loopback, each sending its next "
            "request once it has its answer, with an Idempotency-Key of its own. Figures are medians of the rounds, "
            "with the least and the most.",
            "",
            f"As good as {base.name}, round by round (1 is equal, more is better):",
            "",
            _table(
                ("", "requests a second", "requests for a second of processor"),
                [
                    (
                        other.name,
                        as_good_as(measured[base.name], measured[other.name], rate).show(2),
                        as_good_as(measured[base.name], measured[other.name], economy).show(3),
                    )
                    for other in others
                ],
            ),
            "",
            "In figures of this machine:",
            "",
            _table(
                ("", "requests a second", "until all is done", "p50, ms", "p99, ms", "processor each, us"),
                [(each.name, *_figures(measured[each.name])) for each in contestants],
            ),
            "",
            "*Until all is done* counts, for the whole of Relevo, each request until it is handed off, and so does its "
            "processor time, which is its own process's, the desks' left out; what it reads back at the desks a "
            "quarter of a minute later is left out too. "
            f"The load itself cost {_load_cost(measured)} us of processor a request.",
            "",
            *_profile(profile),
            "",
        ]
    )


def _figures(measurements: Sequence[Measurement]) -> list[str]:
    return [
        spread(measurements, rate).show(0),
        spread(measurements, settled_rate).show(0),
        spread(measurements, lambda each: each.load.p50).show(1, _MILLI),
        spread(measurements, lambda each: each.load.p99).show(1, _MILLI),
        spread(measurements, lambda each: each.processor).show(0, _MICRO),
    ]


def _load_cost(measured: Measured) -> str:
    every = [each for measurements in measured.values() for each in measurements]
    return spread(every, lambda each: each.load.processor / each.load.requests).show(0, _MICRO)


def _profile(profile: Profile) -> list[str]:
    functions = profile.by(lambda spot: spot.function)[:_DEAREST_FUNCTIONS]
    lines = [line for line in profile.by(lambda spot: spot.asker) if line[0]][:_DEAREST_LINES]
    return [
        "## What an intake costs",
        "",
        f"Durable intake sampled about a thousand times a second of its run over {profile.requests} requests, "
        f"{profile.each * _MICRO:.0f} us of processor each. For this the store runs on the loop's thread, in groups, "
        "so that two threads don't wait for each other's lock; C code counts as the Python line that called it.",
        "",
        "By the part whose line asked for it:",
        "",
        _table(("", "us a request", "share"), _shares(profile.by(part), profile)),
        "",
        "The dearest lines of ours, with all that they call in others' code:",
        "",
        _table(("", "us a request", "share"), _shares(lines, profile, code=True)),
        "",
        "The dearest functions, whoever's, without what they call:",
        "",
        _table(("", "us a request", "share"), _shares(functions, profile, code=True)),
    ]


def _shares(costs: Sequence[tuple[str, float]], profile: Profile, *, code: bool = False) -> Table:
    return [
        (f"`{name}`" if code else name, f"{seconds * _MICRO:.1f}", f"{seconds / profile.each:.1%}")
        for name, seconds in costs
    ]


def _table(heads: Sequence[str], rows: Table) -> str:
    lines = [heads, ["---", *["---:" if len(heads) > 2 else "---"] * (len(heads) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
