"""One HTTP connection: aiohttp's, told to answer what can't be parsed in our form, and without a traceback."""

from typing import Any

import structlog
from aiohttp import web

from gateway.core.problems import BAD_REQUEST, INTERNAL, Problem
from gateway.listener.errors import problem_response

_log = structlog.get_logger("relevo.listener")
COMMON_HEADERS = {"Server": "Relevo", "X-Content-Type-Options": "nosniff"}


class Connection(web.RequestHandler):
    """Parses requests and runs them one after another."""

    __slots__ = ()

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
        problem = Problem(INTERNAL if status >= 500 else BAD_REQUEST, close=True, number="-")
        response = problem_response(request, problem, ("en",))
        response.headers.update(COMMON_HEADERS)
        return response

    def log_exception(self, *args: Any, **kwargs: Any) -> None:
        """Called when a connection breaks while a refused body is drained: a client's doing, not an error of ours."""
        _log.debug("connection broken", error=type(kwargs.get("exc_info")).__name__)
