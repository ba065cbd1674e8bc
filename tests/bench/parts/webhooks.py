"""The part `webhooks`: a voice channel's signed webhooks beside bare aiohttp with Twilio's own validator."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.bench.contestants import BARE_WEBHOOK, WEBHOOK
from tests.bench.rounds import SLICES, Measurement, run_rounds

ROUNDS = 7


@dataclass(frozen=True, slots=True)
class WebhookFigures:
    """`rounds` has each contestant's measurements, in the order of the rounds."""

    rounds: dict[str, list[Measurement]]


async def measure(folder: Path, say: Callable[[str], None], rounds: int = ROUNDS) -> WebhookFigures:
    """Raises LoadFailed, StartError."""
    return WebhookFigures(await run_rounds((BARE_WEBHOOK, WEBHOOK), rounds, folder, say, SLICES))
