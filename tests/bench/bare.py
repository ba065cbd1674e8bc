"""What is measured against: bare aiohttp handlers that read, check and answer, and keep nothing.

One has the web channel's own model, orjson both ways, and an answer of the same shape and length. One has Twilio's own
validator, and answers with TwiML of the same length. Neither has an access log.
"""

import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager

import click
import orjson
from aiohttp import web
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]

from channels.web.api import API_PATH
from channels.web.settings import WebSettings
from channels.web.submission import submission_model
from gateway.core.clock import iso
from tests.bench.serving import serve
from tests.bench.voice import ACCOUNT_SID, ANSWERED_CALL, AUTH_TOKEN, BASE_PATH

_MODEL = submission_model(WebSettings())
_REFERENCE = "4829157360"
_TOKEN = "t" * 43
_BEGIN = "<?xml version='1.0' encoding='utf-8'?><Response"
_NOTHING = _BEGIN + " />"
_TWIML = {
    f"{BASE_PATH}/{page}": _BEGIN + ">" + "<Say>Gracias por llamar.</Say>" * verbs + "</Response>"
    for page, verbs in {"voice": 24, "whisper": 16, "dial": 4}.items()
}
"""Of about the length that a gateway's answer has there."""


def tickets(url: str) -> list[web.RouteDef]:
    """`url` is where the server listens."""

    async def create(request: web.Request) -> web.Response:
        _MODEL.model_validate(orjson.loads(await request.read()))
        answer = {"reference": _REFERENCE, "status_url": f"{url}/t/{_TOKEN}", "received_at": iso(time.time())}
        return web.Response(status=201, body=orjson.dumps(answer), content_type="application/json")

    return [web.post(API_PATH, create)]


def calls(url: str) -> list[web.RouteDef]:
    """The webhooks of calls."""
    validator = RequestValidator(AUTH_TOKEN)

    async def answer(request: web.Request) -> web.Response:
        form = await request.post()
        signature = request.headers.get("X-Twilio-Signature", "")
        if not validator.validate(url + request.raw_path, form, signature) or form.get("AccountSid") != ACCOUNT_SID:
            return web.Response(status=403)
        return web.Response(text=_TWIML.get(request.path, _NOTHING), content_type="text/xml")

    return [web.post(path, answer) for path in sorted({f"{BASE_PATH}/{each.page}" for each in ANSWERED_CALL})]


ROUTES: Mapping[str, Callable[[str], list[web.RouteDef]]] = {"tickets": tickets, "calls": calls}


@asynccontextmanager
async def bare(port: int, route: str) -> AsyncIterator[str]:
    """Listens on loopback while the context is open; gives the address."""
    url = f"http://127.0.0.1:{port}"
    app = web.Application()
    app.add_routes(ROUTES[route](url))
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", port).start()
        yield url
    finally:
        await runner.cleanup()


@click.command()
@click.option("--port", type=int, required=True)
@click.option("--route", type=click.Choice(sorted(ROUTES)), default="tickets")
def main(port: int, route: str) -> None:
    """Serve until SIGTERM."""
    serve(bare(port, route))


if __name__ == "__main__":
    main()
