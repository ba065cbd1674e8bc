"""Who holds a place at a listener, and who gives way when there is none left. Nothing here takes longer in a crowd.

Half-open connections (no request yet) give way first, then those kept open between requests, then those that are slow
to send or to read; among them the address that has most loses its oldest. Nobody gives way while we owe it an answer.
"""

from collections import Counter, OrderedDict, defaultdict
from collections.abc import Hashable, Iterator
from typing import Protocol


class Holder(Protocol):
    """A connection, as those see it who share out the places."""

    def look(self, now: float) -> None:
        """Ends what has waited too long."""

    def end(self, reason: str) -> None:
        """Ends the connection at once, and leaves the place."""


class Place:
    """The place of one connection, from `address`."""

    __slots__ = ("address", "busy", "holder", "queue")

    def __init__(self, address: Hashable, holder: Holder) -> None:
        self.address = address
        self.holder = holder
        self.busy = False
        """A request of it is under way: it gives way to nobody."""
        self.queue: _Queue | None = None


class _Queue:
    """Places in the order of giving way: the address with most of them first, and of one address the oldest.

    Those that are hidden are counted, and don't give way. Who is busy is hidden only when somebody comes upon it: there
    is hardly ever anybody who looks, and requests come all the time.
    """

    def __init__(self) -> None:
        self._counts: Counter[Hashable] = Counter()
        self._shown: dict[Hashable, OrderedDict[Place, None]] = {}
        self._by_count: defaultdict[int, OrderedDict[Hashable, None]] = defaultdict(OrderedDict)

    def add(self, place: Place) -> None:
        place.queue = self
        self._recount(place.address, 1)
        self.show(place)

    def remove(self, place: Place) -> None:
        place.queue = None
        self.hide(place)
        self._recount(place.address, -1)

    def hide(self, place: Place) -> None:
        shown = self._shown.get(place.address)
        if shown is not None and place in shown:
            del shown[place]
            if not shown:
                self._unfile(place.address)
                del self._shown[place.address]

    def show(self, place: Place) -> None:
        """One that was hidden goes last from now on, and its address after those with as many."""
        shown = self._shown.get(place.address)
        if shown is None:
            shown = self._shown[place.address] = OrderedDict()
        shown[place] = None
        shown.move_to_end(place)
        alike = self._by_count[self._counts[place.address]]
        alike[place.address] = None
        alike.move_to_end(place.address)

    def first(self) -> Place | None:
        while self._by_count:
            found = self.first_of(next(iter(self._by_count[max(self._by_count)])))
            if found is not None:
                return found
        return None

    def first_of(self, address: Hashable) -> Place | None:
        while shown := self._shown.get(address):
            place = next(iter(shown))
            if not place.busy:
                return place
            self.hide(place)
        return None

    def _recount(self, address: Hashable, by: int) -> None:
        if address in self._shown:
            self._unfile(address)
        self._counts[address] += by
        if address in self._shown:
            self._by_count[self._counts[address]][address] = None
        elif not self._counts[address]:
            del self._counts[address]

    def _unfile(self, address: Hashable) -> None:
        alike = self._by_count[self._counts[address]]
        del alike[address]
        if not alike:
            del self._by_count[self._counts[address]]


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
        if place.queue is self._half_open:
            self._move(place, self._kept)
        place.busy = True

    def answered(self, place: Place) -> None:
        """The answer is out."""
        place.busy = False
        if place.queue is self._kept:
            self._kept.show(place)
        elif place.queue is self._slow:
            self._move(place, self._kept)

    def slow(self, place: Place) -> None:
        """The client keeps us waiting, for its body or for its reading of the answer."""
        was_busy, place.busy = place.busy, False
        if place.queue is self._kept:
            self._move(place, self._slow)
        elif place.queue is not None and was_busy:
            place.queue.show(place)

    def first_to_go(self) -> Place | None:
        """Who gives way to a newcomer; None where nobody may."""
        return next(filter(None, (queue.first() for queue in self._queues)), None)

    def first_to_go_of(self, address: Hashable) -> Place | None:
        """Who of this address gives way to a newcomer from there; None where none may."""
        return next(filter(None, (queue.first_of(address) for queue in self._queues)), None)

    def _move(self, place: Place, queue: _Queue) -> None:
        if place.queue is not None:
            place.queue.remove(place)
            queue.add(place)
