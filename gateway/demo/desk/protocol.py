"""The desk side of the webhook protocol: tickets created, read, found, written to and withdrawn."""

from collections.abc import Mapping
from typing import Any

import orjson
from aiohttp import web

from gateway.demo.desk.book import Book, InHand
from gateway.demo.desk.desk import Desk
from gateway.demo.desk.files import read_files
from gateway.demo.desk.report import INSTRUCTIONS, instructions
from gateway.demo.desk.ticket import DeskTicket, NewTicket

_MAX_KEY = 255


class Protocol:
    """The handlers of `/tickets` and `/health`."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/health", self.health),
            web.post("/tickets", self.create),
            web.get("/tickets", self.find),
            web.get("/tickets/{provider_reference}", self.read),
            web.post("/tickets/{provider_reference}/messages", self.append),
            web.post("/tickets/{provider_reference}/withdraw", self.withdraw),
            web.get(f"/tickets/{{provider_reference}}/files/{INSTRUCTIONS}", self.instructions),
        ]

    async def health(self, request: web.Request) -> web.Response:
        return _json({"desk": self._desk.name, "state": "ok"})

    async def create(self, request: web.Request) -> web.Response:
        """201 once the ticket is on disk; the same key again gives the same answer."""
        content = await _json_object(request)
        new = NewTicket(
            key=_idempotency_key(request),
            reference=_text(content, "reference"),
            subject=_text(content, "subject"),
            language=_text(content, "language", optional=True),
            content=orjson.dumps(content).decode(),
            files=tuple(read_files(content)),
        )
        self._desk.address = str(request.url.origin())
        ticket = await self._desk.ask(Book.create, new, self._desk.clock.now())
        return _json(_shown(ticket), status=201)

    async def find(self, request: web.Request) -> web.Response:
        key = request.query.get("key")
        if not key:
            raise _problem(web.HTTPBadRequest, "the query needs a key")
        return _answer(await self._desk.ask(Book.by_key, key))

    async def read(self, request: web.Request) -> web.Response:
        provider_reference = request.match_info["provider_reference"]
        return _answer(await self._desk.ask(Book.by_provider_reference, provider_reference))

    async def append(self, request: web.Request) -> web.Response:
        content = await _json_object(request)
        _text(content, "body")
        provider_reference = request.match_info["provider_reference"]
        key, now = _idempotency_key(request), self._desk.clock.now()
        if not await self._desk.ask(
            Book.append, provider_reference, key, orjson.dumps(content).decode(), now, read_files(content)
        ):
            raise _problem(web.HTTPNotFound, "no such ticket")
        return _json({"reference": provider_reference}, status=201)

    async def instructions(self, request: web.Request) -> web.Response:
        """The file of a reply."""
        ticket = await self._desk.ask(Book.by_provider_reference, request.match_info["provider_reference"])
        if ticket is None:
            raise _problem(web.HTTPNotFound, "no such ticket")
        return web.Response(text=instructions(ticket.language))

    async def withdraw(self, request: web.Request) -> web.Response:
        content = await _json_object(request)
        provider_reference = request.match_info["provider_reference"]
        reason, now = str(content.get("reason", "")), self._desk.clock.now()
        try:
            found = await self._desk.ask(Book.withdraw, provider_reference, reason, now)
        except InHand:
            raise _problem(web.HTTPConflict, "somebody works on this ticket") from None
        if not found:
            raise _problem(web.HTTPNotFound, "no such ticket")
        return _json({"reference": provider_reference, "state": "withdrawn"})


def _shown(ticket: DeskTicket) -> dict[str, str]:
    return {"reference": ticket.provider_reference, "state": ticket.state}


def _answer(ticket: DeskTicket | None) -> web.Response:
    # A withdrawn ticket isn't here any more: the protocol knows open, picked up and resolved.
    if ticket is None or not ticket.held:
        raise _problem(web.HTTPNotFound, "no such ticket")
    return _json(_shown(ticket))


def _json(content: Mapping[str, object], status: int = 200) -> web.Response:
    return web.Response(body=orjson.dumps(content), status=status, content_type="application/json")


def _problem(error: type[web.HTTPException], message: str) -> web.HTTPException:
    return error(text=orjson.dumps({"error": message}).decode(), content_type="application/json")


async def _json_object(request: web.Request) -> dict[str, Any]:
    try:
        content = orjson.loads(await request.read())
    except ValueError:
        raise _problem(web.HTTPBadRequest, "the body isn't JSON") from None
    if not isinstance(content, dict):
        raise _problem(web.HTTPUnprocessableEntity, "the body isn't a JSON object")
    return content


def _text(content: dict[str, Any], name: str, *, optional: bool = False) -> str:
    value = content.get(name)
    if value is None and optional:
        return ""
    if not isinstance(value, str):
        raise _problem(web.HTTPUnprocessableEntity, f"{name}: a text is needed")
    return value


def _idempotency_key(request: web.Request) -> str:
    key = request.headers.get("Idempotency-Key", "")
    if not 0 < len(key) <= _MAX_KEY:
        raise _problem(web.HTTPBadRequest, f"an Idempotency-Key of at most {_MAX_KEY} characters is needed")
    return key
