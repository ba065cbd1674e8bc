"""A help desk on a real socket, told request by request how to behave; unless told, it keeps to the desk protocol.

It speaks HTTP itself, byte by byte, because a proper server can't be made to misbehave in all the ways of a desk.
"""

import asyncio
import contextlib
import json
import socket
import ssl
import struct
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Self, cast
from urllib.parse import parse_qs, unquote, urlsplit

_NO_LINGER = struct.pack("ii", 1, 0)


@dataclass(slots=True)
class Request:
    """One request as it came; `connection` counts the connections, from 1."""

    method: str
    target: str
    connection: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(slots=True)
class Exchange:
    """A request and the means to answer it."""

    request: Request
    desk: "ScriptedDesk"
    writer: asyncio.StreamWriter

    async def answer(self, status: int, body: Any = None, headers: Mapping[str, str] | None = None) -> None:
        content = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        self.writer.write(head(status, {"Content-Length": str(len(content))} | dict(headers or {})) + content)
        await self.writer.drain()

    def reset(self) -> None:
        """End the connection by RST."""
        raw = self.writer.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
        self.writer.transport.abort()


Behaviour = Callable[[Exchange], Awaitable[None]]


def head(status: int, headers: Mapping[str, str]) -> bytes:
    lines = [f"HTTP/1.1 {status} Scripted", *(f"{name}: {value}" for name, value in headers.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def answers(status: int, body: Any = None, headers: Mapping[str, str] | None = None) -> Behaviour:
    """This status and body, and the connection stays open."""

    async def behave(exchange: Exchange) -> None:
        await exchange.answer(status, body, headers)

    return behave


def sends(raw: bytes) -> Behaviour:
    """These bytes, and then the connection ends."""

    async def behave(exchange: Exchange) -> None:
        exchange.writer.write(raw)
        await exchange.writer.drain()
        exchange.writer.close()

    return behave


def drips(raw: bytes, every: float) -> Behaviour:
    """These bytes one by one, `every` seconds."""

    async def behave(exchange: Exchange) -> None:
        for byte in raw:
            exchange.writer.write(bytes([byte]))
            await exchange.writer.drain()
            await asyncio.sleep(every)

    return behave


async def hangs(exchange: Exchange) -> None:
    """Not a byte, for ever."""
    await asyncio.Event().wait()


async def resets(exchange: Exchange) -> None:
    """The request is read whole and the connection reset."""
    exchange.reset()


async def resets_before_reading(exchange: Exchange) -> None:
    """The connection is reset at the request's first line."""
    exchange.reset()


async def commits_and_drops(exchange: Exchange) -> None:
    """The request is carried out and its answer lost."""
    exchange.desk.carry_out(exchange.request)
    exchange.reset()


async def serves(exchange: Exchange) -> None:
    """As the protocol says."""
    status, body = exchange.desk.carry_out(exchange.request)
    await exchange.answer(status, body)


class ScriptedDesk:
    """A desk at `url` (tickets) and `health_url`. `requests` holds what came for tickets, `tickets` what it has.

    `script` says how the next requests for tickets are treated, in turn; `otherwise` how the rest are, and `health` how
    probes are.
    """

    def __init__(self, *, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1") -> None:
        self.requests: list[Request] = []
        self.tickets: dict[str, dict[str, Any]] = {}
        self.otherwise: Behaviour = serves
        self.health: Behaviour = answers(200)
        self.connections = 0
        self._script: deque[Behaviour] = deque()
        self._tls = tls
        self._host = host
        self._server: asyncio.Server | None = None
        self._serving: set[asyncio.Task[None]] = set()
        self.port = 0

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, self._host, self.port, ssl=self._tls)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def stop(self) -> None:
        """Refuse connections from now on, and reset those that are open."""
        if self._server is not None:
            self._server.close()
        for task in self._serving:
            task.cancel()
        await asyncio.gather(*self._serving, return_exceptions=True)

    @property
    def base(self) -> str:
        return f"{'https' if self._tls else 'http'}://{self._host}:{self.port}"

    @property
    def url(self) -> str:
        return f"{self.base}/tickets"

    @property
    def health_url(self) -> str:
        return f"{self.base}/health"

    def script(self, *behaviours: Behaviour) -> None:
        """Treat the next requests for tickets so."""
        self._script.extend(behaviours)

    def carry_out(self, request: Request) -> tuple[int, Any]:
        """What the protocol asks of a desk, on tickets held in memory by their key."""
        steps = [unquote(step) for step in request.path.split("/")[2:]]
        match request.method, steps:
            case "POST", []:
                return 201, self._create(request)
            case "GET", []:
                key = parse_qs(urlsplit(request.target).query)["key"][0]
                return self._shown(self.tickets.get(key))
            case "GET", [theirs]:
                return self._shown(self._by_reference(theirs))
            case "POST", [theirs, "messages"]:
                return self._append(self._by_reference(theirs), request)
            case "POST", [theirs, "withdraw"]:
                return self._withdraw(self._by_reference(theirs))
        return 405, None

    def _create(self, request: Request) -> dict[str, Any]:
        key = request.headers["idempotency-key"]
        ticket = self.tickets.setdefault(
            key, {"reference": f"T-{len(self.tickets) + 1}", "state": "open", "messages": {}, "given": request.json()}
        )
        return self._public(ticket)

    def _append(self, ticket: dict[str, Any] | None, request: Request) -> tuple[int, Any]:
        if ticket is None:
            return 404, None
        ticket["messages"][request.headers["idempotency-key"]] = request.json()
        return 201, {}

    def _withdraw(self, ticket: dict[str, Any] | None) -> tuple[int, Any]:
        if ticket is None:
            return 404, None
        if ticket["state"] == "picked_up":
            return 409, None
        ticket["state"] = "withdrawn"
        return 200, {}

    def _shown(self, ticket: dict[str, Any] | None) -> tuple[int, Any]:
        return (200, self._public(ticket)) if ticket else (404, None)

    def _by_reference(self, reference: str) -> dict[str, Any] | None:
        return next((each for each in self.tickets.values() if each["reference"] == reference), None)

    @staticmethod
    def _public(ticket: dict[str, Any]) -> dict[str, Any]:
        return {"reference": ticket["reference"], "state": ticket["state"]}

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        number = self.connections
        task = cast("asyncio.Task[None]", asyncio.current_task())
        self._serving.add(task)
        try:
            with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
                while not writer.is_closing() and (line := await reader.readline()):
                    await self._one(line, number, reader, writer)
        finally:
            self._serving.discard(task)
            writer.transport.abort()

    async def _one(self, line: bytes, number: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        method, target, _ = line.decode().split()
        request = Request(method, target, number)
        behaviour = self._next(request)
        if behaviour is not resets_before_reading:
            while (header := await reader.readline()) not in (b"\r\n", b""):
                name, _, value = header.decode().partition(":")
                request.headers[name.lower()] = value.strip()
            request.body = await reader.readexactly(int(request.headers.get("content-length", "0")))
        await behaviour(Exchange(request, self, writer))

    def _next(self, request: Request) -> Behaviour:
        if request.path == "/health":
            return self.health
        self.requests.append(request)
        return self._script.popleft() if self._script else self.otherwise
