"""The memory that this process may have: while it is short, what comes in is refused.

A process that runs out of it is killed, or falls in a native library that doesn't expect a failed allocation. So
content is taken in only while a reserve is left for what goes on anyway.
"""

import os
import resource
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler

from gateway.core.addresses import client_address, network_of
from gateway.core.problems import UNAVAILABLE, Problem

_LARGEST_RESERVE = 64 * 1024 * 1024
_RESERVED_PART = 8
"""Of a small limit this part is the reserve: one eighth."""
_COPIES = 6
"""How often content may be in memory: as it came, parsed, checked, on its way to the store and to a desk."""
_MOST_HELD = 1024 * 1024
"""Bytes: longer content passes through in pieces."""
_ANY_REQUEST = 64 * 1024
_SHARE = 4
"""One address may have this part of what is left, and one request in any case: who declares much and sends nothing must
not take all of it."""
_RETRY_AFTER = {"Retry-After": "5"}
_GROUPS = Path("/sys/fs/cgroup")
_MEMBERSHIP = Path("/proc/self/cgroup")
_UNIFIED = "0::/"
"""How the line about the only hierarchy of cgroups v2 begins."""
_PAGE = os.sysconf("SC_PAGE_SIZE")

_log = structlog.get_logger("relevo")

Room = Callable[[], int | None]
"""Bytes that may still be taken before the reserve is touched; None without a limit."""


class Memory:
    """Watches over the routes that are handed to `guarded`."""

    def __init__(self, room: Room | None = None) -> None:
        self._room = room or _room_of(cgroup_limit())
        self._promised = 0
        self._promised_to: Counter[str] = Counter()
        self._short = False

    def guarded(self, routes: Iterable[web.RouteDef]) -> list[web.RouteDef]:
        """The same routes; those that take content refuse it while memory is short (a Problem, 503)."""
        return [self._guard(route) if route.method in ("POST", "PUT") else route for route in routes]

    def why_not_ready(self) -> str | None:
        """A readiness check."""
        room = self._room()
        return "memory is short" if room is not None and self._lacks(_ANY_REQUEST, room) else None

    def _guard(self, route: web.RouteDef) -> web.RouteDef:
        handler: Handler = route.handler

        async def take(request: web.Request) -> web.StreamResponse:
            room = self._room()
            if room is None:
                return await handler(request)
            held = _MOST_HELD if request.content_length is None else min(request.content_length, _MOST_HELD)
            cost = _ANY_REQUEST + _COPIES * held
            sender = network_of(client_address(request))
            if self._lacks(cost, room) or self._promised_to[sender] + cost > max(cost, room // _SHARE):
                raise Problem(UNAVAILABLE, headers=_RETRY_AFTER, close=True)
            self._promise(sender, cost)
            try:
                return await handler(request)
            finally:
                self._promise(sender, -cost)

        return web.RouteDef(route.method, route.path, take, route.kwargs)

    def _promise(self, sender: str, cost: int) -> None:
        self._promised += cost
        self._promised_to[sender] += cost
        if not self._promised_to[sender]:
            del self._promised_to[sender]

    def _lacks(self, cost: int, room: int) -> bool:
        short = room - self._promised < cost
        if short and not self._short:
            _log.warning("requests are refused: memory is short", room=room, promised=self._promised)
        self._short = short
        return short


def _room_of(cgroup: int | None) -> Room:
    """By the limits that this process has: of its address space (RLIMIT_AS), and of its control group."""
    statm = os.open("/proc/self/statm", os.O_RDONLY | os.O_CLOEXEC)

    def room() -> int | None:
        address_space, _ = resource.getrlimit(resource.RLIMIT_AS)
        if cgroup is None and address_space == resource.RLIM_INFINITY:
            return None
        size, resident = (int(pages) * _PAGE for pages in os.pread(statm, 64, 0).split()[:2])
        rooms = [] if cgroup is None else [_left(cgroup, resident)]
        if address_space != resource.RLIM_INFINITY:
            rooms.append(_left(address_space, size))
        return min(rooms)

    return room


def _left(limit: int, used: int) -> int:
    return limit - used - min(_LARGEST_RESERVE, limit // _RESERVED_PART)


def cgroup_limit(groups: Path = _GROUPS, membership: Path = _MEMBERSHIP) -> int | None:
    """Bytes that the control group of this process may have, and those that it is in: a container's, which sees its own
    as the root, or a unit's of systemd (MemoryMax=). None where there is no limit."""
    try:
        lines = membership.read_text().splitlines()
    except OSError:
        return None
    name = next((line.removeprefix(_UNIFIED) for line in lines if line.startswith(_UNIFIED)), "")
    group = groups / name
    limits = [_limit(each) for each in (group, *group.parents) if each.is_relative_to(groups)]
    return min((limit for limit in limits if limit is not None), default=None)


def _limit(group: Path) -> int | None:
    try:
        limit = (group / "memory.max").read_text().strip()
    except OSError:
        return None
    return int(limit) if limit.isdigit() else None
