"""HTTP to others: guarded addresses, one total deadline, bounded answers, no redirects.

What matters is whether a request can have reached the other side, so failures come in two kinds: NotSent (surely not)
and NoReply (it may have).
"""

import asyncio
import errno
import os
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from types import SimpleNamespace

import aiohttp
from yarl import URL

from gateway.core.egress import AddressNotPermitted, guarded_session
from gateway.core.settings import show_duration

ANSWER_LIMIT = 64 * 1024
"""Bytes of an answer's body that are read, unless more are expected."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back. `flaw` says what is wrong with the body when it isn't whole."""

    status: int
    headers: Mapping[str, str]
    body: bytes = b""
    flaw: str | None = None


class OutboundError(Exception):
    """No status came back. `explicit` is False where silence was all there was; `reason` holds no personal data."""

    def __init__(self, reason: str, *, explicit: bool = True) -> None:
        super().__init__(reason)
        self.reason = reason
        self.explicit = explicit


class NotSent(OutboundError):
    """No connection was made: the other side surely has nothing."""


class NothingLeft(NotSent):
    """No connection was made, since this machine has no file descriptors left."""


class NoReply(OutboundError):
    """A connection was there and no answer came over it: the other side may have everything."""


@dataclass(slots=True)
class _Exchange:
    """How far a request has got."""

    connected: bool = False
    reply: Reply | None = None


class OutboundClient:
    """A session with one other side: at most `connections`, kept open between requests; of each answer at most `limit`
    bytes are read. Needs a running loop."""

    def __init__(self, *, allow_private: bool, connections: int, limit: int = ANSWER_LIMIT) -> None:
        self._limit = limit
        self._session = guarded_session(
            allow_private=allow_private, connections=connections, trace_configs=[_connection_tracing()]
        )

    async def send(
        self, method: str, url: str, *, headers: Mapping[str, str], body: bytes = b"", within: float
    ) -> Reply:
        """One request, `within` seconds from the wait for a connection to the body's last byte.

        `url` goes out as it is. Raises NotSent and NoReply; once there is a status, whatever follows is a flaw of the
        reply. A POST is never repeated (aiohttp repeats only idempotent methods, once, over a stale connection).
        """
        exchange = _Exchange()
        failure: Exception | None = None
        try:
            async with asyncio.timeout(within):
                await self._run(exchange, method, url, headers, body)
        except (aiohttp.ClientError, OSError, ValueError, RuntimeError) as error:
            failure = error
        if exchange.reply is None:
            raise _explain(exchange, failure, within) from failure
        return exchange.reply

    async def _run(self, exchange: _Exchange, method: str, url: str, headers: Mapping[str, str], body: bytes) -> None:
        async with self._session.request(
            method,
            URL(url, encoded=True),
            headers=headers,
            data=body or None,
            allow_redirects=False,
            trace_request_ctx=exchange,
        ) as response:
            exchange.reply = Reply(response.status, response.headers, flaw="did not end in time")
            exchange.reply = await _read(response, self._limit)

    @asynccontextmanager
    async def download(self, url: str, *, headers: Mapping[str, str]) -> AsyncIterator[aiohttp.ClientResponse]:
        """The answer to a GET, its body still to be read; the caller bounds its time and its size. What breaks while
        it is read is raised as NoReply too."""
        exchange = _Exchange()
        try:
            async with self._session.get(
                URL(url, encoded=True), headers=headers, allow_redirects=False, trace_request_ctx=exchange
            ) as response:
                try:
                    yield response
                finally:
                    response.close()  # what was left unread must not reach the next request on this connection
        except (aiohttp.ClientError, OSError, ValueError, RuntimeError) as error:
            if isinstance(error, TimeoutError):
                raise
            raise _explain(exchange, error, 0.0) from error

    async def close(self) -> None:
        """Close every connection; what is in flight fails."""
        await self._session.close()


async def _read(response: aiohttp.ClientResponse, limit: int) -> Reply:
    body = bytearray()
    flaw = None
    try:
        async for chunk in response.content.iter_any():
            body += chunk
            if len(body) > limit:
                flaw = f"is longer than {limit // 1024} KiB"
                break
    except (aiohttp.ClientError, OSError):
        flaw = "broke off"
    if flaw:
        response.close()  # what is still to come must not reach the next request on this connection
    return Reply(response.status, response.headers, bytes(body[:limit]), flaw)


def _connection_tracing() -> aiohttp.TraceConfig:
    tracing = aiohttp.TraceConfig()

    async def connected(_session: aiohttp.ClientSession, context: SimpleNamespace, _params: object) -> None:
        context.trace_request_ctx.connected = True

    tracing.on_connection_create_end.append(connected)
    tracing.on_connection_reuseconn.append(connected)
    return tracing


def _explain(exchange: _Exchange, error: Exception | None, within: float) -> OutboundError:
    """In our own words: the library's hold the whole address, and may hold what the other side sent."""
    if isinstance(error, TimeoutError):
        what, kind = ("answer", NoReply) if exchange.connected else ("connection", NotSent)
        return kind(f"no {what} within {show_duration(within)}", explicit=False)
    if not exchange.connected:
        kind = NothingLeft if isinstance(error, OSError) and is_ours(error) else NotSent
        return kind(_why_not_connected(error))
    if isinstance(error, aiohttp.ClientResponseError):
        return NoReply("the answer is not HTTP")
    return NoReply("the connection broke before an answer came")


def _why_not_connected(error: Exception | None) -> str:
    match error:
        case aiohttp.ClientConnectorDNSError():
            return "the host name can't be resolved"
        case aiohttp.ClientConnectorCertificateError(certificate_error=ssl.SSLCertVerificationError() as flaw):
            return f"the certificate is not good: {flaw.verify_message}"
        case aiohttp.ClientSSLError():
            return "the TLS handshake failed"
        case aiohttp.ClientConnectorError(os_error=cause):
            return explain_os_error(cause)
        case aiohttp.InvalidURL():
            return "its address is none"
        case RuntimeError():  # aiohttp's, for a closed session
            return "it has been closed, by a reload or a stop"
    return f"no connection: {type(error).__name__}"


def is_ours(error: OSError) -> bool:
    """Whether the machine that Relevo runs on is at fault, not the other side."""
    return error.errno in (errno.EMFILE, errno.ENFILE)


def explain_os_error(error: OSError) -> str:
    """Why there is no connection, in the system's words for the error's number."""
    if isinstance(error, AddressNotPermitted):
        return str(error.strerror)
    return f"no connection: {os.strerror(error.errno) if error.errno else 'none of its addresses answers'}"
