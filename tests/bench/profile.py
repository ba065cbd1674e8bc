"""The profile of durable intake: which places its processor time goes to."""

import tempfile
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.bench.contestants import durable_intake
from tests.bench.load import put_load
from tests.bench.sampler import Spot, read_samples

_REQUESTS = 6000
_DEAREST_LINES = 20
_DEAREST_FUNCTIONS = 12


@dataclass(frozen=True, slots=True)
class Costs:
    """What one request costs, in seconds of processor: in all, and by what, the dearest first."""

    requests: int
    each: float
    parts: list[tuple[str, float]]
    lines: list[tuple[str, float]]
    functions: list[tuple[str, float]]


async def profile_of_intake(folder: Path) -> Costs:
    """Raises LoadFailed, StartError."""
    with tempfile.TemporaryDirectory(dir=folder) as own:
        samples = Path(own) / "samples.json"
        async with durable_intake(Path(own), samples) as server:
            await put_load(server.url, _REQUESTS)
        return costs(read_samples(samples), _REQUESTS)


def costs(spots: Mapping[Spot, float], requests: int) -> Costs:
    """From the seconds of each spot in so many requests."""
    lines = [line for line in _by(spots, requests, lambda spot: spot.asker) if line[0]]
    return Costs(
        requests=requests,
        each=sum(spots.values()) / requests,
        parts=_by(spots, requests, part),
        lines=lines[:_DEAREST_LINES],
        functions=_by(spots, requests, lambda spot: spot.function)[:_DEAREST_FUNCTIONS],
    )


def _by(spots: Mapping[Spot, float], requests: int, key: Callable[[Spot], str]) -> list[tuple[str, float]]:
    seconds: defaultdict[str, float] = defaultdict(float)
    for spot, spent in spots.items():
        seconds[key(spot)] += spent / requests
    return sorted(seconds.items(), key=lambda each: -each[1])


_PARTS = {
    "gateway/listener": "listener",
    "channels/web": "web channel",
    "gateway/store": "store, SQLAlchemy, SQLite, fsync",
    "gateway/logs.py": "log line",
    "gateway/metrics": "metrics",
    "gateway/web": "event feed",
    "routing": "policy",
    "gateway": "intake and core",
}
"""By the file whose line asked, the first that fits."""
UNASKED = "aiohttp and the loop, around the route"


def part(spot: Spot) -> str:
    """The part of Relevo that a spot's cost is due to, whoever's code it was spent in."""
    return next((name for prefix, name in _PARTS.items() if spot.asker.startswith(prefix)), UNASKED)
