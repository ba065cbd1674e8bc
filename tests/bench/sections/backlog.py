"""The section on tickets that come by the clock while hand-off runs."""

from collections.abc import Sequence

from tests.bench.backlog import growth, steady
from tests.bench.curves import Curve, Panel, curves
from tests.bench.parts.backlog import ASKED, STEP_SECONDS, BacklogFigures, BacklogRun
from tests.bench.section import Section, Verdict, drawn, table

_PICTURE = "backlog.svg"
_MILLI = 1e3


def section(figures: BacklogFigures) -> Section:
    """What the report says of it."""
    names = list(figures.runs[0].processors)
    return Section(
        "Tickets that come by the clock, handed off to two desks",
        [
            drawn("What waits, and the lag of the hand-off, second by second", _PICTURE),
            "",
            "`relevo serve` and two demo desks, Spanish tickets going to the one and English ones to the other, each "
            "the other's backup. The load comes from a process of its own, each request when its time has come, "
            "whether or not those before it are answered; its time counts from when it was due. A rate holds when "
            "every request is answered with 201 in time, what waits for its hand-off grows by less than a hundredth "
            "of what comes (the least-squares slope over one sample a second, the first sixth left out), no more than "
            "one second's tickets wait at the end, and all are handed off soon after. The desks keep each ticket in "
            "an SQLite file with its own commit, report it as accepted, and are read back a quarter of a minute later.",
            "",
            table(
                ("tickets/s", "for", "holds", "growth/s", "waiting at the end", "longest wait, ms", "drained in, s"),
                [_waiting(run) for run in (*figures.runs, *figures.steps)],
                texts=3,
            ),
            "",
            "Latency of the intake meanwhile, lag of the hand-off, and how many processors each process kept busy:",
            "",
            table(
                ("tickets/s", "p50, ms", "p99, ms", "longest, ms", "failed", "lag, ms", *names),
                [_busy(run, names) for run in (*figures.runs, *figures.steps)],
            ),
            "",
            f"The highest rate that held: **{figures.highest or 'none'}** tickets a second (steps of "
            f"{STEP_SECONDS:g} s). All processes share this machine's processors, the desks and the load with Relevo.",
        ],
        [_verdict(figures.runs[0])],
        {_PICTURE: _picture(figures.runs)},
    )


def _verdict(run: BacklogRun) -> Verdict:
    end = run.samples[-1].waiting if run.samples else 0
    return Verdict(
        f"{ASKED} tickets a second for a minute, hand-off running, with no growing backlog",
        f"{run.load.answered} of {run.load.due} taken in {run.load.seconds:.1f} s; what waits grows by "
        f"{growth(run.samples):.2f} a second, {end} at the end",
        run.held and run.seconds >= 60,
    )


def _waiting(run: BacklogRun) -> Sequence[str]:
    return (
        str(run.rate),
        f"{run.seconds:g} s",
        "yes" if run.held else "no",
        f"{growth(run.samples):.2f}",
        str(run.samples[-1].waiting if run.samples else "?"),
        f"{max((sample.oldest for sample in run.samples), default=0.0) * _MILLI:.0f}",
        "no" if run.drained is None else f"{run.drained:.1f}",
    )


def _busy(run: BacklogRun, names: Sequence[str]) -> Sequence[str]:
    lags = [sample.lag for sample in steady(run.samples) if sample.lag is not None]
    return (
        str(run.rate),
        f"{run.load.p50 * _MILLI:.1f}",
        f"{run.load.p99 * _MILLI:.1f}",
        f"{run.load.longest * _MILLI:.0f}",
        str(run.load.failed),
        f"{sum(lags) / len(lags) * _MILLI:.0f}" if lags else "?",
        *(f"{run.processors[name]:.2f}" for name in names),
    )


def _picture(runs: Sequence[BacklogRun]) -> str:
    waiting = [Curve(_name(run), [(each.at, float(each.waiting)) for each in run.samples]) for run in runs]
    lag = [
        Curve(_name(run), [(each.at, each.lag * _MILLI) for each in run.samples if each.lag is not None])
        for run in runs
    ]
    return curves(
        "What waits, and the lag of the hand-off",
        [
            Panel("Tickets accepted and not yet handed off", "seconds", "tickets", waiting),
            Panel("From acceptance to hand-off, mean of each second", "seconds", "ms", lag),
        ],
    )


def _name(run: BacklogRun) -> str:
    return f"{run.rate} tickets/s"
