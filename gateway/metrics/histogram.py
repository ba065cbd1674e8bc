"""A histogram without labels for what is measured hundreds of times a second, on the event loop alone."""

import time
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import accumulate

from prometheus_client import CollectorRegistry, Metric
from prometheus_client.core import HistogramMetricFamily
from prometheus_client.registry import Collector
from prometheus_client.utils import floatToGoString


class LoopHistogram(Collector):
    """Shows what prometheus_client's own does, which takes two locks and tries one bound after the other each time."""

    def __init__(self, name: str, says: str, bounds: Sequence[float], registry: CollectorRegistry) -> None:
        self._name = name
        self._says = says
        self._bounds = (*bounds, float("inf"))
        self._counts = [0] * len(self._bounds)
        self._sum = 0.0
        self._created = time.time()
        registry.register(self)

    def observe(self, amount: float) -> None:
        self._counts[bisect_left(self._bounds, amount)] += 1
        self._sum += amount

    def collect(self) -> Iterator[Metric]:
        """What there is to show now."""
        family = HistogramMetricFamily(self._name, self._says)
        buckets = zip(map(floatToGoString, self._bounds), accumulate(self._counts), strict=True)
        family.add_metric([], list(buckets), self._sum)
        family.add_sample(f"{self._name}_created", {}, self._created)
        yield family
