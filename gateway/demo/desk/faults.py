"""The faults a desk can be given, each one small function, and the switch that applies them to the protocol's routes.

A fault never touches the desk's own page, `/faults` or `/api/tickets`: there it is turned off again and accounted for.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from itertools import count

from aiohttp import web
from aiohttp.typedefs import Handler

from gateway.core.texts import mark


class FaultSwitch:
    """Which fault the desk has now; `seconds` is what that fault counts in (delay, pace, Retry-After)."""

    def __init__(self) -> None:
        self.name = "none"
        self.seconds = 0.0
        self._requests = count(1)
        self._thawed = asyncio.Event()
        self._thawed.set()

    def turn(self, name: str, seconds: float | None = None) -> None:
        """Give the desk that fault instead of the present one. Raises KeyError for a fault that there isn't."""
        self.seconds = FAULTS[name].seconds if seconds is None else seconds
        self.name = name
        self._requests = count(1)
        if name == "hang":
            self._thawed.clear()
        else:
            self._thawed.set()

    async def thawed(self) -> None:
        """Return at once, or, while the desk hangs, when it goes on."""
        await self._thawed.wait()

    def number(self) -> int:
        """1 for the first request that asks since the fault was turned on, then 2, 3, and so on."""
        return next(self._requests)

    @web.middleware
    async def middleware(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Answer the protocol's requests as the fault has it."""
        if is_protocol(request):
            return await FAULTS[self.name].answer(self, request, handler)
        return await handler(request)


def is_protocol(request: web.Request) -> bool:
    """Whether it is the gateway's to ask."""
    return request.path == "/health" or request.path.startswith("/tickets")


def _creates(request: web.Request) -> bool:
    return request.method == "POST" and request.path == "/tickets"


async def _none(switch: FaultSwitch, request: web.Request, handler: Handler) -> web.StreamResponse:
    return await handler(request)


async def _refuse(switch: FaultSwitch, request: web.Request, handler: Handler) -> web.StreamResponse:
    if _creates(request):
        return web.json_response({"error": "this desk takes no tickets now"}, status=422)
    return await handler(request)


async def _error(switch: FaultSwitch, request: web.Request, handler: Handler) -> web.StreamResponse:
    return web.json_response({"error": "internal error"}, status=500)


async def _hang(switch: FaultSwitch, request: web.Request, handler: Handler) -> web.StreamResponse:
    await request.read()
    await switch.thawed()
    return await handler(request)  # whoever asked may be gone; a process that thaws doesn't know that either


async def _slow(switch: FaultSwitch, request: web.Request, handler: Handler) -> web.StreamResponse:
    response = await handler(request)
    await asyncio.sleep(switch.seconds)
    return response


async def _gray(switch: FaultSwitch, request: web.Request, handler: Handler) -> web.StreamResponse:
    if switch.number() % 3 == 0:
        return await handler(request)
    return await _error(switch, request, handler)


async def _drop(switch: FaultSwitch, request: web.Request, handler: Handler) -> web.StreamResponse:
    response = await handler(request)
    if _creates(request) and request.transport is not None:
        request.transport.abort()
    return response


async def _drip(switch: FaultSwitch, request: web.Request, handler: Handler) -> web.StreamResponse:
    response = await handler(request)
    body = response.body if isinstance(response, web.Response) else None
    if not isinstance(body, bytes):
        return response
    dripping = web.StreamResponse(status=response.status, headers={"Content-Type": "application/json"})
    dripping.content_length = len(body)
    await dripping.prepare(request)
    for position in range(len(body)):
        await asyncio.sleep(switch.seconds)
        await dripping.write(body[position : position + 1])
    return dripping


async def _busy(switch: FaultSwitch, request: web.Request, handler: Handler) -> web.StreamResponse:
    if _creates(request):
        headers = {"Retry-After": str(round(switch.seconds))}
        return web.json_response({"error": "too many tickets"}, status=429, headers=headers)
    return await handler(request)


async def _lose(switch: FaultSwitch, request: web.Request, handler: Handler) -> web.StreamResponse:
    if _creates(request):
        await request.read()
        return web.json_response({"reference": f"LOST-{switch.number()}", "state": "open"}, status=201)
    return await handler(request)


async def _garbage(switch: FaultSwitch, request: web.Request, handler: Handler) -> web.StreamResponse:
    return web.Response(text="<!doctype html><title>Welcome</title><h1>It works!</h1>", content_type="text/html")


@dataclass(frozen=True, slots=True)
class Fault:
    """How a desk with this fault answers, how people know it, and the seconds it counts in unless told otherwise."""

    answer: Callable[[FaultSwitch, web.Request, Handler], Awaitable[web.StreamResponse]]
    label: str
    meaning: str
    seconds: float = 0.0


FAULTS = {
    "none": Fault(_none, mark("Works"), mark("Everything is answered.")),
    "refuse": Fault(_refuse, mark("Refuses"), mark("422 for every new ticket.")),
    "error": Fault(_error, mark("Fails"), mark("500 for everything, health too.")),
    "hang": Fault(_hang, mark("Hangs"), mark("Takes requests in and doesn't answer; goes on when it thaws.")),
    "slow": Fault(_slow, mark("Slow"), mark("Answers two seconds late."), seconds=2.0),
    "gray": Fault(_gray, mark("Half fails"), mark("Two of three requests get a 500, health too.")),
    "drop": Fault(_drop, mark("Drops"), mark("Keeps the ticket and closes the line without a word.")),
    "drip": Fault(_drip, mark("Drips"), mark("Answers one byte a second."), seconds=1.0),
    "busy": Fault(_busy, mark("Busy"), mark("429 with Retry-After for new tickets."), seconds=2.0),
    "lose": Fault(_lose, mark("Loses"), mark("Says yes, and then knows nothing of it.")),
    "garbage": Fault(_garbage, mark("Garbage"), mark("200 with something that isn't the protocol.")),
}
"""Every fault by its name; `kill` and `freeze` are signals, and the parent process sends them."""
