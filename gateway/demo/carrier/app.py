"""The routes of one account (https://www.twilio.com/docs/usage/api), as far as a gateway asks for them, and a page of
our own with what is told of the calls."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from typing import Any

from aiohttp import encode_basic_auth, hdrs, web

from gateway.demo.caller.studio import silence
from gateway.demo.caller.transcript import Told
from gateway.demo.carrier.orders import Orders

TRANSCRIPT = "/transcript"
_SECONDS = 10.0
"""Of every recording."""

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Carrier:
    """Answers whoever has the account's credentials."""

    def __init__(self, account_sid: str, auth_token: str, orders: Orders) -> None:
        self._root = f"/2010-04-01/Accounts/{account_sid}"
        self._credentials = encode_basic_auth(account_sid, auth_token)
        self._orders = orders

    def app(self) -> web.Application:
        app = web.Application(middlewares=[self._door])
        app.cleanup_ctx.append(self._cut_lines)
        app.add_routes(
            [
                web.get(self._root + ".json", _account),
                web.post(self._root + "/Calls.json", self._take),
                web.get(self._root + "/Calls.json", self._list_calls),
                web.get(self._root + "/Calls/{sid:CA[0-9a-f]+}.json", self._call),
                web.get(self._root + "/{list:Messages|Recordings}.json", _empty),
                web.get(self._root + "/Recordings/{sid:RE[0-9a-f]+}.mp3", _recording),
                web.delete(self._root + "/Recordings/{sid:RE[0-9a-f]+}.json", _deleted),
                web.get(TRANSCRIPT, self._transcript),
            ]
        )
        return app

    @web.middleware
    async def _door(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.headers.get(hdrs.AUTHORIZATION) != self._credentials:
            raise web.HTTPUnauthorized
        return await handler(request)

    async def _cut_lines(self, _app: web.Application) -> AsyncIterator[None]:
        yield
        await self._orders.close()

    async def _take(self, request: web.Request) -> web.Response:
        form = {name: str(value) for name, value in (await request.post()).items()}
        try:
            return web.json_response(self._orders.take(form), status=201)
        except (KeyError, ValueError) as error:
            raise web.HTTPBadRequest from error

    async def _list_calls(self, request: web.Request) -> web.Response:
        return _page("calls", self._orders.calls(request.query), request)

    async def _call(self, request: web.Request) -> web.Response:
        call = self._orders.call(request.match_info["sid"])
        if call is None:
            raise web.HTTPNotFound
        return web.json_response(call)

    async def _transcript(self, request: web.Request) -> web.Response:
        """Every line after the first so many."""
        lines = self._orders.lines[int(request.query.get("after", "0")) :]
        return web.json_response([as_json(line) for line in lines])


def as_json(line: Told) -> dict[str, Any]:
    """A line of a transcript, as `listener.py` takes it."""
    values = {name: str(value) for name, value in line.words.values.items()}
    return {"seconds": line.seconds, "who": line.who.name, "template": line.words.template, "values": values}


async def _account(_request: web.Request) -> web.Response:
    return web.json_response({"status": "active"})


async def _empty(request: web.Request) -> web.Response:
    return _page(request.match_info["list"].lower(), [], request)


def _page(name: str, items: Sequence[Mapping[str, Any]], request: web.Request) -> web.Response:
    """The only one."""
    return web.json_response({name: items, "page": 0, "uri": request.path_qs, "next_page_uri": None})


async def _recording(_request: web.Request) -> web.Response:
    return web.Response(body=silence(_SECONDS), content_type="audio/mpeg")


async def _deleted(_request: web.Request) -> web.Response:
    return web.Response(status=204)
