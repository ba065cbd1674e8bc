"""A listener: an address, the routes mounted there, and its start and stop."""

import asyncio
import errno
from collections.abc import Iterable
from typing import cast

from aiohttp import web

from gateway.core.errors import StartError
from gateway.core.problems import PROBLEMS_PATH
from gateway.core.settings import Listen
from gateway.listener.connection import COMMON_HEADERS, Connection
from gateway.listener.errors import error_middleware, request_language
from gateway.listener.limits import Limits
from gateway.listener.page import PAGE_HEADERS, types_page

_BACKLOG = 512
_LINGER_SECONDS = 1.0
"""How long an unread body is drained, so that the client reads our answer before the connection ends."""


class Listener:
    """Serves `routes` at `address`; `name` is its key in the configuration, `public` or `ops`.

    `languages` are those that errors may be told in, the default first.
    """

    def __init__(
        self,
        name: str,
        address: Listen,
        routes: Iterable[web.AbstractRouteDef],
        *,
        languages: tuple[str, ...] = ("en",),
        limits: Limits | None = None,
    ) -> None:
        self.name = name
        self._address = address
        self._limits = limits or Limits()
        self._languages = languages
        self._app = web.Application(
            client_max_size=self._limits.body, middlewares=[error_middleware(self._limits, languages)]
        )
        self._app.add_routes([*routes, web.get(PROBLEMS_PATH, self._problem_types)])
        self._app.on_response_prepare.append(_add_common_headers)
        self._runner: web.AppRunner | None = None
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Listen. Raises StartError, naming the address and what to do, where that can't be."""
        loop = asyncio.get_running_loop()
        self._runner = web.AppRunner(self._app)
        await self._runner.setup()
        manager = cast(web.Server, self._runner.server)

        def connection() -> Connection:
            return Connection(
                manager,
                loop=loop,
                keepalive_timeout=self._limits.head_seconds,
                max_line_size=self._limits.head_line,
                max_field_size=self._limits.head_line,
                max_headers=self._limits.headers,
                lingering_time=_LINGER_SECONDS,
                auto_decompress=False,
                access_log=None,  # type: ignore[arg-type]  # aiohttp's own default for "none", untyped
            )

        try:
            self._server = await loop.create_server(
                connection, self._address.host, self._address.port, backlog=_BACKLOG
            )
        except OSError as error:
            await self._runner.cleanup()
            raise StartError(self._why_not(error)) from error

    def _why_not(self, error: OSError) -> str:
        key = f"gateway.{self.name}.listen"
        match error.errno:
            case errno.EADDRINUSE:
                return f"{self._address} is taken by another program: stop that, or choose another address in {key}"
            case errno.EACCES:
                return f"{self._address} may not be listened on by this user: choose a port above 1023 in {key}"
            case errno.EADDRNOTAVAIL:
                return f"{self._address} is no address of this machine: correct {key}"
            case _:
                return f"{self._address} can't be listened on ({error.strerror or error}): correct {key}"

    @property
    def url(self) -> str:
        """Where it listens, with the port that the system chose when 0 was asked for."""
        return f"http://{self.address}"

    @property
    def address(self) -> Listen:
        """The address that it has; the configured one before the start."""
        if self._server is None:
            return self._address
        return Listen(host=self._address.host, port=self._server.sockets[0].getsockname()[1])

    async def stop(self, within: float = 5.0) -> None:
        """Take no more requests, let those that run end, and cut off what is left after `within` seconds."""
        if self._server is None or self._runner is None or self._runner.server is None:
            return
        self._server.close()
        self._runner.server.pre_shutdown()
        # aiohttp gives the handlers this time twice: to end, and to obey their cancellation.
        await self._runner.server.shutdown(within / 2)
        await self._runner.cleanup()
        self._server = self._runner = None

    async def _problem_types(self, request: web.Request) -> web.Response:
        page = types_page(request_language(request, self._languages))
        return web.Response(text=page, content_type="text/html", headers=PAGE_HEADERS)


async def _add_common_headers(request: web.Request, response: web.StreamResponse) -> None:
    response.headers.update(COMMON_HEADERS)
