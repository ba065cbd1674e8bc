"""The part `webhooks`: a voice channel's signed webhooks beside bare aiohttp with Twilio's own validator."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from tests.bench.contestants import BARE_WEBHOOK, WARM_UP, WEBHOOK, Contestant
from tests.bench.rounds import Measurement, run_rounds
from tests.bench.wire import WHOLE_CALLS

ROUNDS = 7
SLICES = 8
_WARM_UP = 3
"""Blocks of whole calls: their steps are of more kinds than an intake, and each has its statements."""
_OF_ONE_KIND = 250
"""Webhooks of the same kind in one turn."""
WHOLE, FIRST, REPORT = "whole calls", "the first webhook", "a report"


@dataclass(frozen=True, slots=True)
class Load:
    """What is asked of both; the rest is as with `Contestant`."""

    dialect: str
    requests: int
    warm_up: int = WARM_UP
    opening: str | None = None


LOADS: Mapping[str, Load] = {
    WHOLE: Load("calls", SLICES * WHOLE_CALLS.block, _WARM_UP * WHOLE_CALLS.block),
    FIRST: Load("first webhooks", SLICES * _OF_ONE_KIND),
    REPORT: Load("reports", SLICES * _OF_ONE_KIND, opening="first webhooks"),
}


@dataclass(frozen=True, slots=True)
class WebhookFigures:
    """`loads` has for each of them each contestant's measurements, in the order of the rounds."""

    loads: dict[str, dict[str, list[Measurement]]]


async def measure(folder: Path, say: Callable[[str], None], rounds: int = ROUNDS) -> WebhookFigures:
    """Raises LoadFailed, StartError."""
    measured: dict[str, dict[str, list[Measurement]]] = {}
    for name, load in LOADS.items():
        say(name)
        asked = [_asked(contestant, load) for contestant in (BARE_WEBHOOK, WEBHOOK)]
        measured[name] = await run_rounds(asked, rounds, folder, say, SLICES)
    return WebhookFigures(measured)


def _asked(contestant: Contestant, load: Load) -> Contestant:
    return replace(contestant, dialect=load.dialect, requests=load.requests, warm_up=load.warm_up, opening=load.opening)
