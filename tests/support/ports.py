"""Ports of this machine for the servers of tests, which no other test of the same run is given."""

import os
import random
import socket
from collections.abc import Iterator
from contextlib import suppress
from itertools import cycle

_PORTS = range(10_000, 32_000)
"""Below those that the kernel gives to outgoing connections: such a one could take a port that a restart needs."""


def new_port() -> int:
    """One that nobody listens on. It comes again only after some thousand others."""
    return next(port for port in _next if _is_free(port))


def new_ports(*names: str) -> dict[str, int]:
    """A port for each name."""
    return {name: new_port() for name in names}


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return True
    return False


def _share() -> Iterator[int]:
    """This worker's, from a random one on: a run in another terminal has other ones, most likely."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    ports = _PORTS[worker :: int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))]
    first = random.randrange(len(ports))
    return cycle([*ports[first:], *ports[:first]])


_next = _share()
