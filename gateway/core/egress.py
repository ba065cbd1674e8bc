"""Guarded ways out: HTTP sessions and sockets that dial public addresses only, unless private ones are permitted.

The address is judged where the socket is made, once for each address that is really dialled: literal addresses,
names that resolve to private ones and names that change their mind between look-up and connection all pass here.
"""

import asyncio
import errno
import functools
import socket
from collections.abc import Callable, Sequence
from typing import Any, cast

import aiohttp
from aiohttp.client_proto import ResponseHandler

from gateway.core.addresses import is_public

Addressing = tuple[int | socket.AddressFamily, int | socket.SocketKind, int, str, tuple[Any, ...]]
"""As `socket.getaddrinfo` gives it: family, kind, protocol, canonical name, address."""

KEPT_OPEN = 4.0
"""Seconds that an idle connection is kept: shorter than the 5 s after which many servers hang up, since a request
that meets the hang-up has an unknown outcome."""


_MOST_HEADS = 8


class AddressNotPermitted(PermissionError):
    """The address is private, loopback or otherwise special, and that wasn't permitted.

    The text is the same for every address: of several that fail alike, the connector hands on the first error as it
    is, and makes a plain OSError of a mixture.
    """

    def __init__(self) -> None:
        super().__init__(errno.EACCES, "its address is not a public one, and only those are permitted")


def guarded_socket(allow_private: bool) -> Callable[[Addressing], socket.socket]:
    """A socket factory for aiohttp and aiohappyeyeballs; it raises AddressNotPermitted before anything is dialled."""

    def make(addressing: Addressing) -> socket.socket:
        family, kind, protocol, _, address = addressing
        if not allow_private and not is_public(str(address[0])):
            raise AddressNotPermitted
        return socket.socket(family, kind, protocol)

    return make


class _FewHeads(ResponseHandler):
    """A connection on which few interim answers (1xx) precede the one that was asked for: each costs the loop, and a
    server may send them for as long as the caller waits."""

    _heads = 0

    def set_response_params(self, **given: Any) -> None:
        """A request is about to leave."""
        self._heads = 0
        super().set_response_params(**given)

    def feed_data(self, data: Any, size: int = 0) -> None:
        """A head has come."""
        self._heads += 1
        if self._heads <= _MOST_HEADS:
            super().feed_data(data, size)
            return
        if self.transport is not None:
            self.transport.abort()
        self._buffer.clear()
        self.set_exception(aiohttp.ClientPayloadError("interim answers without end"))


def guarded_session(
    *, allow_private: bool, connections: int, trace_configs: Sequence[aiohttp.TraceConfig] = ()
) -> aiohttp.ClientSession:
    """A session without cookies, proxies, compression or deadlines of its own, with at most so many connections.

    Redirects are the caller's to forbid, request by request. Needs a running loop.
    """
    connector = aiohttp.TCPConnector(
        limit=connections,
        keepalive_timeout=KEPT_OPEN,
        socket_factory=guarded_socket(allow_private),
    )
    connector._factory = cast(Any, functools.partial(_FewHeads, loop=asyncio.get_running_loop()))
    return aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        trust_env=False,
        auto_decompress=False,
        headers={"Accept-Encoding": "identity"},
        timeout=aiohttp.ClientTimeout(total=None, connect=None, sock_connect=None, sock_read=None),
        trace_configs=list(trace_configs),
    )
