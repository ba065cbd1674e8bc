"""The part `rt`: tickets created over RT's REST2, what many an organisation has today, beside durable intake."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from tests.bench.contestants import INTAKE, Contestant
from tests.bench.rounds import Measurement, run_rounds
from tests.bench.rt.server import WORKERS, rt

ROUNDS = 5
CONNECTIONS = (1, 8, 64)
RT = Contestant(
    "RT 5",
    "Debian's request-tracker5 with its REST2 interface, on Starlet and SQLite",
    rt,
    requests=120,
    warm_up=60,
    dialect="rt",
)
_REQUESTS = {1: 600, 8: 1500, 64: 2500}
"""Of durable intake, by connections."""


@dataclass(frozen=True, slots=True)
class RtFigures:
    """`rounds` has, by connections, each contestant's measurements in the order of the rounds."""

    workers: int
    """Processes of RT that answer."""
    rounds: dict[int, dict[str, list[Measurement]]]


async def measure(folder: Path, say: Callable[[str], None], rounds: int = ROUNDS) -> RtFigures:
    """Raises LoadFailed, StartError."""
    measured = {}
    for connections in CONNECTIONS:
        say(f"over {connections} connections")
        contestants = (
            replace(INTAKE, connections=connections, requests=_REQUESTS[connections]),
            replace(RT, connections=connections),
        )
        measured[connections] = await run_rounds(contestants, rounds, folder, say)
    return RtFigures(WORKERS, measured)
