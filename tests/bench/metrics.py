"""What Relevo's metrics say at one moment, as far as a measurement asks."""

from collections import defaultdict
from dataclasses import dataclass

import aiohttp
from prometheus_client.parser import text_string_to_metric_families


@dataclass(frozen=True, slots=True)
class Looked:
    """One look; counts are since the start, times in seconds."""

    accepted: int
    handed_off: int
    handoff_seconds: float
    """Of all hand-offs together, from durable acceptance."""
    oldest: float
    """How long the oldest waiting ticket had waited, when the store was last asked, within the last second."""


async def read_metrics(session: aiohttp.ClientSession, ops_url: str) -> Looked:
    """Raises aiohttp.ClientError, TimeoutError."""
    async with session.get(f"{ops_url}/metrics", headers={"Accept": "text/plain"}) as response:
        response.raise_for_status()
        return read(await response.text())


def read(page: str) -> Looked:
    """From the page in Prometheus's text format."""
    sums: defaultdict[str, float] = defaultdict(float)
    for family in text_string_to_metric_families(page):
        for sample in family.samples:
            if sample.name != "relevo_intake_messages_total" or sample.labels["outcome"] == "new":
                sums[sample.name] += sample.value
    return Looked(
        accepted=int(sums["relevo_intake_messages_total"]),
        handed_off=int(sums["relevo_handoff_seconds_count"]),
        handoff_seconds=sums["relevo_handoff_seconds_sum"],
        oldest=sums["relevo_oldest_waiting_seconds"],
    )
