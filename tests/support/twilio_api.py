"""Twilio's REST API on this machine, as its documentation has it: calls, messages, recordings and media of one account,
lists in pages, and faults: busy, failing after it has taken an order, slow."""

import asyncio
import re
from base64 import b64encode
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from itertools import count
from typing import Any
from urllib.parse import urlencode

from aiohttp import web

from gateway.core.clock import Clock, Instant
from gateway.demo.caller.outbound import Order
from tests.support.served import served

ACCOUNT_SID = "AC" + "0a" * 16
AUTH_TOKEN = "token-0123456789abcdef"
_ROOT = f"/2010-04-01/Accounts/{ACCOUNT_SID}"
_BASIC = "Basic " + b64encode(f"{ACCOUNT_SID}:{AUTH_TOKEN}".encode()).decode()
_FILTERS = {"StartTime>": "start_time", "DateSent>": "date_sent", "DateCreated>": "date_created"}
_EQUAL = {"To": "to", "From": "from", "ParentCallSid": "parent_call_sid", "CallSid": "call_sid"}
_NUMBERED = count(1)


@dataclass
class Served:
    """A file, or where it is said to be."""

    content: bytes = b""
    media_type: str = "audio/mpeg"
    location: str | None = None
    status: int = 200


@dataclass
class FakeTwilio:
    """The account as Twilio has it, what was asked, and what it does wrong."""

    clock: Clock
    url: str = ""
    calls: list[dict[str, Any]] = field(default_factory=list)
    messages: list[dict[str, Any]] = field(default_factory=list)
    recordings: list[dict[str, Any]] = field(default_factory=list)
    media: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    """Of messages, by their SIDs."""
    files: dict[str, Served] = field(default_factory=dict)
    """By path."""
    orders: list[Order] = field(default_factory=list)
    """Calls that were ordered and that nobody has played yet."""
    requests: list[web.Request] = field(default_factory=list)
    retry_after: float | None = None
    """Busy: it answers 429 with it, and does nothing."""
    fails_before_commit: bool = False
    """It answers orders with 500, and has done nothing."""
    fails_after_commit: bool = False
    drops_after_commit: bool = False
    refuses_with: int | None = None
    """Twilio's error code, with status 400."""
    takes_only: int | None = None
    """So many orders; then it is busy."""
    slow: float = 0.0
    next_page: str | None = None
    """Said in place of the true `next_page_uri`."""

    def call(self, at: Instant, **members: Any) -> dict[str, Any]:
        """One that has been: inbound and completed, unless told otherwise."""
        made = {
            "sid": sid("CA"),
            "parent_call_sid": None,
            "from": "+34600111222",
            "to": "+34910000000",
            "direction": "inbound",
            "status": "completed",
            "start_time": _written(at),
            "date_created": _written(at),
            "duration": "12",
        } | members
        self.calls.insert(0, made)
        return made

    def message(self, at: Instant, **members: Any) -> dict[str, Any]:
        made = {
            "sid": sid("SM"),
            "from": "+34600111222",
            "to": "+34910000000",
            "body": "Hola",
            "direction": "inbound",
            "status": "received",
            "date_created": _written(at),
            "date_sent": _written(at),
            "num_media": "0",
        } | members
        self.messages.insert(0, made)
        return made

    def with_file(self, message_sid: str, served: Served) -> str:
        """One more file of that message; its path."""
        made = {
            "sid": sid("ME"),
            "parent_sid": message_sid,
            "content_type": served.media_type,
            "date_created": _written(self.clock.now()),
        }
        self.media.setdefault(message_sid, []).append(made)
        path = f"{_ROOT}/Messages/{message_sid}/Media/{made['sid']}"
        self.files[path] = served
        return path

    def recording(self, at: Instant, **members: Any) -> dict[str, Any]:
        made = {
            "sid": sid("RE"),
            "call_sid": sid("CA"),
            "status": "completed",
            "start_time": _written(at),
            "date_created": _written(at),
            "duration": "7",
            "source": "RecordVerb",
        } | members
        self.recordings.insert(0, made)
        return made

    # The routes

    def app(self) -> web.Application:
        app = web.Application(middlewares=[self._door])
        app.router.add_post(_ROOT + "/Calls.json", self._create_call)
        app.router.add_post(_ROOT + "/Calls/{sid}.json", self._update_call)
        app.router.add_post(_ROOT + "/Messages.json", self._create_message)
        app.router.add_delete(_ROOT + "/Recordings/{sid}.json", self._delete_recording)
        app.router.add_get(_ROOT + "/Calls/{sid:CA[0-9a-f]+}.json", self._one_call)
        app.router.add_get(_ROOT + "/{list:Calls|Messages|Recordings}.json", self._list)
        app.router.add_get(_ROOT + "/Messages/{sid}/Media.json", self._list_media)
        app.router.add_get(_ROOT + ".json", self._account)
        app.router.add_get("/{path:.*}", self._file)
        return app

    @web.middleware
    async def _door(self, request: web.Request, handler: Any) -> web.StreamResponse:
        self.requests.append(request)
        if request.path.startswith(_ROOT) and request.headers.get("Authorization") != _BASIC:
            return _error(401, 20003, "Authenticate")
        if self.retry_after is not None:
            return _error(429, 20429, "Too Many Requests", {"Retry-After": f"{self.retry_after:g}"})
        if request.method == "POST" and self.takes_only is not None:
            if self.takes_only == 0:
                return _error(429, 20429, "Too Many Requests")
            self.takes_only -= 1
        if self.refuses_with is not None and request.method == "POST":
            return _error(400, self.refuses_with, "The 'To' number +34600111222 is not a valid phone number.")
        if self.fails_before_commit and request.method == "POST":
            return _error(500, 20500, "An internal server error has occurred")
        await asyncio.sleep(self.slow)
        response: web.StreamResponse = await handler(request)
        if request.method == "POST" and self.drops_after_commit and request.transport is not None:
            request.transport.abort()
        if request.method == "POST" and self.fails_after_commit:
            return _error(500, 20500, "An internal server error has occurred")
        return response

    async def _create_call(self, request: web.Request) -> web.Response:
        form = await request.post()
        fields = {"from": form["From"], "to": form["To"], "direction": "outbound-api", "status": "queued"}
        made = self.call(self.clock.now(), **fields, start_time=None, duration=None)
        self.orders.append(Order.of(made["sid"], {name: str(value) for name, value in form.items()}))
        return web.json_response(made, status=201)

    async def _update_call(self, request: web.Request) -> web.Response:
        form = await request.post()
        for call in self.calls:
            if call["sid"] == request.match_info["sid"]:
                call.update({"status": form.get("Status", call["status"]), "url": form.get("Url")})
                return web.json_response(call)
        return _error(404, 20404, "The requested resource was not found")

    async def _account(self, _: web.Request) -> web.Response:
        return web.json_response({"sid": ACCOUNT_SID, "status": "active"})

    async def _one_call(self, request: web.Request) -> web.Response:
        for call in self.calls:
            if call["sid"] == request.match_info["sid"]:
                return web.json_response(call)
        return _error(404, 20404, "The requested resource was not found")

    async def _create_message(self, request: web.Request) -> web.Response:
        form = await request.post()
        fields = {"from": form["From"], "to": form["To"], "body": form["Body"], "direction": "outbound-api"}
        fields["callback"] = form.get("StatusCallback", "")
        made = self.message(self.clock.now(), **fields, status="queued", date_sent=None)
        return web.json_response(made, status=201)

    async def _delete_recording(self, request: web.Request) -> web.Response:
        left = [each for each in self.recordings if each["sid"] != request.match_info["sid"]]
        if len(left) == len(self.recordings):
            return _error(404, 20404, "The requested resource was not found")
        self.recordings = left
        return web.Response(status=204)

    async def _list_media(self, request: web.Request) -> web.Response:
        listed = self.media.get(request.match_info["sid"], [])
        return web.json_response({"media_list": listed, "page": 0, "next_page_uri": None})

    async def _list(self, request: web.Request) -> web.Response:
        name = request.match_info["list"].lower()
        items = [each for each in getattr(self, name) if _fits(each, request.query)]
        size, page = int(request.query.get("PageSize", "50")), int(request.query.get("Page", "0"))
        following: str | None = None
        if len(items) > (page + 1) * size:
            query = {**request.query, "Page": str(page + 1), "PageToken": f"PA{page + 1}"}
            following = f"{request.path}?{urlencode(query)}"
        told = {
            name: items[page * size : (page + 1) * size],
            "page": page,
            "page_size": size,
            "uri": request.path_qs,
            "first_page_uri": request.path_qs,
            "previous_page_uri": None,
            "next_page_uri": self.next_page if following and self.next_page else following,
        }
        return web.json_response(told)

    async def _file(self, request: web.Request) -> web.Response:
        served = self.files.get(request.path)
        if served is None:
            return _error(404, 20404, "The requested resource was not found")
        if served.location is not None:
            return web.Response(status=307, headers={"Location": served.location})
        return web.Response(status=served.status, body=served.content, content_type=served.media_type)


@asynccontextmanager
async def fake_twilio(clock: Clock) -> AsyncIterator[FakeTwilio]:
    """Served on a random port."""
    twilio = FakeTwilio(clock)
    async with served(twilio.app()) as url:
        twilio.url = url
        yield twilio


def sid(kind: str) -> str:
    """A new one, such as CA…"""
    return f"{kind}{next(_NUMBERED):032x}"


def _fits(item: Mapping[str, Any], query: Mapping[str, str]) -> bool:
    for name, wanted in query.items():
        if name in _EQUAL and item.get(_EQUAL[name]) != wanted:
            return False
        if name in _FILTERS and not _on_or_after(item[_FILTERS[name]], wanted):
            return False
    return True


def _on_or_after(written: str | None, day: str) -> bool:
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", day)
    return written is not None and parsedate_to_datetime(written).strftime("%Y-%m-%d") >= day


def _written(at: Instant) -> str:
    return format_datetime(datetime.fromtimestamp(int(at), UTC))


def _error(status: int, code: int, message: str, headers: Mapping[str, str] | None = None) -> web.Response:
    told = {"code": code, "message": message, "more_info": f"https://www.twilio.com/docs/errors/{code}"}
    return web.json_response({**told, "status": status}, status=status, headers=headers)
