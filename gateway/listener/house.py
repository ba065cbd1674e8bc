"""What all connections of a listener share: limits, places, what is left unread, and the one look at all their time."""

import asyncio
from collections.abc import Hashable

from gateway.core.addresses import TrustedProxies, network_of
from gateway.core.ports import ConnectionMeasurements
from gateway.listener.limits import Limits
from gateway.listener.page import Front
from gateway.listener.places import Place, Places
from gateway.listener.unread import crowding


class Unmeasured:
    """Nobody looks at the figures."""

    def connections(self, listener: str, open: int) -> None:  # noqa: A002 (the port's word)
        pass

    def connection_ended(self, listener: str, reason: str) -> None:
        pass

    def forwarded_unusable(self) -> None:
        pass


class House:
    """`name` is the listener's; it is what its figures are told by."""

    def __init__(
        self,
        name: str,
        limits: Limits,
        front: Front,
        proxies: TrustedProxies,
        measurements: ConnectionMeasurements,
    ) -> None:
        self.limits = limits
        self.front = front
        self.places = Places(limits.connections, limits.connections_per_address)
        self._name = name
        self._proxies = proxies
        self._measurements = measurements
        self._unread: dict[Place, int] = {}
        self._unread_in_all = 0
        self._timer: asyncio.TimerHandle | None = None

    def address_of(self, peer: str) -> Hashable:
        """Whose connections count together. Behind a trusted proxy are many clients: each of its connections counts
        alone."""
        if self._proxies.trust(peer):
            return object()
        return network_of(peer)

    def ended(self, reason: str) -> None:
        """A connection was ended by us."""
        self._measurements.connection_ended(self._name, reason)

    def make_room(self, place: Place | None, reason: str) -> None:
        """That one gives way."""
        if place is not None:
            place.holder.end(reason)

    def left_unread(self, place: Place, size: int) -> None:
        """So many bytes of an answer wait for their reader; where all are too many, who leaves most gives way."""
        self._unread[place] = size
        self._unread_in_all += size
        if self._unread_in_all > self.limits.unread:
            for each in crowding(self._unread, self.limits.unread):
                each.holder.end("unread_crowd")

    def taken(self, place: Place) -> None:
        """They are gone."""
        self._unread_in_all -= self._unread.pop(place, 0)

    def watch(self) -> None:
        """Look at everybody's time, again and again until `rest`."""
        loop = asyncio.get_running_loop()
        now = loop.time()
        for place in self.places:
            place.holder.look(now)
        self._measurements.connections(self._name, len(self.places))
        self._timer = loop.call_later(self.limits.look_every, self.watch)

    def rest(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
