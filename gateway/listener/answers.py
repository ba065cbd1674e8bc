"""How a problem is answered: as JSON, as a page to a browser, or as bytes to a connection that no request came from."""

import orjson
from aiohttp import web

from gateway.core.problems import MEDIA_TYPE, Problem
from gateway.core.ready_answer import ALWAYS, UNLESS_GIVEN
from gateway.core.texts import SOURCE, Language
from gateway.listener.page import Front

_ENGLISH = Language(SOURCE, {})


def add_common_headers(response: web.StreamResponse) -> None:
    """What every answer says; policies stricter than any page needs where the route gave none."""
    headers = response.headers
    headers.update(ALWAYS)
    for name, value in UNLESS_GIVEN.items():
        headers.setdefault(name, value)


def problem_response(request: web.BaseRequest, problem: Problem, front: Front) -> web.Response:
    """The problem as JSON, or as a page where the client asks for HTML (browsers do)."""
    language = request_language(request, front)
    told = problem.told(language)
    headers = {"Cache-Control": "no-store", "Content-Language": language.code} | problem.headers
    if "text/html" in request.headers.get("Accept", ""):
        page = front.problem(told, language)
        response = web.Response(
            text=page, status=problem.type.status, content_type="text/html", headers=front.page_headers | headers
        )
    else:
        response = web.Response(
            body=orjson.dumps(told), status=problem.type.status, content_type=MEDIA_TYPE, headers=headers
        )
    add_common_headers(response)
    if problem.close:
        response.force_close()
    return response


def problem_bytes(problem: Problem) -> bytes:
    """A whole answer that ends the connection, for a client of which no request is known."""
    body = orjson.dumps(problem.told(_ENGLISH))
    head = {
        "Content-Type": MEDIA_TYPE,
        "Content-Length": str(len(body)),
        "Cache-Control": "no-store",
        "Connection": "close",
    }
    lines = [f"{name}: {value}" for name, value in (head | ALWAYS | UNLESS_GIVEN | problem.headers).items()]
    return "\r\n".join([f"HTTP/1.1 {problem.type.status} {problem.type.title}", *lines, "", ""]).encode() + body


def request_language(request: web.BaseRequest, front: Front) -> Language:
    """The language to answer in: `?lang=` before Accept-Language."""
    return front.language(request.rel_url.query.get("lang"), request.headers.get("Accept-Language", ""))
