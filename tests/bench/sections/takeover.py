"""The section on outages under Relevo and under HAProxy."""

from collections.abc import Sequence

from gateway.demo.outage import Outage
from tests.bench.configuration import TAKEOVER_WITHIN
from tests.bench.curves import Curve, Panel, curves
from tests.bench.parts.takeover import FaultFigures, TakeoverFigures
from tests.bench.section import Section, Verdict, drawn, table
from tests.bench.takeover.client import PAUSES, TRY_WITHIN
from tests.bench.takeover.haproxy import CHECKS, Checks

_PICTURE = "takeover.svg"
_OURS = "Relevo"
_SAYINGS = {
    Outage.KILL: "killed, and started again",
    Outage.HANG: "hangs, and thaws",
    Outage.ERROR: "answers 500 to everything",
    Outage.GRAY: "fails two of three requests, checks too",
}
_SHORTEST = 0.01
"""Seconds: what is shorter is drawn as this."""
_LONGEST = 30.0
"""Seconds: more than all tries of a client can take."""


def section(figures: TakeoverFigures) -> Section:
    """What the report says of it."""
    return Section(
        "Takeover, beside HAProxy",
        [
            drawn("What part of the requests was in a desk's hands after so many seconds", _PICTURE),
            "",
            *_how(figures),
            "",
            table(
                (
                    "the primary",
                    "",
                    "requests",
                    "p50, s",
                    "p99, s",
                    "slowest, s",
                    f"within {TAKEOVER_WITHIN:g} s",
                    "failed tries",
                    "given up",
                    "doubles",
                    "rescued",
                    "left open",
                ),
                [_row(figures, fault, name) for fault in Outage for name in figures.faults],
                texts=2,
            ),
            "",
            "*Failed tries* is the part of all tries that the client saw fail, *given up* counts requests of which "
            "every try failed. *Doubles* are these requests' tickets that both desks had. *Rescued* are those that the "
            "primary had before its outage, and that the backup was given too; under HAProxy they lie there. *Left "
            "open* are those, of both, that both desks still answered for "
            f"{figures.script.after + figures.script.patience:g} s after the primary's return.",
        ],
        _verdicts(figures),
        {_PICTURE: _picture(figures)},
    )


def _how(figures: TakeoverFigures) -> list[str]:
    script = figures.script
    pauses = ", ".join(f"{pause:g}" for pause in PAUSES)
    phases = len(figures.faults[_OURS][Outage.KILL].phases)
    return [
        f"- **{_OURS}**: `relevo serve` with its defaults, contracted to hand off within {TAKEOVER_WITHIN:g} s.",
        f"- **HAProxy, default checks**: Debian's, `option httpchk GET /health`, `{CHECKS[Checks.DEFAULT]}`, the "
        "second desk with `backup`, and the times of Debian's configuration.",
        f"- **HAProxy, tuned**: `{CHECKS[Checks.TUNED]}`, `option redispatch 1`, `timeout server 2s`, "
        "`timeout connect 1s`, `timeout check 1s`.",
        "",
        f"{phases} outages for each fault and contestant, each beginning at a random moment within {script.grid:g} s "
        f"and lasting {script.outage:g} s, with {script.pace:g} requests a second; {figures.lanes} instances of each "
        "contestant at one time, each with two demo desks of its own, all with the same requests. The client is a "
        f"good one: {TRY_WITHIN.total:g} s for a try, and up to {len(PAUSES)} further tries after {pauses} s, with the "
        "same key. Time counts from its first try until a desk has the ticket: as Relevo records it, or as HAProxy's "
        "client hears it from the desk. Requests are those first tried during the outage, or under way when it began.",
    ]


def _row(figures: TakeoverFigures, fault: Outage, name: str) -> Sequence[str]:
    found = figures.faults[name][fault]
    phases = found.phases
    tries = sum(phase.tries for phase in phases)
    return (
        _SAYINGS[fault],
        name,
        str(_count(found)),
        _after(found, 0.50),
        _after(found, 0.99),
        _after(found, 1.0),
        f"{_within(found, TAKEOVER_WITHIN):.1%}",
        f"{sum(phase.failed_tries for phase in phases) / max(tries, 1):.1%}",
        str(sum(phase.given_up for phase in phases)),
        str(sum(phase.doubles for phase in phases)),
        str(sum(phase.rescued for phase in phases)),
        str(sum(phase.left_open for phase in phases)),
    )


def _count(found: FaultFigures) -> int:
    return sum(count for _, count in found.seconds)


def _after(found: FaultFigures, part: float) -> str:
    """By when so large a part was in a desk's hands."""
    reached = 0
    for seconds, count in found.seconds:
        reached += count
        if reached >= part * _count(found):
            return "never" if seconds is None else f"{seconds:.2f}"
    return "?"


def _within(found: FaultFigures, seconds: float) -> float:
    taken = sum(count for each, count in found.seconds if each is not None and each <= seconds)
    return taken / max(_count(found), 1)


def _verdicts(figures: TakeoverFigures) -> list[Verdict]:
    ours = figures.faults[_OURS]
    phases = [phase for found in ours.values() for phase in found.phases]
    late = sum(_count(found) - round(_within(found, TAKEOVER_WITHIN) * _count(found)) for found in ours.values())
    failed = sum(phase.failed_tries for phase in phases)
    left = sum(phase.left_open for phase in phases)
    lost = sum(phase.lost for phase in phases)
    every = f"{len(phases)} outages"
    return [
        Verdict(
            f"Takeover: every ticket in a desk's hands within {TAKEOVER_WITHIN:g} s, {every}",
            f"{late} of {sum(map(_count, ours.values()))} later",
            late == 0,
        ),
        Verdict(f"Takeover: no failure that a client sees, {every}", f"{failed} failed tries", failed == 0),
        Verdict(
            f"Takeover: nothing lost, and no double left open, {every}",
            f"{lost} lost; {sum(phase.doubles for phase in phases)} doubles, {left} left open",
            lost == 0 and left == 0,
        ),
    ]


def _picture(figures: TakeoverFigures) -> str:
    title = "What part of the requests was in a desk's hands after so many seconds"
    return curves(
        title,
        [
            Panel(
                f"The primary {_SAYINGS[fault]}",
                f"seconds from the first try (red: the contracted {TAKEOVER_WITHIN:g} s)",
                "part of the requests",
                [Curve(name, _steps(found[fault])) for name, found in figures.faults.items()],
                log=True,
                span=(_SHORTEST, _LONGEST),
                mark=TAKEOVER_WITHIN,
            )
            for fault in Outage
        ],
    )


def _steps(found: FaultFigures) -> list[tuple[float, float]]:
    points, reached, count = [], 0, max(_count(found), 1)
    for seconds, many in found.seconds:
        if seconds is not None:
            at = max(seconds, _SHORTEST)
            points += [(at, reached / count), (at, (reached + many) / count)]
            reached += many
    return [*points, (_LONGEST, reached / count)]
