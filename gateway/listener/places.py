"""Who holds a place at a listener, and who gives way when there is none left. Nothing here takes longer in a crowd.

Half-open connections (no request yet) give way first, then those kept open between requests, then those that are slow
to send or to read; among them the address that has most loses its oldest. Nobody gives way while we owe it an answer.
"""

from collections import Counter, OrderedDict
from collections.abc import Hashable, Iterator
from itertools import islice
from typing import Protocol

_LOOKED_AT = 256
"""The most places that are looked at for one that may give way."""


class Holder(Protocol):
    """A connection, as those see it who share out the places."""

    def look(self, now: float) -> None:
        """Ends what has waited too long."""

    def end(self, reason: str) -> None:
        """Ends the connection at once, and leaves the place."""


class Place:
    """The place of one connection, from `address`. `owed`: it has a request under way."""

    __slots__ = ("address", "holder", "owed", "queue")

    def __init__(self, address: Hashable, holder: Holder) -> None:
        self.address = address
        self.holder = holder
        self.owed = False
        self.queue: _Queue | None = None


class _Queue:
    """Places in the order of giving way: the address with most of them first, and of one address the oldest."""

    def __init__(self) -> None:
        self._of: dict[Hashable, OrderedDict[Place, None]] = {}
        self._by_count: dict[int, OrderedDict[Hashable, None]] = {}

    def add(self, place: Place) -> None:
        places = self._of.setdefault(place.address, OrderedDict())
        places[place] = None
        place.queue = self
        self._recount(place.address, len(places) - 1, len(places))

    def remove(self, place: Place) -> None:
        places = self._of[place.address]
        del places[place]
        place.queue = None
        self._recount(place.address, len(places) + 1, len(places))
        if not places:
            del self._of[place.address]

    def put_last(self, place: Place) -> None:
        places = self._of[place.address]
        places.move_to_end(place)
        self._by_count[len(places)].move_to_end(place.address)

    def in_order(self) -> Iterator[Place]:
        for count in sorted(self._by_count, reverse=True):
            for address in self._by_count[count]:
                yield from self._of[address]

    def of(self, address: Hashable) -> Iterator[Place]:
        yield from self._of.get(address, ())

    def _recount(self, address: Hashable, before: int, after: int) -> None:
        if before:
            alike = self._by_count[before]
            del alike[address]
            if not alike:
                del self._by_count[before]
        if after:
            self._by_count.setdefault(after, OrderedDict())[address] = None


class Places:
    """`most` places in all, `most_of_one` for each address."""

    def __init__(self, most: int, most_of_one: int) -> None:
        self._most = most
        self._most_of_one = most_of_one
        self._half_open, self._kept, self._slow = self._queues = (_Queue(), _Queue(), _Queue())
        self._counts: Counter[Hashable] = Counter()
        self._taken: dict[Place, None] = {}

    def __len__(self) -> int:
        return len(self._taken)

    def __iter__(self) -> Iterator[Place]:
        """The oldest first. A copy: places may be left meanwhile."""
        return iter(tuple(self._taken))

    def full(self) -> bool:
        return len(self._taken) >= self._most

    def full_for(self, address: Hashable) -> bool:
        return self._counts[address] >= self._most_of_one

    def take(self, place: Place) -> None:
        """A new connection has it, half-open."""
        self._half_open.add(place)
        self._counts[place.address] += 1
        self._taken[place] = None

    def leave(self, place: Place) -> bool:
        """The place is free; False where it was before."""
        if place.queue is None:
            return False
        place.queue.remove(place)
        self._counts[place.address] -= 1
        if not self._counts[place.address]:
            del self._counts[place.address]
        del self._taken[place]
        return True

    def owe(self, place: Place) -> None:
        """A whole request head has come."""
        place.owed = True
        if place.queue is self._half_open:
            self._move(place, self._kept)

    def answered(self, place: Place) -> None:
        """The answer is out."""
        place.owed = False
        if place.queue is self._kept:
            self._kept.put_last(place)
        elif place.queue is self._slow:
            self._move(place, self._kept)

    def slow(self, place: Place) -> None:
        """The client keeps us waiting, for its body or for its reading of the answer."""
        place.owed = False
        if place.queue is self._kept:
            self._move(place, self._slow)

    def first_to_go(self) -> Place | None:
        """Who gives way to a newcomer; None where nobody may."""
        return _first(place for queue in self._queues for place in queue.in_order())

    def first_to_go_of(self, address: Hashable) -> Place | None:
        """Who of this address gives way to a newcomer from there; None where none may."""
        return _first(place for queue in self._queues for place in queue.of(address))

    def _move(self, place: Place, queue: _Queue) -> None:
        if place.queue is not None:
            place.queue.remove(place)
            queue.add(place)


def _first(places: Iterator[Place]) -> Place | None:
    return next((place for place in islice(places, _LOOKED_AT) if not place.owed), None)
