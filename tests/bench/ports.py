"""Ports for servers under test: below those that the kernel gives to outgoing connections, and none twice."""

import random

from gateway.demo.processes import free_port

_FROM, _TO = 15_000, 32_000
_given: list[int] = []


def new_ports(*names: str) -> dict[str, int]:
    """A free port for each name, which nobody else in this process gets. Raises StartError."""
    ports: dict[str, int] = {}
    for name in names:
        ports[name] = free_port(random.randrange(_FROM, _TO), taken=_given)
        _given.append(ports[name])
    return ports
