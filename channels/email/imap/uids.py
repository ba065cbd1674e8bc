"""A set of UIDs, as ranges: a mailbox of any age takes a few bytes."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from typing import Self

from gateway.core.values import dataclass


@dataclass(frozen=True, slots=True)
class UidSet:
    """Written as IMAP writes it: `1:300,305`. Never changes."""

    ranges: tuple[tuple[int, int], ...] = ()
    """First and last of each, in order, with a gap between any two."""

    @classmethod
    def of(cls, uids: Iterable[int]) -> Self:
        return cls(_joined(sorted((uid, uid) for uid in uids)))

    @classmethod
    def parse(cls, text: str) -> Self:
        """Raises ValueError."""
        pairs = [part.partition(":") for part in text.split(",") if part]
        return cls(_joined(sorted((int(first), int(last or first)) for first, _, last in pairs)))

    def __str__(self) -> str:
        return ",".join(str(first) if first == last else f"{first}:{last}" for first, last in self.ranges)

    def __contains__(self, uid: int) -> bool:
        at = bisect_right(self.ranges, uid, key=lambda each: each[0]) - 1
        return at >= 0 and uid <= self.ranges[at][1]

    @property
    def last(self) -> int:
        """The highest; 0 where there is none."""
        return self.ranges[-1][1] if self.ranges else 0

    def with_range(self, first: int, last: int) -> "UidSet":
        """With these too; an empty range adds nothing."""
        if first > last:
            return self
        # Only what touches the new range is looked at: nearly always that is the end.
        begin = bisect_left(self.ranges, first - 1, key=lambda each: each[1])
        end = bisect_right(self.ranges, last + 1, lo=begin, key=lambda each: each[0])
        joined = _joined(sorted([*self.ranges[begin:end], (first, last)]))
        return UidSet(self.ranges[:begin] + joined + self.ranges[end:])

    def with_all(self, uids: Iterable[int]) -> "UidSet":
        whole = self
        for uid in uids:
            whole = whole.with_range(uid, uid)
        return whole


def _joined(ordered: Iterable[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    joined: list[tuple[int, int]] = []
    for first, last in ordered:
        if joined and first <= joined[-1][1] + 1:
            joined[-1] = (joined[-1][0], max(joined[-1][1], last))
        else:
            joined.append((first, last))
    return tuple(joined)
