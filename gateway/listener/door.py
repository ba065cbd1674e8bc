"""The way in: listening sockets, from which connections are taken as long as there are places and descriptors.

The event loops' own servers stop listening for a second when descriptors run out, and take whatever comes until then.
"""

import asyncio
import errno
import socket
from collections.abc import Callable, Hashable

import structlog

from gateway.core.problems import TOO_MANY_CONNECTIONS, Problem
from gateway.listener.answers import problem_bytes
from gateway.listener.connection import Connection
from gateway.listener.house import House

_BACKLOG = 1024
"""Connections that wait in the kernel for us."""
_AT_ONCE = 32
"""Most that are taken before others have their turn: a descriptor each, of the reserve."""
_UNACKNOWLEDGED_MILLISECONDS = 30_000
"""A client that vanished is given up by the kernel after so long, and not after a quarter of an hour."""
_TRY_AGAIN_SECONDS = 0.05
_OUT_OF_RESOURCES = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}
_REFUSED = problem_bytes(Problem(TOO_MANY_CONNECTIONS, headers={"Retry-After": "5"}))

_log = structlog.get_logger("relevo.listener")


class Door:
    """Gives each connection that comes to `host` and `port` to a Connection made by `make` for its address."""

    def __init__(self, house: House, make: Callable[[Hashable], Connection]) -> None:
        self._house = house
        self._make = make
        self._sockets: list[socket.socket] = []
        self._beginning: set[asyncio.Task[object]] = set()
        self._again: asyncio.TimerHandle | None = None

    async def open(self, host: str, port: int) -> None:
        """Raises OSError where that can't be listened on."""
        self._loop = asyncio.get_running_loop()
        found = await self._loop.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        try:
            for family, _, _, _, address in dict.fromkeys(found):
                self._sockets.append(_listening(family, address))
        except OSError:
            self.close()
            raise
        self._listen()

    @property
    def port(self) -> int:
        """The one that the system chose when 0 was asked for."""
        return int(self._sockets[0].getsockname()[1])

    def close(self) -> None:
        """No more connections; those that are there stay."""
        if self._again is not None:
            self._again.cancel()
        for each in self._sockets:
            self._loop.remove_reader(each)
            each.close()
        self._sockets.clear()

    def _listen(self) -> None:
        self._again = None
        for each in self._sockets:
            self._loop.add_reader(each, self._take, each)

    def _pause(self) -> None:
        """Who comes now waits in the kernel."""
        for each in self._sockets:
            self._loop.remove_reader(each)
        if self._again is None:
            self._again = self._loop.call_later(_TRY_AGAIN_SECONDS, self._listen)

    def _take(self, listening: socket.socket) -> None:
        places = self._house.places
        for _ in range(_AT_ONCE):
            giving_way = places.first_to_go() if places.full() else None
            if places.full() and giving_way is None:
                self._pause()
                return
            try:
                accepted, address = listening.accept()
            except BlockingIOError:
                return
            except OSError as error:
                if error.errno not in _OUT_OF_RESOURCES:
                    continue  # that client has gone already
                self._run_short(error)
                return
            self._house.make_room(giving_way, "crowded")
            self._begin(accepted, str(address[0]))

    def _run_short(self, error: OSError) -> None:
        _log.warning("no connection can be taken", error=error.strerror, open=len(self._house.places))
        self._house.make_room(self._house.places.first_to_go(), "no_descriptors")
        self._pause()

    def _begin(self, accepted: socket.socket, peer: str) -> None:
        house, address = self._house, self._house.address_of(peer)
        accepted.setblocking(False)
        if house.places.full_for(address):
            house.make_room(house.places.first_to_go_of(address), "address_crowded")
        if house.places.full_for(address):
            _refuse(accepted)
            house.ended("refused")
            return
        connection = self._make(address)
        house.places.take(connection.place)
        task = self._loop.create_task(self._connect(accepted, connection), name="connect")
        self._beginning.add(task)
        task.add_done_callback(self._beginning.discard)

    async def _connect(self, accepted: socket.socket, connection: Connection) -> None:
        try:
            await self._loop.connect_accepted_socket(lambda: connection, accepted)
        except OSError:
            connection.leave()
            accepted.close()


def _listening(family: int, address: tuple[object, ...]) -> socket.socket:
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        listening.setblocking(False)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            listening.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        if hasattr(socket, "TCP_USER_TIMEOUT"):
            # Connections have it from the socket that they came by.
            listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _UNACKNOWLEDGED_MILLISECONDS)
        listening.bind(address)
        listening.listen(_BACKLOG)
    except OSError:
        listening.close()
        raise
    return listening


def _refuse(accepted: socket.socket) -> None:
    """In one breath: there is no place for a connection, so there is none for writing slowly either."""
    try:
        accepted.send(_REFUSED)
    except OSError:
        pass
    finally:
        accepted.close()
