"""Which network addresses a configured URL may lead to without an explicit permission: public unicast ones only.

Ranges after IANA's special-purpose registries (RFC 6890 and what has been registered since). They are written out
because `ipaddress.is_global` has changed its mind between Python versions.
"""

import ipaddress

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
