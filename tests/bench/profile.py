"""The profile of durable intake: which places its processor time goes to."""

import tempfile
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.bench.contestants import durable_intake
from tests.bench.load import put_load
from tests.bench.sampler import Spot, read_samples

_REQUESTS = 6000


@dataclass(frozen=True, slots=True)
class Profile:
    """Seconds of processor of each spot, for `requests` requests."""

    spots: dict[Spot, float]
    requests: int

    @property
    def each(self) -> float:
        """Seconds of processor for one request."""
        return sum(self.spots.values()) / self.requests

    def by(self, key: Callable[[Spot], str]) -> list[tuple[str, float]]:
        """Seconds for one request, by what `key` says of a spot, the dearest first."""
        seconds: defaultdict[str, float] = defaultdict(float)
        for spot, spent in self.spots.items():
            seconds[key(spot)] += spent / self.requests
        return sorted(seconds.items(), key=lambda each: -each[1])


async def profile_of_intake(folder: Path) -> Profile:
    """Raises LoadFailed, StartError."""
    with tempfile.TemporaryDirectory(dir=folder) as own:
        samples = Path(own) / "samples.json"
        async with durable_intake(Path(own), samples) as server:
            await put_load(server.url, _REQUESTS)
        return Profile(read_samples(samples), _REQUESTS)


_PARTS = {
    "gateway/listener": "listener",
    "channels/web": "web channel",
    "gateway/store": "store, SQLAlchemy, SQLite, fsync",
    "gateway/logs.py": "log line",
    "gateway/metrics.py": "metrics",
    "gateway/web": "event feed",
    "routing": "policy",
    "gateway": "intake and core",
}
"""By the file whose line asked, the first that fits."""
UNASKED = "aiohttp and the loop, around the route"


def part(spot: Spot) -> str:
    """The part of Relevo that a spot's cost is due to, whoever's code it was spent in."""
    return next((name for prefix, name in _PARTS.items() if spot.asker.startswith(prefix)), UNASKED)
