"""A demo desk that, once told to, has a process killed between committing a ticket and answering."""

from collections.abc import Callable
from pathlib import Path
from typing import Self

from aiohttp import web
from aiohttp.typedefs import Handler

from gateway.core.clock import Clock
from gateway.demo.desk.app import DeskOptions, make_app


class FatalDesk:
    """Serves in this process from entering the context to leaving it. `victim` kills."""

    def __init__(self, name: str, secret: str, port: int, data: Path, clock: Clock, victim: Callable[[], None]) -> None:
        self._port = port
        self._victim = victim
        self._left = 0
        app = make_app(DeskOptions(name=name, secret=secret, data=data, port=port), clock)
        app.middlewares.append(self._kill)
        self._runner = web.AppRunner(app, access_log=None, handler_cancellation=False, shutdown_timeout=0.5)

    def strike_at(self, ticket: int) -> None:
        """Kill after the `ticket`-th ticket from now is on disk, before it is answered."""
        self._left = ticket

    async def __aenter__(self) -> Self:
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self._port).start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()

    @web.middleware
    async def _kill(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        response = await handler(request)
        if request.method == "POST" and request.path == "/tickets" and self._left:
            self._left -= 1
            if self._left == 0:
                self._victim()
        return response
