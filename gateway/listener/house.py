"""What all connections of a listener share: the limits, the places, and the one look at everybody's time."""

import asyncio
from collections.abc import Hashable
from ipaddress import IPv6Address, IPv6Network, ip_address

from gateway.core.addresses import TrustedProxies
from gateway.core.ports import ConnectionMeasurements
from gateway.listener.limits import Limits
from gateway.listener.page import Front
from gateway.listener.places import Place, Places

_ONE_SITE = 64
"""Bits of an IPv6 address that tell one customer from another; the rest is the customer's to choose."""


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
        self._timer: asyncio.TimerHandle | None = None

    def address_of(self, peer: str) -> Hashable:
        """Whose connections count together. Behind a trusted proxy are many clients: each of its connections counts
        alone."""
        if self._proxies.trust(peer):
            return object()
        try:
            address = ip_address(peer.partition("%")[0])
        except ValueError:
            return peer
        if not isinstance(address, IPv6Address):
            return str(address)
        return str(address.ipv4_mapped or IPv6Network((address, _ONE_SITE), strict=False))

    def ended(self, reason: str) -> None:
        """A connection was ended by us."""
        self._measurements.connection_ended(self._name, reason)

    def make_room(self, place: Place | None, reason: str) -> None:
        """That one gives way."""
        if place is not None:
            place.holder.end(reason)

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
