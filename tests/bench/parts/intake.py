"""The part `intake`: durable intake, and the whole of Relevo, beside bare aiohttp."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.bench.contestants import BARE, INTAKE, WHOLE
from tests.bench.profile import Costs, profile_of_intake
from tests.bench.rounds import SLICES, Measurement, run_rounds

CONTESTANTS = (BARE, INTAKE, WHOLE)
"""The first is what the others are measured against."""
ROUNDS = 7


@dataclass(frozen=True, slots=True)
class IntakeFigures:
    """`rounds` has each contestant's measurements, in the order of the rounds."""

    rounds: dict[str, list[Measurement]]
    costs: Costs


async def measure(folder: Path, say: Callable[[str], None], rounds: int = ROUNDS) -> IntakeFigures:
    """Raises LoadFailed, StartError."""
    measured = await run_rounds(CONTESTANTS, rounds, folder, say, SLICES)
    say("the profile of durable intake")
    return IntakeFigures(measured, await profile_of_intake(folder))
