"""Addresses, judged: which ones a configured URL may lead to, and which one a request comes from.

A URL leads to public unicast addresses only, unless others are permitted. The ranges are IANA's special-purpose
registries (RFC 6890 and what has been registered since), written out because `ipaddress.is_global` has changed its mind
between Python versions.

A request comes from its peer. Only where that is a trusted proxy, X-Forwarded-For is asked: it is the one header that
every proxy in use can write. RFC 7239's Forwarded is not read, since a proxy that writes one of the two hands the other
on as the client sent it.
"""

import ipaddress
import re
from collections.abc import Callable, Iterable
from functools import lru_cache

from aiohttp import web

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
IPNetwork = ipaddress.IPv4Network | ipaddress.IPv6Network

_SPECIAL_V4 = tuple(
    ipaddress.IPv4Network(network)
    for network in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",
        "100.64.0.0/10",  # carrier-grade NAT
        "127.0.0.0/8",
        "169.254.0.0/16",  # link-local, the clouds' metadata services
        "172.16.0.0/12",
        "192.0.0.0/24",  # protocol assignments
        "192.0.2.0/24",  # documentation
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, broadcast
    )
)
_GLOBAL_V6 = ipaddress.IPv6Network("2000::/3")
_SPECIAL_V6 = tuple(
    ipaddress.IPv6Network(network)
    for network in (
        "2001::/23",  # protocol assignments, Teredo
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4: leads to any IPv4 address
        "3fff::/20",  # documentation
    )
)
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_ONE_SITE = 64
"""Bits of an IPv6 address that tell one customer from another; the rest is the customer's to choose."""
_BRACKETED = re.compile(r"\[([^]]*)\](?::[0-9]+)?")


def is_public(address: str) -> bool:
    """True for a public unicast address in its numeric form; False for every other, and for what is no address.

    An IPv4 address inside an IPv6 one (mapped, NAT64) is judged as the IPv4 address that is really reached.
    """
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(parsed, ipaddress.IPv6Address):
        reached = _reached_through(parsed)
        if reached is None:
            return parsed in _GLOBAL_V6 and not any(parsed in network for network in _SPECIAL_V6)
        parsed = reached
    return not any(parsed in network for network in _SPECIAL_V4)


def _reached_through(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """The IPv4 address that an IPv6 one stands for."""
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF) if address in _NAT64 else None


def require_no_private_host(host: str) -> None:
    """Say at loading what would fail at every connection. Raises ValueError for an address that isn't public, or for
    this machine's name; other names are judged when they are dialled."""
    host = host.rstrip(".")
    try:
        ipaddress.ip_address(host)
    except ValueError:
        private = host == "localhost" or host.endswith(".localhost")
    else:
        private = not is_public(host)
    if private:
        raise ValueError(f"{host} is not a public address; set allow_private: true to permit it")


NO_ADDRESS = "-"
"""What stands for the peer where there is none: a Unix socket, or a connection that is gone. It is never trusted."""


class TrustedProxies:
    """The proxies whose X-Forwarded-For is believed; `unusable` is called for each one that can't be made out."""

    def __init__(self, networks: Iterable[IPNetwork] = (), unusable: Callable[[], None] = lambda: None) -> None:
        self._networks = tuple(networks)
        self._unusable = unusable

    def trust(self, address: str) -> bool:
        """Whether this is a proxy's address, in its numeric form; False for what is no address."""
        return bool(self._networks) and self._are(_parsed(address))

    def __bool__(self) -> bool:
        """Whether there are any."""
        return bool(self._networks)

    def client(self, peer: str, forwarded: Iterable[str]) -> str:
        """The client behind `peer`: the right-most entry of the X-Forwarded-For lines that no trusted proxy has.

        What stands left of it may be the client's own invention. Where an entry that counts is no address, the peer.
        """
        if not self.trust(peer):
            return _shown(peer)
        believed = peer
        for entry in reversed([part for line in forwarded for part in line.split(",")]):
            address = _parsed(_without_port(entry.strip()))
            if address is None:
                self._unusable()
                return _shown(peer)
            believed = str(address)
            if not self._are(address):
                break
        return _shown(believed)

    def _are(self, address: IPAddress | None) -> bool:
        return address is not None and any(address in network for network in self._networks)


TRUSTED_PROXIES = web.AppKey("trusted_proxies", TrustedProxies)
"""Where a listener keeps those of its configuration."""
_NONE = TrustedProxies()


def client_address(request: web.Request) -> str:
    """The numeric address that a request comes from, as far as it can be trusted; NO_ADDRESS where there is none."""
    proxies = request.app.get(TRUSTED_PROXIES, _NONE)
    peer = request.remote or NO_ADDRESS
    return proxies.client(peer, request.headers.getall("X-Forwarded-For", ())) if proxies else _shown(peer)


@lru_cache(maxsize=4096)
def network_of(address: str) -> str:
    """Whose address it is, as far as can be told: of IPv6 the /64, all of which is one customer's. What is no address
    is somebody of its own."""
    parsed = _parsed(address.partition("%")[0])
    if isinstance(parsed, ipaddress.IPv6Address):
        return str(ipaddress.IPv6Network((parsed, _ONE_SITE), strict=False))
    return address if parsed is None else str(parsed)


def _parsed(address: str) -> IPAddress | None:
    """An IPv4 address is itself inside an IPv6 one too, as sockets that serve both show it."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return None
    return getattr(parsed, "ipv4_mapped", None) or parsed


@lru_cache(maxsize=4096)
def _shown(address: str) -> str:
    return str(_parsed(address) or NO_ADDRESS)


def _without_port(entry: str) -> str:
    """Some proxies write `192.0.2.1:4711` or `[2001:db8::1]:4711`."""
    bracketed = _BRACKETED.fullmatch(entry)
    if bracketed:
        return bracketed[1]
    host, _, port = entry.partition(":")
    return host if port.isascii() and port.isdigit() else entry
