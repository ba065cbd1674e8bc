"""Ports of this machine for the servers of tests, which no other test of the same run is given."""

import os
import random
from collections.abc import Iterator
from itertools import cycle

from gateway.demo.processes import free_port

_PORTS = range(10_000, 32_000)
"""Below those that the kernel gives to outgoing connections: such a one could take a port that a restart needs."""


def new_port() -> int:
    """One that nobody listens on. It comes again only after some thousand others."""
    return next(port for port in _next if free_port(port) == port)


def new_ports(*names: str) -> dict[str, int]:
    """A port for each name."""
    return {name: new_port() for name in names}


def _share() -> Iterator[int]:
    """This worker's, from a random one on: a run in another terminal has other ones, most likely."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    ports = _PORTS[worker :: int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))]
    first = random.randrange(len(ports))
    return cycle([*ports[first:], *ports[:first]])


_next = _share()
