"""The guard around all routes: it turns whatever goes wrong there into one problem, in the client's language."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import cast

import structlog
from aiohttp import web

from gateway.core.errors import Fault, RelevoError
from gateway.core.ids import new_id
from gateway.core.problems import (
    BAD_REQUEST,
    INTERNAL,
    INVALID,
    METHOD_NOT_ALLOWED,
    NOT_FOUND,
    OVERDUE,
    TOO_LARGE,
    TOO_SLOW,
    UNAVAILABLE,
    Problem,
)
from gateway.listener.answers import problem_response
from gateway.listener.connection import Connection
from gateway.listener.exchange import SlowBody
from gateway.listener.heads import require_plain_head
from gateway.listener.limits import Limits
from gateway.listener.page import Front

RETRY_AFTER = {"Retry-After": "5"}

_log = structlog.get_logger("relevo.listener")


Handle = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


def guarded(handle: Handle, limits: Limits, front: Front) -> Handle:
    """Bounds each request in time, and answers every exception that its route raises; none gets past it.

    It stands around the application, where a middleware would stand inside: what fails before a route is found is
    answered too, and it costs less.
    """

    async def answer(plain: web.BaseRequest) -> web.StreamResponse:
        request = cast(web.Request, plain)
        connection = cast(Connection, request.protocol)
        exchange = connection.begin(request.content)
        try:
            require_plain_head(request)
            return await handle(request)
        except web.HTTPRedirection:
            raise
        except ConnectionError:
            raise
        except SlowBody:
            connection.cut_short("slow_body")
            return problem_response(request, Problem(TOO_SLOW, close=True), front)
        except asyncio.CancelledError:
            if not exchange.took_the_blame():
                raise
            _log.error("no answer in time", method=request.method, seconds=limits.answer_seconds)
            return problem_response(request, Problem(OVERDUE, headers=RETRY_AFTER), front)
        except Exception as error:
            return problem_response(request, _problem(error, request, limits), front)
        finally:
            exchange.end()

    return answer


def _problem(error: Exception, request: web.Request, limits: Limits) -> Problem:
    match error:
        case Problem():
            return error
        case RelevoError(fault=Fault.SENDER):
            return Problem(INVALID, error.public)
        case RelevoError(fault=Fault.STORAGE):
            _log.warning("request refused", reason=str(error), status=UNAVAILABLE.status)
            return Problem(UNAVAILABLE, headers=RETRY_AFTER)
        case web.HTTPNotFound():
            return Problem(NOT_FOUND)
        case web.HTTPMethodNotAllowed():
            allowed = ", ".join(sorted(error.allowed_methods))
            return Problem(METHOD_NOT_ALLOWED, headers={"Allow": allowed}, allowed=allowed)
        case web.HTTPRequestEntityTooLarge():
            return Problem(TOO_LARGE, limit=limits.body, close=True)
        case web.RequestPayloadError() | web.HTTPClientError():
            return Problem(BAD_REQUEST, close=True)
        case TimeoutError():
            _log.error("no answer in time", method=request.method)
            return Problem(OVERDUE, headers=RETRY_AFTER)
        case _:
            return _unexpected(error, request)


def _unexpected(error: Exception, request: web.Request) -> Problem:
    number = new_id()
    _log.error("request failed", error_id=number, method=request.method, route=_route(request), exc_info=error)
    return Problem(INTERNAL, instance=f"urn:uuid:{number}", number=number)


def _route(request: web.Request) -> str | None:
    """The route's pattern, not the path, which may hold a requester's token; None before one was found."""
    try:
        resource = request.match_info.route.resource
    except AssertionError:
        return None
    return resource.canonical if resource else None
