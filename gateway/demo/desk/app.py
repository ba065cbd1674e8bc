"""The desk's composition: what it answers, what runs beside, and how it starts and stops."""

import asyncio
import contextlib
import json
import logging
import signal
import sqlite3
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web

from gateway.core.clock import Clock, SystemClock
from gateway.core.event_loop import loop_factory
from gateway.core.signature import Signer
from gateway.demo.desk.agents import work
from gateway.demo.desk.control import Control, refuse_other_names
from gateway.demo.desk.desk import Desk
from gateway.demo.desk.fetcher import fetch_files
from gateway.demo.desk.protocol import Protocol
from gateway.demo.desk.reporter import Reporter
from gateway.demo.desk.signature import signed
from gateway.demo.pages import add_security_headers

_LONGEST_STOP = 0.5
"""Seconds that requests in hand get when the desk stops; a hung one would never end."""
_LARGEST_BODY = 2 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class DeskOptions:
    """How to run a desk; `secret` is shared with the gateway, `port` 0 takes any free one, times are seconds."""

    name: str
    secret: str
    data: Path
    port: int = 0
    host: str = "127.0.0.1"
    title: str | None = None
    events_url: str | None = None
    pick_up_after: float | None = None
    resolve_after: float | None = None


def make_app(options: DeskOptions, clock: Clock) -> web.Application:
    """The desk as an application; its background work starts and stops with it. Raises ValueError for a bad secret."""
    signer = Signer(options.secret, clock)
    desk = Desk(options.name, options.title or options.name.title(), options.data, clock)
    middlewares = [refuse_other_names, desk.faults.middleware, signed(signer)]
    app = web.Application(middlewares=middlewares, client_max_size=_LARGEST_BODY)
    app.on_response_prepare.append(add_security_headers)
    app.add_routes(Protocol(desk).routes())
    app.add_routes(Control(desk).routes())

    async def background(app: web.Application) -> AsyncIterator[None]:
        tasks = [asyncio.create_task(fetch_files(desk), name=f"{desk.name}: files")]
        if options.events_url is not None:
            reporter = Reporter(desk, signer, options.events_url)
            tasks.append(asyncio.create_task(reporter.run(), name=f"{desk.name}: reports"))
        if options.pick_up_after is not None or options.resolve_after is not None:
            agents = work(desk, options.pick_up_after, options.resolve_after)
            tasks.append(asyncio.create_task(agents, name=f"{desk.name}: agents"))
        for task in tasks:
            task.add_done_callback(_tell_unexpected_end)
        yield
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        desk.close()

    app.cleanup_ctx.append(background)
    return app


def _tell_unexpected_end(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        logging.getLogger("desk").error("%s ended", task.get_name(), exc_info=error)


def make_runner(options: DeskOptions, clock: Clock) -> web.AppRunner:
    """The application ready to be set up. What came in is finished whether or not its sender still listens."""
    app = make_app(options, clock)
    return web.AppRunner(app, access_log=None, handler_cancellation=False, shutdown_timeout=_LONGEST_STOP)


async def serve(options: DeskOptions) -> None:
    """Listen until SIGTERM or SIGINT, telling on standard output, in one line of JSON, when ready and where."""
    runner = make_runner(options, SystemClock())
    await runner.setup()
    try:
        await web.TCPSite(runner, options.host, options.port).start()
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        host, port = runner.addresses[0][:2]
        ready = {"ready": options.name, "url": f"http://{f'[{host}]' if ':' in host else host}:{port}"}
        sys.stdout.write(json.dumps(ready) + "\n")
        sys.stdout.flush()
        await stop.wait()
    finally:
        await runner.cleanup()


def run(options: DeskOptions) -> int:
    """Run a desk until it is told to stop; the process's exit code. Errors go to standard error."""
    try:
        with contextlib.suppress(KeyboardInterrupt), asyncio.Runner(loop_factory=loop_factory()) as runner:
            runner.run(serve(options))
    except (OSError, ValueError, sqlite3.Error) as error:
        sys.stderr.write(f"desk {options.name}: {error}\n")
        return 1
    return 0
