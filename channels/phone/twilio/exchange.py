"""Requests to Twilio's API: guarded addresses, one deadline, bounded answers, no redirects.

What matters to a call or a message that was ordered is whether the order can have reached Twilio: NotSent (surely not)
and NoReply (it may have).
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from types import SimpleNamespace

import aiohttp
from yarl import URL

from gateway.core.egress import AddressNotPermitted, guarded_session
from gateway.core.errors import Fault, RelevoError
from gateway.core.values import dataclass

ANSWER_LIMIT = 1024 * 1024
"""Bytes of an answer: a page of fifty calls has about a hundred thousand."""
_BROKEN = (aiohttp.ClientError, OSError, ValueError, RuntimeError)  # RuntimeError: aiohttp's, of a closed session


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back; `body` is empty where it broke off, or was too long."""

    status: int
    headers: Mapping[str, str]
    body: bytes = b""


class ExchangeFailed(RelevoError):
    """No status came back. The text holds no address and no personal data."""

    fault = Fault.PROVIDER


class NotSent(ExchangeFailed):
    """No connection was made: Twilio surely has nothing."""


class NoReply(ExchangeFailed):
    """A connection was there and no answer came over it: Twilio may have everything."""


class Exchange:
    """At most `connections` of them, kept open between requests. Needs a running loop."""

    def __init__(self, *, allow_private: bool, connections: int) -> None:
        self._session = guarded_session(
            allow_private=allow_private, connections=connections, trace_configs=[_connection_tracing()]
        )

    async def send(
        self, method: str, url: str, *, headers: Mapping[str, str], body: bytes = b"", within: float
    ) -> Reply:
        """One request, `within` seconds in all. A POST is never repeated. Raises NotSent, NoReply."""
        connected = _Connected()
        reply: Reply | None = None
        try:
            async with (
                asyncio.timeout(within),
                self._session.request(
                    method,
                    URL(url, encoded=True),
                    headers=headers,
                    data=body or None,
                    allow_redirects=False,
                    trace_request_ctx=connected,
                ) as response,
            ):
                reply = Reply(response.status, response.headers)
                return Reply(response.status, response.headers, await _whole(response))
        except _BROKEN as error:
            if reply is not None:
                return reply
            raise _explained(connected, error) from error

    @asynccontextmanager
    async def download(self, url: str, *, headers: Mapping[str, str]) -> AsyncIterator[aiohttp.ClientResponse]:
        """The answer to a GET, its body still to be read; the caller bounds time and size. What breaks while it is read
        is raised as NoReply, too."""
        connected = _Connected()
        try:
            async with self._session.get(
                URL(url, encoded=True), headers=headers, allow_redirects=False, trace_request_ctx=connected
            ) as response:
                try:
                    yield response
                finally:
                    response.close()  # what was left unread must not reach the next request on this connection
        except _BROKEN as error:
            if isinstance(error, TimeoutError):
                raise
            raise _explained(connected, error) from error

    async def close(self) -> None:
        """Close every connection; what is in flight fails."""
        await self._session.close()


class _Connected:
    """Whether a request has got a connection."""

    yes = False


async def _whole(response: aiohttp.ClientResponse) -> bytes:
    body = bytearray()
    async for chunk in response.content.iter_any():
        body += chunk
        if len(body) > ANSWER_LIMIT:
            response.close()
            return b""
    return bytes(body)


def _connection_tracing() -> aiohttp.TraceConfig:
    tracing = aiohttp.TraceConfig()

    async def connected(_session: aiohttp.ClientSession, context: SimpleNamespace, _params: object) -> None:
        context.trace_request_ctx.yes = True

    tracing.on_connection_create_end.append(connected)
    tracing.on_connection_reuseconn.append(connected)
    return tracing


def _explained(connected: _Connected, error: Exception) -> ExchangeFailed:
    """In our own words: the library's may hold the whole address."""
    if isinstance(error, TimeoutError):
        return NoReply("no answer in time") if connected.yes else NotSent("no connection in time")
    if connected.yes:
        return NoReply("the connection broke before an answer came")
    cause = getattr(error, "os_error", error)
    if isinstance(cause, AddressNotPermitted):
        return NotSent(str(cause.strerror))
    return NotSent(f"no connection: {type(error).__name__}")
