"""What intake is measured against: a bare aiohttp handler that reads, validates and answers, and keeps nothing.

It has the web channel's own model, orjson both ways, no access log, and an answer of the same shape and length.
"""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import click
import orjson
from aiohttp import web

from channels.web.api import API_PATH
from channels.web.settings import WebSettings
from channels.web.submission import submission_model
from gateway.core.clock import iso
from tests.bench.serving import serve

_MODEL = submission_model(WebSettings())
_REFERENCE = "4829157360"
_TOKEN = "t" * 43


def handler(url: str) -> web.RouteDef:
    """The one route; `url` is where the server listens."""

    async def create(request: web.Request) -> web.Response:
        _MODEL.model_validate(orjson.loads(await request.read()))
        answer = {"reference": _REFERENCE, "status_url": f"{url}/t/{_TOKEN}", "received_at": iso(time.time())}
        return web.Response(status=201, body=orjson.dumps(answer), content_type="application/json")

    return web.post(API_PATH, create)


@asynccontextmanager
async def bare(port: int) -> AsyncIterator[str]:
    """Listens on loopback while the context is open; gives the address."""
    url = f"http://127.0.0.1:{port}"
    app = web.Application()
    app.add_routes([handler(url)])
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", port).start()
        yield url
    finally:
        await runner.cleanup()


@click.command()
@click.option("--port", type=int, required=True)
def main(port: int) -> None:
    """Serve until SIGTERM."""
    serve(bare(port))


if __name__ == "__main__":
    main()
