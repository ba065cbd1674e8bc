"""The loads' own HTTP."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import islice
from urllib.parse import parse_qsl

import orjson
import pytest
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]

from tests.bench.load import LoadFailed, put
from tests.bench.pace import keep
from tests.bench.voice import AUTH_TOKEN, VOICE_PATH
from tests.bench.wire import DIALECTS, is_whole

CREATED = b"HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\n{}"
CREATED_AND_CLOSED = b"HTTP/1.1 201 Created\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}"
BUSY = b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n"


class Server:
    """Answers every request alike, and counts connections and requests."""

    def __init__(self, answer: bytes, after: float = 0.0) -> None:
        self.connections = self.requests = 0
        self._answer = answer
        self._after = after

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                length = next(line for line in head.split(b"\r\n") if line.startswith(b"Content-Length: "))
                await reader.readexactly(int(length.split()[1]))
                self.requests += 1
                await asyncio.sleep(self._after)
                writer.write(self._answer)
                if self._answer is CREATED_AND_CLOSED:
                    break
        except asyncio.IncompleteReadError:
            pass
        finally:
            writer.close()


@asynccontextmanager
async def listening(server: Server) -> AsyncIterator[str]:
    listener = await asyncio.start_server(server.serve, "127.0.0.1")
    async with listener:
        host, port = listener.sockets[0].getsockname()
        yield f"http://{host}:{port}"


def test_an_answer_is_whole_with_as_much_as_its_head_says() -> None:
    assert is_whole(CREATED)
    assert is_whole(BUSY)
    assert not is_whole(CREATED[:-1])
    assert not is_whole(CREATED[:30])


def sent(dialect: str) -> list[tuple[list[str], bytes]]:
    """Requests: the lines of each one's head, and its body."""
    given = [each.partition(b"\r\n\r\n") for each in islice(DIALECTS[dialect].requests("http://127.0.0.1:1"), 200)]
    return [(head.decode().split("\r\n"), body) for head, _, body in given]


@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_request_says_its_length(dialect: str) -> None:
    assert all(f"Content-Length: {len(body)}" in head for head, body in sent(dialect))


@pytest.mark.parametrize("dialect", ["relevo", "rt"])
def test_every_ticket_has_a_key_of_its_own(dialect: str) -> None:
    keys = {line for head, _ in sent(dialect) for line in head if line.startswith("Idempotency-Key: ")}
    assert len(keys) == len(sent(dialect))
    assert all(orjson.loads(body) for _, body in sent(dialect))


def test_every_call_has_a_sid_of_its_own_and_a_signature_that_holds() -> None:
    forms = [dict(parse_qsl(body.decode(), keep_blank_values=True)) for _, body in sent("calls")]
    assert len({form["CallSid"] for form in forms}) == len(forms)
    head, body = sent("calls")[0]
    signature = next(line for line in head if line.startswith("X-Twilio-Signature: ")).partition(": ")[2]
    form = dict(parse_qsl(body.decode(), keep_blank_values=True))
    assert RequestValidator(AUTH_TOKEN).validate("http://127.0.0.1:1" + VOICE_PATH, form, signature)


async def test_connections_are_kept() -> None:
    async with listening(server := Server(CREATED)) as url:
        result = await put(url, 30, "relevo", 3)

    assert (result.requests, server.requests, server.connections) == (30, 30, 3)


async def test_a_server_that_keeps_no_connection_is_asked_over_new_ones() -> None:
    async with listening(server := Server(CREATED_AND_CLOSED)) as url:
        await put(url, 30, "rt", 3)

    assert (server.requests, server.connections) == (30, 30)


async def test_an_answer_that_is_not_a_good_one_makes_the_figures_worth_nothing() -> None:
    async with listening(Server(BUSY)) as url:
        with pytest.raises(LoadFailed, match="503 Busy"):
            await put(url, 3, "relevo", 1)


async def test_at_a_pace_failures_are_counted_and_it_goes_on() -> None:
    async with listening(Server(BUSY)) as url:
        result = await keep(url, 500.0, 0.1)

    assert (result.due, result.answered, result.failed) == (50, 0, 50)


async def test_at_a_pace_the_time_counts_from_when_a_request_was_due() -> None:
    """64 connections whose answers take 0.1 s carry 640 a second: at twice that requests wait, and that counts."""
    async with listening(Server(CREATED, after=0.1)) as url:
        result = await keep(url, 1280.0, 0.2)

    assert result.answered == 256
    assert result.seconds >= 0.4
    assert result.p99 >= 0.25
