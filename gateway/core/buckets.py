"""Leaky buckets: how much somebody has sent lately. Pure, driven by the caller's clock, bounded in memory."""

from collections import OrderedDict
from dataclasses import dataclass

from gateway.core.clock import Instant


@dataclass(slots=True)
class _Bucket:
    level: float
    at: Instant


class Buckets:
    """A bucket for each key; each drains by `rate` a second, and never holds more than `most`.

    At most `keys` are remembered. The one longest unused goes first, and is then as good as empty.
    """

    def __init__(self, rate: float, most: float, keys: int) -> None:
        self._rate = rate
        self._most = most
        self._keys = keys
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()

    def __len__(self) -> int:
        return len(self._buckets)

    def add(self, key: str, now: Instant, amount: float = 1) -> float:
        """So much more of `key`; the level with it. What would overflow isn't added: going on isn't punished."""
        bucket = self._buckets.get(key)
        if bucket is None:
            if len(self._buckets) >= self._keys:
                self._buckets.popitem(last=False)
            bucket = self._buckets[key] = _Bucket(0.0, now)
        else:
            self._buckets.move_to_end(key)
            bucket.level = max(0.0, bucket.level - self._rate * (now - bucket.at))
            bucket.at = now
        wanted = bucket.level + amount
        if wanted <= self._most:
            bucket.level = wanted
        return wanted
