"""Signs of life: an HTTP GET over a kept connection, or a bare TCP connection.

An explicit error raises ProviderUnavailable at once; silence raises TimeoutError.
"""

import asyncio
import socket
from collections.abc import Callable, Mapping

import aiohappyeyeballs

from gateway.core.egress import Addressing, guarded_socket
from gateway.core.errors import NoMeans, ProviderUnavailable
from gateway.core.outbound import NothingLeft, OutboundClient, OutboundError, explain_os_error, is_ours

_NEXT_ADDRESS_AFTER = 0.25
"""Seconds after which the next address of a host is tried too (RFC 8305)."""


class HttpProbe:
    """GET `url`: healthy on 2xx, without redirects."""

    def __init__(self, client: OutboundClient, url: str, headers: Callable[[], Mapping[str, str]]) -> None:
        self._client = client
        self._url = url
        self._headers = headers

    async def __call__(self, timeout: float) -> None:
        try:
            reply = await self._client.send("GET", self._url, headers=self._headers(), within=timeout)
        except OutboundError as error:
            if not error.explicit:
                raise TimeoutError(error.reason) from error
            kind = NoMeans if isinstance(error, NothingLeft) else ProviderUnavailable
            raise kind(error.reason) from error
        if not 200 <= reply.status < 300:
            raise ProviderUnavailable(f"its health answers {reply.status}")


class TcpProbe:
    """A TCP connection to host and port, closed at once."""

    def __init__(self, host: str, port: int, *, allow_private: bool) -> None:
        self._host = host
        self._port = port
        self._socket_factory = guarded_socket(allow_private)
        self._lookup: asyncio.Future[list[Addressing]] | None = None

    async def __call__(self, timeout: float) -> None:
        try:
            async with asyncio.timeout(timeout):
                connection = await aiohappyeyeballs.start_connection(
                    await self._resolve(),
                    happy_eyeballs_delay=_NEXT_ADDRESS_AFTER,
                    socket_factory=self._socket_factory,
                )
        except TimeoutError:
            raise
        except (socket.gaierror, UnicodeError) as error:  # UnicodeError: a label too long for a name
            raise ProviderUnavailable("the host name can't be resolved") from error
        except OSError as error:
            kind = NoMeans if is_ours(error) else ProviderUnavailable
            raise kind(explain_os_error(error)) from error
        connection.close()

    async def _resolve(self) -> list[Addressing]:
        """One look-up at a time: each holds a thread for as long as the name server is silent."""
        if self._lookup is None or self._lookup.done():
            self._lookup = asyncio.get_running_loop().run_in_executor(None, self._ask)
            self._lookup.add_done_callback(_seen)
        return await asyncio.shield(self._lookup)

    def _ask(self) -> list[Addressing]:
        return list(socket.getaddrinfo(self._host, self._port, type=socket.SOCK_STREAM))


def _seen(lookup: asyncio.Future[list[Addressing]]) -> None:
    """Nobody may be waiting any more when it fails, and asyncio would complain."""
    if not lookup.cancelled():
        lookup.exception()
