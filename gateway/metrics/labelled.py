"""A metric's children by label values, each looked up once."""

from collections.abc import Mapping
from typing import Generic, TypeVar

from prometheus_client import Counter, Gauge, Histogram

_MOST_CHILDREN = 500
_OTHER = "other"

M = TypeVar("M", Counter, Gauge, Histogram)


class Labelled(Generic[M]):
    """A metric's children by label values: each looked up once, and never more than can be rendered quickly.

    5,000 histogram children take over a second to render, on the event loop; beyond the bound all share `other`.
    """

    def __init__(self, metric: M) -> None:
        self.metric: M = metric
        self.children: dict[tuple[str, ...], M] = {}

    def of(self, *values: str) -> M:
        child = self.children.get(values)
        if child is None:
            if len(self.children) >= _MOST_CHILDREN:
                values = (_OTHER,) * len(values)
            child = self.children[values] = self.metric.labels(*values)
        return child


def set_exactly(gauge: Labelled[Gauge], wanted: Mapping[tuple[str, ...], float]) -> None:
    """What is gone from the configuration goes from the page too."""
    for values in gauge.children.keys() - wanted.keys():
        del gauge.children[values]
        gauge.metric.remove(*values)
    for values, value in wanted.items():
        gauge.of(*values).set(value)
