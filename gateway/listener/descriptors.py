"""File descriptors: how many there are, and how many connections they are enough for."""

import resource

_MOST = 65_536
"""More than all connections need. Some systems allow a thousand million; programs that walk them all stand still."""
_RESERVE = 256
"""Kept for the store, the desks and the ops listener."""


def raise_descriptor_limit() -> int:
    """As many as the system lets this process have, which from now on is their number."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _MOST if hard == resource.RLIM_INFINITY else min(_MOST, hard)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return _MOST if soft == resource.RLIM_INFINITY else soft
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    return wanted


def connections_for(descriptors: int) -> int:
    """How many connections so many descriptors bear: each may have a file open beside its socket, and the reserve
    stays; of very few, one half."""
    return max(1, (descriptors - min(_RESERVE, descriptors // 2)) // 2)
