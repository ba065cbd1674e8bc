"""Who may come in, how many at a time, and how much of whom: the listener's places and rates. Pure, driven by `now`."""

from collections import Counter
from ipaddress import IPv6Address, ip_address

from channels.email.reception.settings import ListenerSettings
from gateway.core.buckets import Buckets
from gateway.core.clock import Instant

_PEERS = 10_000
_MINUTE = 60.0
_CROWDED_IDLE = 10.0
"""Seconds of silence while more than half of the places are taken."""
STRANGER = "554 5.7.1 this address may not deliver here"
FULL = "421 4.3.2 too many connections, try again later"


class Admission:
    """Counts connections and mails by the peer's address."""

    def __init__(self, settings: ListenerSettings) -> None:
        self._settings = settings
        self._counts: Counter[str] = Counter()
        self._rates = Buckets(settings.mails_per_minute / _MINUTE, settings.mails_per_minute, _PEERS)

    def enter(self, peer: str) -> str | None:
        """Takes a place; None, or the reply that refuses one."""
        if not self._allowed(peer):
            return STRANGER
        full = self._counts.total() >= self._settings.connections
        if full or self._counts[peer] >= self._settings.connections_per_peer:
            return FULL
        self._counts[peer] += 1
        return None

    def leave(self, peer: str) -> None:
        self._counts[peer] -= 1
        if not self._counts[peer]:
            del self._counts[peer]

    def take_mail(self, peer: str, now: Instant) -> bool:
        """Whether that peer may hand in one more mail now."""
        return self._rates.add(peer, now) <= self._settings.mails_per_minute

    @property
    def patience(self) -> float:
        """Seconds that a silent peer keeps its place."""
        crowded = self._counts.total() * 2 > self._settings.connections
        return min(self._settings.idle, _CROWDED_IDLE) if crowded else self._settings.idle

    def _allowed(self, peer: str) -> bool:
        try:
            address = ip_address(peer.partition("%")[0])
        except ValueError:
            return False
        if isinstance(address, IPv6Address) and address.ipv4_mapped:
            address = address.ipv4_mapped
        return any(address in network for network in self._settings.peers)
