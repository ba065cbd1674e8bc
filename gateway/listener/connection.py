"""One HTTP connection: aiohttp's, which answers in our form what can't be parsed, and outstays no deadline."""

import asyncio
from collections.abc import Hashable
from typing import Any, cast

import structlog
from aiohttp import StreamReader, hdrs, web
from aiohttp.http_exceptions import LineTooLong

from gateway.core.problems import BAD_REQUEST, HEAD_TOO_LARGE, INTERNAL, TOO_SLOW, Problem
from gateway.listener.answers import problem_bytes, problem_response
from gateway.listener.exchange import Exchange
from gateway.listener.house import House
from gateway.listener.places import Place

_NEVER = 24 * 3600.0
"""aiohttp's own idle timer is out of the way: ours knows more."""
_LINGER_SECONDS = 1.0
"""How long an unread body is drained, so that the client reads our answer before the connection ends."""
_READ_AHEAD = 64 * 1024
"""Bytes of a body that are kept, twice at most, before a route asks for them."""
_MOST_WAITING = 2
"""Requests that a client may have sent before their turn; what comes then waits in the kernel until all have had it.
aiohttp's own 32 are a megabyte for each connection."""
_HEAD_TOO_SLOW = problem_bytes(Problem(TOO_SLOW))
_HEAD_TOO_LARGE = problem_bytes(Problem(HEAD_TOO_LARGE))
_UNREADABLE = problem_bytes(Problem(BAD_REQUEST))
_NO_URL = (ValueError, IndexError)
"""What yarl raises of some targets, where aiohttp doesn't expect it: in its parser, or before a route is found."""

_log = structlog.get_logger("relevo.listener")


class Connection(web.RequestHandler):
    """Parses requests and runs them one after another; whatever it waits for, it waits within the limits."""

    __slots__ = (
        "_exchange",
        "_head_size",
        "_house",
        "_left",
        "_limits",
        "_pipe",
        "_places",
        "_unread_since",
        "_waiting_for_head",
        "_waiting_since",
        "_was_paused",
        "place",
    )

    def __init__(self, house: House, address: Hashable, manager: web.Server, loop: asyncio.AbstractEventLoop) -> None:
        limits = house.limits
        super().__init__(
            manager,
            loop=loop,
            keepalive_timeout=_NEVER,
            max_line_size=limits.head_line,
            max_field_size=limits.head_line,
            max_headers=limits.headers,
            lingering_time=_LINGER_SECONDS,
            read_bufsize=_READ_AHEAD,
            auto_decompress=False,
            access_log=None,  # type: ignore[arg-type]  # aiohttp's own default for "none", untyped
        )
        self._max_msg_queue_size, self._msg_queue_resume_size = _MOST_WAITING, 0
        self._house = house
        self._limits = limits
        self._places = house.places
        self.place = Place(address, self)
        self._pipe: asyncio.Transport | None = None
        self._left = False
        self._exchange: Exchange | None = None
        self._waiting_for_head = True
        self._waiting_since = loop.time()
        self._head_size = 0
        self._unread_since: float | None = None
        self._was_paused = False

    # What the transport tells.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._pipe = cast(asyncio.Transport, transport)
        super().connection_made(transport)
        if self._left:
            self._pipe.abort()

    def connection_lost(self, exc: BaseException | None) -> None:
        self.leave()
        super().connection_lost(exc)
        if self._exchange is not None:
            self._exchange.client_left()

    def data_received(self, data: bytes) -> None:
        known = self._request_count
        try:
            super().data_received(data)
        except _NO_URL as error:
            self._give_up(error)
            return
        if self._request_count != known:
            self._waiting_for_head = False
            self._break_garbled_body()
        elif self._waiting_for_head and data:
            self._grow_head(len(data))
        elif self._exchange is not None and self._exchange.beside_body(len(data)) > self._limits.head:
            self.end("large_head")

    def pause_writing(self) -> None:
        super().pause_writing()
        self._unread_since = self._loop.time()
        self._house.left_unread(self.place, self._pipe.get_write_buffer_size() if self._pipe else 0)

    def resume_writing(self) -> None:
        super().resume_writing()
        self._unread_since = None
        self._house.taken(self.place)

    async def start(self) -> None:
        """Runs the requests, until the connection ends."""
        try:
            await super().start()
        except _NO_URL as error:
            self._give_up(error)

    # What the route's side tells.

    def pause_reading(self) -> None:
        """More of a body has come than its route has read."""
        super().pause_reading()
        self._was_paused = True

    def resume_reading(self, resume_parser: bool = True) -> None:
        """Asked for at every read of a body, and every time aiohttp has its parser look for what it has left."""
        if self._was_paused or self._buffer_paused:  # else nothing can be left
            super().resume_reading(resume_parser)

    def begin(self, body: StreamReader) -> Exchange:
        """A request is in the hands of its route, which is run by the current task."""
        exchange = self._exchange = Exchange(body, self._limits, self._loop.time())
        self._places.owe(self.place)
        self._break_garbled_body()
        return exchange

    def answering(self) -> None:
        """The answer to the present request begins."""
        if self._exchange is not None:
            self._exchange.answering = True

    async def finish_response(
        self, request: web.BaseRequest, resp: web.StreamResponse, start_time: float | None
    ) -> tuple[web.StreamResponse, bool]:
        """Sends the answer; then the next request may come.

        None comes after one that asked for an upgrade, which we never make: the parser takes some for made, and drops
        what came with them.
        """
        if hdrs.UPGRADE in request.headers:
            resp.force_close()
        try:
            resp, gone = await super().finish_response(request, resp, start_time)
            if self.writing_paused and not gone:
                await request.writer.drain()  # an answer that doesn't wait by itself is no way to fill our memory
        except ConnectionError:
            return resp, True
        else:
            return resp, gone
        finally:
            if isinstance(resp, web.Response):
                resp.body = None  # the task of the connection remembers its last answer for as long as it is kept open
            self._answered()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """The answer to what never reached a route; it ends the connection."""
        if request.writer.output_size > 0:
            raise ConnectionError("the answer has begun; no error can be told any more") from exc
        if not isinstance(exc, ConnectionError):
            # Never the text: what could not be parsed may hold anything.
            _log.info("request unreadable", error=type(exc).__name__, status=status)
        if isinstance(exc, LineTooLong):
            problem = Problem(HEAD_TOO_LARGE, close=True)
        else:
            problem = Problem(INTERNAL if status >= 500 else BAD_REQUEST, close=True, number="-")
        return problem_response(request, problem, self._house.front)

    def log_exception(self, *args: Any, **kwargs: Any) -> None:
        """Called when a connection breaks while a refused body is drained: a client's doing, not an error of ours."""
        _log.debug("connection broken", error=type(kwargs.get("exc_info")).__name__)

    # Its time, and its end.

    def look(self, now: float) -> None:
        """Ends what has waited too long; called a few times a second."""
        if self._unread_since is not None:
            self._places.slow(self.place)
            if now - self._unread_since > self._limits.unread_seconds:
                self.end("unread")
        elif self._exchange is not None:
            if self._exchange.look(now, held_up=self._reading_paused):
                self._places.slow(self.place)
        elif self._head_size:
            if now - self._waiting_since > self._limits.head_seconds:
                self._end_with(_HEAD_TOO_SLOW, "slow_head")
        elif now - self._waiting_since > self._patience():
            self.end("idle")

    def end(self, reason: str) -> None:
        """Cut it off; what the client has not read by now is lost."""
        if self.leave():
            self._house.ended(reason)
        if self._pipe is not None:
            self._pipe.abort()

    def leave(self) -> bool:
        """Its place is free; False where it was before."""
        self._left = True
        self._house.taken(self.place)
        return self._places.leave(self.place)

    def cut_short(self, reason: str) -> None:
        """Its request is refused since the client kept us waiting."""
        self._house.ended(reason)

    def _patience(self) -> float:
        """Seconds to wait for the first byte of a head, of the first one or of another; or for the end."""
        if self._pipe is not None and self._pipe.is_closing():
            return self._limits.unread_seconds
        return self._limits.idle_seconds if self._request_count else self._limits.head_seconds

    def _grow_head(self, size: int) -> None:
        """Part of a head has come."""
        if not self._head_size and self._request_count:
            self._waiting_since = self._loop.time()
        self._head_size += size
        if self._head_size > self._limits.head:
            self._end_with(_HEAD_TOO_LARGE, "large_head")

    def _give_up(self, error: Exception) -> None:
        """Nothing can be made of what came."""
        _log.info("request unreadable", error=type(error).__name__, status=BAD_REQUEST.status)
        if self._exchange is None and not self._messages:
            self._end_with(_UNREADABLE, "unreadable")
        else:
            self.end("unreadable")

    def _end_with(self, answer: bytes, reason: str) -> None:
        """Tell a client that has sent no whole request why, and hang up."""
        if self._pipe is None or self._pipe.is_closing():
            self.end(reason)
            return
        self._house.ended(reason)
        self._pipe.write(answer)
        self._head_size = 0
        self._waiting_since = self._loop.time()
        self.force_close()

    def _break_garbled_body(self) -> None:
        """What follows a body that isn't whole is no request: it is the parser's word that the body is broken."""
        if self._messages and self._exchange is not None and self._exchange.body_is_missing:
            self._exchange.break_body(web.RequestPayloadError("the content breaks the rules of HTTP"))

    def _answered(self) -> None:
        self._places.answered(self.place)
        if self._exchange is not None:
            self._waiting_for_head = not self._exchange.body_is_missing and not self._messages
            self._exchange = None
        self._head_size = 0
        self._waiting_since = self._loop.time()
