"""The middleware that turns whatever goes wrong in a route into one problem, in the client's language."""

import asyncio
from pathlib import Path

import orjson
import structlog
from aiohttp import StreamReader, web
from aiohttp.typedefs import Handler, Middleware

from gateway.core.errors import Fault, RelevoError
from gateway.core.ids import new_id
from gateway.core.problems import (
    BAD_REQUEST,
    INTERNAL,
    INVALID,
    MEDIA_TYPE,
    METHOD_NOT_ALLOWED,
    NOT_FOUND,
    OVERDUE,
    TOO_LARGE,
    TOO_SLOW,
    UNAVAILABLE,
    UNSUPPORTED_ENCODING,
    Problem,
)
from gateway.core.texts import Language, Texts, choose_language
from gateway.listener.limits import Limits
from gateway.listener.page import PAGE_HEADERS, problem_page

TEXTS = Texts(Path(__file__).parent / "texts")
RETRY_AFTER = {"Retry-After": "5"}

_log = structlog.get_logger("relevo.listener")


class BodyTimeout(TimeoutError):
    """The body did not arrive in time."""


def error_middleware(limits: Limits, languages: tuple[str, ...]) -> Middleware:
    """Bounds one request in time, and answers every exception that its route raises; none gets past it."""

    @web.middleware
    async def answer_errors(request: web.Request, handler: Handler) -> web.StreamResponse:
        expiry = _expire_body_after(limits.body_seconds, request.content)
        try:
            _refuse_compressed(request)
            async with asyncio.timeout(limits.answer_seconds):
                return await handler(request)
        except web.HTTPRedirection:
            raise
        except ConnectionError:
            raise
        except Exception as error:
            return problem_response(request, _problem(error, request, limits), languages)
        finally:
            if expiry is not None:
                expiry.cancel()

    return answer_errors


def _expire_body_after(seconds: float, body: StreamReader) -> asyncio.TimerHandle | None:
    if body.is_eof():
        return None
    return asyncio.get_running_loop().call_later(seconds, _expire, body)


def _expire(body: StreamReader) -> None:
    if not body.is_eof():
        body.set_exception(BodyTimeout())


def _refuse_compressed(request: web.Request) -> None:
    # A small body can't grow into a big one when nothing is ever unpacked.
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise Problem(UNSUPPORTED_ENCODING, headers={"Accept-Encoding": "identity"})


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
        case BodyTimeout():
            return Problem(TOO_SLOW, seconds=f"{limits.body_seconds:g}", close=True)
        case TimeoutError():
            _log.error("no answer in time", method=request.method, seconds=limits.answer_seconds)
            return Problem(OVERDUE, headers=RETRY_AFTER)
        case _:
            return _unexpected(error, request)


def _unexpected(error: Exception, request: web.Request) -> Problem:
    number = new_id()
    # The route's pattern, not its path: a path may hold a requester's token.
    resource = request.match_info.route.resource
    _log.error("request failed", error_id=number, method=request.method, route=resource and resource.canonical,
               exc_info=error)  # fmt: skip
    return Problem(INTERNAL, instance=f"urn:uuid:{number}", number=number)


def problem_response(request: web.BaseRequest, problem: Problem, languages: tuple[str, ...]) -> web.Response:
    """The problem as JSON, or as a page where the client asks for HTML (browsers do)."""
    language = request_language(request, languages)
    told = problem.told(language)
    headers = {"Cache-Control": "no-store", "Content-Language": language.code} | problem.headers
    if "text/html" in request.headers.get("Accept", ""):
        page = problem_page(told, language)
        response = web.Response(
            text=page, status=problem.type.status, content_type="text/html", headers=PAGE_HEADERS | headers
        )
    else:
        response = web.Response(
            body=orjson.dumps(told), status=problem.type.status, content_type=MEDIA_TYPE, headers=headers
        )
    if problem.close:
        response.force_close()
    return response


def request_language(request: web.BaseRequest, languages: tuple[str, ...]) -> Language:
    """The language to answer in: `?lang=` before Accept-Language."""
    wanted = request.rel_url.query.get("lang")
    if wanted in languages:
        return TEXTS.get(wanted)
    return TEXTS.get(choose_language(languages, request.headers.get("Accept-Language", "")))
