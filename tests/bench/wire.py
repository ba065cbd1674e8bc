"""HTTP as the loads speak it: requests made ready beforehand, and a client with one connection at a time.

A plain protocol on uvloop, so that it costs a fraction of what any server here does.
"""

import asyncio
import base64
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count, islice
from typing import Protocol, cast
from urllib.parse import urlencode, urlsplit

import orjson
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]

from channels.web.api import API_PATH
from gateway.demo import traffic
from tests.bench.voice import ANSWERED_CALL, AUTH_TOKEN, FIRST, RINGING, Webhook

_BODIES = 64
_LENGTH = b"\r\ncontent-length:"
_CLOSES = b"\r\nconnection: close"
_CREATED, _OK = 201, 200


class Dialect(Protocol):
    """How a server is asked."""

    @property
    def answer(self) -> int:
        """The status of a good answer."""

    def requests(self, url: str) -> Iterator[bytes]:
        """Without end, each of which makes rows of its own."""


@dataclass(frozen=True, slots=True)
class Tickets:
    """A ticket is to be created: where, with which further headers, and how the JSON looks."""

    path: str
    body: Callable[[dict[str, object]], Mapping[str, object]]
    headers: Mapping[str, str] = field(default_factory=dict)
    answer: int = _CREATED

    def requests(self, url: str) -> Iterator[bytes]:
        """The demo's, each with an Idempotency-Key of its own."""
        bodies = [orjson.dumps(self.body(asked)) for asked in islice(traffic.requests(seed=1), _BODIES)]
        further = "".join(f"{name}: {value}\r\n" for name, value in self.headers.items())
        begin = (
            f"POST {self.path} HTTP/1.1\r\nHost: {urlsplit(url).netloc}\r\n{further}"
            f"Content-Type: application/json\r\nIdempotency-Key: {secrets.token_hex(8)}"
        ).encode()
        ends = [b"\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body) for body in bodies]
        return (b"%b-%08d%b" % (begin, number, ends[number % _BODIES]) for number in count())


@dataclass(frozen=True, slots=True)
class Calls:
    """What Twilio posts, signed by its own library: these webhooks of each call, in their order."""

    webhooks: Sequence[Webhook]
    at_once: int = 200
    """Calls that are under way together, each a step further by turns: so many that one's webhook was answered when
    its next one comes."""
    answer: int = _OK

    @property
    def block(self) -> int:
        """Requests after which so many calls are over."""
        return self.at_once * len(self.webhooks)

    def requests(self, url: str) -> Iterator[bytes]:
        """Calls are numbered from 0, so that another dialect's are the same ones."""
        signer = RequestValidator(AUTH_TOKEN)
        for first in count(step=self.at_once):
            for webhook in self.webhooks:
                for number in range(first, first + self.at_once):
                    yield _signed(signer, url, webhook.path(number), webhook.form(number))


def _signed(signer: RequestValidator, url: str, path: str, form: Mapping[str, str]) -> bytes:
    body = urlencode(form).encode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: {urlsplit(url).netloc}\r\n"
        "Content-Type: application/x-www-form-urlencoded; charset=UTF-8\r\n"
        f"X-Twilio-Signature: {signer.compute_signature(url + path, form)}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def _as_rt_has_it(asked: dict[str, object]) -> Mapping[str, object]:
    requester = cast(Mapping[str, str], asked["requester"])
    return {
        "Queue": "General",
        "Subject": asked["subject"],
        "Content": asked["body"],
        "Requestor": requester["email"],
    }


RT_ACCOUNT = ("root", "password")
"""As RT's own set-up makes it."""
WHOLE_CALLS = Calls(ANSWERED_CALL)
DIALECTS: Mapping[str, Dialect] = {
    "relevo": Tickets(API_PATH, lambda asked: asked),
    "calls": WHOLE_CALLS,
    "first webhooks": Calls([FIRST]),
    "reports": Calls([RINGING]),
    "rt": Tickets(
        "/REST/2.0/ticket",
        _as_rt_has_it,
        {"Authorization": "Basic " + base64.b64encode(":".join(RT_ACCOUNT).encode()).decode()},
    ),
}


class Answered(Protocol):
    """Is told of each answer, and of a connection that ended without one."""

    def __call__(self, client: "Client", status: int, said: bytes) -> None:
        """`status` is 0 where there was no answer; `said` is what came, the head with it."""


class Client:
    """Sends one request at a time over a connection that is kept, unless the server doesn't keep it."""

    def __init__(self, url: str, answered: Answered) -> None:
        host, port = urlsplit(url).netloc.split(":")
        self._address = host, int(port)
        self._answered = answered
        self._line: _Line | None = None
        self._request: bytes | None = None
        self._opening: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Connect. Raises OSError."""
        _, self._line = await asyncio.get_running_loop().create_connection(lambda: _Line(self), *self._address)

    def send(self, request: bytes) -> None:
        """The answer comes to `answered`."""
        self._request = request
        if self._line is None:
            self._opening = asyncio.create_task(self._open_again())
        else:
            self._line.write(request)

    def close(self) -> None:
        if self._line is not None:
            self._line.close()
            self._line = None

    async def _open_again(self) -> None:
        try:
            await self.open()
        except OSError as error:
            self._settle(0, str(error).encode())
        else:
            assert self._line is not None
            assert self._request is not None
            self._line.write(self._request)

    def heard(self, said: bytes) -> None:
        """A whole answer."""
        head = said.partition(b"\r\n\r\n")[0].lower()
        if _CLOSES in head:
            self.close()
        self._settle(int(head.split(b" ", 2)[1]), said)

    def lost(self, line: "_Line", why: str) -> None:
        """A connection has ended."""
        if line is not self._line:
            return
        self._line = None
        if self._request is not None:
            self._settle(0, why.encode())

    def _settle(self, status: int, said: bytes) -> None:
        self._request = None
        self._answered(self, status, said)


class _Line(asyncio.Protocol):
    """One connection of a client."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.WriteTransport, transport)  # uvloop's has the methods, and not the base class

    def write(self, request: bytes) -> None:
        self._transport.write(request)

    def close(self) -> None:
        self._transport.close()

    def data_received(self, data: bytes) -> None:
        self._received += data
        if is_whole(self._received):
            said, self._received = self._received, b""
            self._client.heard(said)

    def connection_lost(self, exc: Exception | None) -> None:
        self._client.lost(self, f"the server ended a connection: {exc}")


def is_whole(answer: bytes) -> bool:
    """Whether all of an answer has come: its head, and as much content as that says."""
    head, separator, body = answer.partition(b"\r\n\r\n")
    return bool(separator) and len(body) >= int(head.lower().partition(_LENGTH)[2].split(b"\r\n", 1)[0] or 0)
