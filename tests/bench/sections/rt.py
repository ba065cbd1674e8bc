"""The section on RT's REST2 beside durable intake."""

from collections.abc import Sequence

from tests.bench.contestants import INTAKE
from tests.bench.figures import as_good_as, economy, rate, spread
from tests.bench.parts.rt import CONNECTIONS, RT, RtFigures
from tests.bench.picture import picture
from tests.bench.rounds import Measurement
from tests.bench.section import Section, drawn, table

_PICTURE = "rt.svg"
_MICRO, _MILLI = 1e6, 1e3


def section(figures: RtFigures) -> Section:
    """What the report says of it."""
    rounds = len(figures.rounds[CONNECTIONS[0]][RT.name])
    return Section(
        "Beside RT's REST2, as what an organisation has today",
        [
            drawn("RT's rate and economy, as a part of durable intake's", _PICTURE),
            "",
            f"- **{RT.name}**: {RT.says}, {figures.workers} workers. Its database is in the same folder; mail goes to "
            "a file, and passwords are hashed at the least cost that RT allows, so that it is creating a ticket that "
            "is measured. Its server ends each connection after one answer, as it is set up to.",
            f"- **{INTAKE.name}**: {INTAKE.says}.",
            "",
            f"Interleaved rounds: {rounds}; every server is started afresh, with an empty store. Medians, with the "
            "least and the most. RT's processor time is that of all its workers. The two do not do the same: RT keeps "
            "a ticket with its transactions and runs its rules, Relevo keeps it and owes it to a help desk. What is "
            "compared is how much can come in before it can't be taken any more.",
            "",
            table(
                ("connections", "", "tickets a second", "p50, ms", "p99, ms", "processor each, us"),
                [
                    (str(connections), name, *_row(measured))
                    for connections, contestants in figures.rounds.items()
                    for name, measured in contestants.items()
                ],
                texts=2,
            ),
            "",
            f"{INTAKE.name[0].upper()}{INTAKE.name[1:]} as a multiple of {RT.name}, round by round:",
            "",
            table(
                ("connections", "tickets a second", "tickets for a second of processor"),
                [
                    (
                        str(connections),
                        as_good_as(found[RT.name], found[INTAKE.name], rate).show(0),
                        as_good_as(found[RT.name], found[INTAKE.name], economy).show(0),
                    )
                    for connections, found in figures.rounds.items()
                ],
            ),
        ],
        pictures={_PICTURE: _picture(figures)},
    )


def _row(measured: Sequence[Measurement]) -> list[str]:
    return [
        spread(measured, rate).show(1),
        spread(measured, lambda each: each.load.p50).show(1, _MILLI),
        spread(measured, lambda each: each.load.p99).show(1, _MILLI),
        spread(measured, lambda each: each.processor).show(0, _MICRO),
    ]


def _picture(figures: RtFigures) -> str:
    blocks = [
        (
            heading,
            [
                (f"{RT.name}, {connections} connections", as_good_as(found[INTAKE.name], found[RT.name], figure))
                for connections, found in figures.rounds.items()
            ],
        )
        for heading, figure in (
            (f"Tickets a second, {INTAKE.name} = 1", rate),
            (f"Tickets for a second of processor, {INTAKE.name} = 1", economy),
        )
    ]
    return picture(f"{RT.name} beside {INTAKE.name}", blocks)
