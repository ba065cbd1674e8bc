"""The postbox's composition: its SMTP side and its pages, and how they start and stop."""

import asyncio
import contextlib
import json
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from aiohttp import web

from gateway.core.clock import Clock, SystemClock
from gateway.core.event_loop import loop_factory
from gateway.core.settings import Listen
from gateway.demo.pages import add_security_headers
from gateway.demo.postbox.mails import Mails
from gateway.demo.postbox.page import Surroundings
from gateway.demo.postbox.sink import listen
from gateway.demo.postbox.site import Site, only_this_machine

_LONGEST_STOP = 0.5
"""Seconds that requests in hand get when the postbox stops."""
_LARGEST_BODY = 30 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class PostboxOptions:
    """How to run it: ports of the pages and of SMTP (0 takes any free one), and where Relevo takes mail."""

    port: int
    smtp_port: int
    relevo: Listen
    surroundings: Surroundings
    host: str = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Postbox:
    """One that is up."""

    url: str
    smtp_port: int
    mails: Mails


@asynccontextmanager
async def running(options: PostboxOptions, clock: Clock) -> AsyncIterator[Postbox]:
    """Raises OSError where it can't listen."""
    mails = Mails()
    app = web.Application(middlewares=[only_this_machine], client_max_size=_LARGEST_BODY)
    app.on_response_prepare.append(add_security_headers)
    app.add_routes(Site(mails, options.relevo, options.surroundings, clock).routes())
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=_LONGEST_STOP)
    await runner.setup()
    server = None
    try:
        await web.TCPSite(runner, options.host, options.port).start()
        server = await listen(mails, clock, options.host, options.smtp_port)
        smtp_port = server.sockets[0].getsockname()[1]
        yield Postbox(f"http://{options.host}:{runner.addresses[0][1]}", smtp_port, mails)
    finally:
        if server is not None:
            server.close()
        await runner.cleanup()


async def serve(options: PostboxOptions) -> None:
    """Until SIGTERM or SIGINT, telling on standard output, in one line of JSON, when ready and where."""
    async with running(options, SystemClock()) as postbox:
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        ready = {"ready": "postbox", "url": postbox.url, "smtp": postbox.smtp_port}
        sys.stdout.write(json.dumps(ready) + "\n")
        sys.stdout.flush()
        await stop.wait()


def run(options: PostboxOptions) -> int:
    """Run it until it is told to stop; the process's exit code. Errors go to standard error."""
    try:
        with contextlib.suppress(KeyboardInterrupt), asyncio.Runner(loop_factory=loop_factory()) as runner:
            runner.run(serve(options))
    except OSError as error:
        sys.stderr.write(f"postbox: {error}\n")
        return 1
    return 0
