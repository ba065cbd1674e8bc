"""What a demo desk shows beside the protocol: its page, its fault switch, and its tickets for whoever accounts."""

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import parse_qsl

import orjson
from aiohttp import web
from aiohttp.typedefs import Handler

from gateway.core.texts import choose_language
from gateway.demo.desk.book import Book
from gateway.demo.desk.desk import Desk
from gateway.demo.desk.faults import FAULTS, is_protocol
from gateway.demo.desk.language import TEXTS
from gateway.demo.pages import STATIC, from_here, language_of, names_this_machine

_STATIC = Path(__file__).parent / "static"
_SHOWN = 100


@web.middleware
async def refuse_other_names(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Only the protocol, which is signed, may be asked for by any name."""
    if is_protocol(request) or names_this_machine(request.host):
        return await handler(request)
    return web.json_response({"error": "ask for this desk by its address"}, status=403)


class Control:
    """The handlers of `/`, `/faults`, `/answers` and `/api/tickets`."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def routes(self) -> list[web.AbstractRouteDef]:
        return [
            web.get("/", self.page),
            web.get("/faults", self.fault),
            web.post("/faults", self.turn),
            web.get("/api/tickets", self.tickets),
            web.post("/answers", self.answer),
            STATIC,
            web.static("/static", _STATIC),
        ]

    async def page(self, request: web.Request) -> web.Response:
        from gateway.demo.desk.page import render  # only here: templates would take a tenth of every start

        language = language_of(request, TEXTS)
        tickets = await self._desk.ask(Book.tickets, _SHOWN)
        files = await self._desk.ask(Book.files_of, tickets)
        counts = await self._desk.ask(Book.counts)
        html = render(self._desk.name, self._desk.title, self._desk.faults.name, tickets, counts, language, files)
        return web.Response(text=html, content_type="text/html")

    async def fault(self, request: web.Request) -> web.Response:
        """`{"fault": NAME, "seconds": N}`, and which faults there are."""
        faults = self._desk.faults
        return web.json_response({"fault": faults.name, "seconds": faults.seconds, "faults": list(FAULTS)})

    async def turn(self, request: web.Request) -> web.StreamResponse:
        """Turn a fault on: JSON `{"fault": NAME, "seconds"?: N}`, or the page's form."""
        if not from_here(request):
            return web.json_response({"error": "faults are switched from this machine only"}, status=403)
        is_form = request.content_type == "application/x-www-form-urlencoded"
        content = await request.read()
        try:
            # UTF-8 and nothing else, and JSON only so deep: whatever a sender claims, a bad wish is a bad wish.
            wish: Mapping[str, object] = dict(parse_qsl(content.decode())) if is_form else orjson.loads(content)
            name, seconds = _wish(wish)
        except (ValueError, TypeError, AttributeError):
            allowed = ", ".join(FAULTS)
            message = f"fault must be one of {allowed}; seconds a number between 0 and 3600"
            return web.json_response({"error": message}, status=422)
        self._desk.faults.turn(name, seconds)
        if is_form:
            raise web.HTTPSeeOther(f"/?lang={_language(str(wish.get('lang', '')))}")
        return await self.fault(request)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Answer and close the ticket of the page's form, unless that has happened."""
        if not from_here(request):
            return web.json_response({"error": "tickets are answered from this machine only"}, status=403)
        form = await request.post()
        if not await self._desk.ask(Book.answer, str(form.get("ticket", "")), self._desk.clock.now()):
            return web.json_response({"error": "no such ticket"}, status=404)
        raise web.HTTPSeeOther(f"/?lang={_language(str(form.get('lang', '')))}")

    async def tickets(self, request: web.Request) -> web.Response:
        """Every ticket that the desk has ever taken, newest first, withdrawn ones included."""
        return web.json_response([ticket.as_json() for ticket in await self._desk.ask(Book.tickets)])


def _language(accepted: str) -> str:
    return choose_language(TEXTS.languages, accepted)


def _wish(wish: Mapping[str, object]) -> tuple[str, float | None]:
    name, seconds = wish.get("fault"), wish.get("seconds")
    if not isinstance(name, str) or name not in FAULTS:
        raise ValueError(name)
    if seconds is None:
        return name, None
    if not isinstance(seconds, int | float) or not 0 <= seconds <= 3600:
        raise ValueError(seconds)
    return name, float(seconds)
