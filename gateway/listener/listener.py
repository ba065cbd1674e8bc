"""A listener: an address, the routes mounted there, and its start and stop."""

import asyncio
import errno
from collections.abc import Iterable
from typing import cast

from aiohttp import web

from gateway.core.addresses import TRUSTED_PROXIES, IPNetwork, TrustedProxies
from gateway.core.errors import StartError
from gateway.core.ports import ConnectionMeasurements
from gateway.core.problems import PROBLEMS_PATH
from gateway.core.settings import Listen
from gateway.listener.answers import add_common_headers, request_language
from gateway.listener.connection import Connection
from gateway.listener.door import Door
from gateway.listener.errors import guarded
from gateway.listener.house import House, Unmeasured
from gateway.listener.limits import Limits
from gateway.listener.page import Front
from gateway.listener.shortcuts import Shortcuts


class Listener:
    """Serves `routes` at `address`; `name` is its key in the configuration, `public` or `ops`.

    `front` is what it shows of itself where something goes wrong.
    """

    def __init__(
        self,
        name: str,
        address: Listen,
        routes: Iterable[web.AbstractRouteDef],
        *,
        front: Front | None = None,
        limits: Limits | None = None,
        trusted_proxies: Iterable[IPNetwork] = (),
        measurements: ConnectionMeasurements | None = None,
    ) -> None:
        self.name = name
        self._address = address
        limits, measured = limits or Limits(), measurements or Unmeasured()
        proxies = TrustedProxies(trusted_proxies, measured.forwarded_unusable)
        self._house = House(name, limits, front or Front(), proxies, measured)
        self._app = web.Application(client_max_size=limits.body)
        self._app[TRUSTED_PROXIES] = proxies
        self._app.add_routes([*routes, web.get(PROBLEMS_PATH, self._problem_types)])
        self._app.on_response_prepare.append(_begin_answer)
        self._runner: web.AppRunner | None = None
        self._door: Door | None = None

    async def start(self) -> None:
        """Listen. Raises StartError, naming the address and what to do, where that can't be."""
        loop = asyncio.get_running_loop()
        runner = web.AppRunner(self._app)
        await runner.setup()
        manager = cast(web.Server, runner.server)
        routes = Shortcuts(self._app, manager.request_handler)
        manager.request_handler = guarded(routes.handle, self._house.limits, self._house.front)
        door = Door(self._house, lambda address: Connection(self._house, address, manager, loop))
        try:
            await door.open(self._address.host, self._address.port)
        except OSError as error:
            await runner.cleanup()
            raise StartError(self._why_not(error)) from error
        self._runner, self._door = runner, door
        self._house.watch()

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
        if self._door is None:
            return self._address
        return Listen(host=self._address.host, port=self._door.port)

    async def stop(self, within: float = 5.0) -> None:
        """Take no more requests, let those that run end, and cut off what is left after `within` seconds."""
        if self._door is None or self._runner is None or self._runner.server is None:
            return
        self._door.close()
        self._runner.server.pre_shutdown()
        # aiohttp gives the handlers this time twice: to end, and to obey their cancellation.
        await self._runner.server.shutdown(within / 2)
        await self._runner.cleanup()
        self._house.rest()
        self._door = self._runner = None

    async def _problem_types(self, request: web.Request) -> web.Response:
        front = self._house.front
        page = front.types(request_language(request, front))
        headers = front.page_headers | {"Vary": "Accept-Language", "Cache-Control": "public, max-age=3600"}
        return web.Response(text=page, content_type="text/html", headers=headers)


async def _begin_answer(request: web.Request, response: web.StreamResponse) -> None:
    cast(Connection, request.protocol).answering()
    add_common_headers(response)
