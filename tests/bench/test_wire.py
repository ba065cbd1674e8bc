"""The loads' own HTTP."""

import asyncio
import re
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from itertools import islice
from urllib.parse import parse_qsl
from xml.sax.saxutils import unescape

import orjson
import pytest
from pydantic import SecretStr
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]

from channels.phone.answers import Page
from channels.phone.call import Call, Outcome, State
from channels.phone.flow import Flow
from channels.phone.hearing import heard
from channels.phone.inputs import Incoming
from channels.phone.settings import VoiceSettings
from channels.phone.speaking import Speaker
from channels.phone.twilio.form import Form
from channels.phone.twilio.signed import Webhook
from channels.phone.twiml import TwiML
from gateway.core.dialling import Desk
from tests.bench.load import LoadFailed, put
from tests.bench.pace import keep
from tests.bench.voice import ACCOUNT_SID, ANSWERED_CALL, AUTH_TOKEN, BASE_PATH, DESK, NUMBER, call_sid
from tests.bench.wire import DIALECTS, Calls, is_whole

CREATED = b"HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\n{}"
CREATED_AND_CLOSED = b"HTTP/1.1 201 Created\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}"
BUSY = b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n"


class Server:
    """Answers every request alike, and counts connections and requests."""

    def __init__(self, answer: bytes, after: float = 0.0) -> None:
        self.connections = self.requests = 0
        self.said = ""
        self._answer = answer
        self._after = after

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                length = next(line for line in head.split(b"\r\n") if line.startswith(b"Content-Length: "))
                self.said += (await reader.readexactly(int(length.split()[1]))).decode()
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


def test_every_webhook_has_a_signature_that_holds() -> None:
    for request in islice(Calls(ANSWERED_CALL, at_once=2).requests("http://127.0.0.1:1"), 2 * len(ANSWERED_CALL)):
        head, _, body = request.decode().partition("\r\n\r\n")
        path = head.split(" ", 2)[1]
        signature = head.partition("X-Twilio-Signature: ")[2].partition("\r\n")[0]
        form = dict(parse_qsl(body, keep_blank_values=True))
        assert RequestValidator(AUTH_TOKEN).validate("http://127.0.0.1:1" + path, form, signature)


def test_calls_go_on_by_turns_and_each_is_another_one() -> None:
    calls = Calls(ANSWERED_CALL[:3], at_once=2)
    bodies = [request.partition(b"\r\n\r\n")[2] for request in islice(calls.requests("http://127.0.0.1:1"), 12)]
    forms = [dict(parse_qsl(body.decode(), keep_blank_values=True)) for body in bodies]
    sids = [form.get("ParentCallSid", form["CallSid"]) for form in forms]

    assert calls.block == 6
    assert sids == [call_sid(number) for number in (0, 1, 0, 1, 0, 1, 2, 3, 2, 3, 2, 3)]
    assert [form["CallStatus"] for form in forms[::2]] == ["ringing", "initiated", "ringing"] * 2


def test_the_webhooks_are_those_of_a_call_that_an_agent_takes() -> None:
    """By the flow itself: each is asked for by the answer before, and the call comes to its end."""
    settings = VoiceSettings(account_sid=ACCOUNT_SID, auth_token=SecretStr(AUTH_TOKEN), numbers=(NUMBER,))
    flow, speaker, twiml = Flow(settings), Speaker(settings, "Example"), TwiML(settings, BASE_PATH)
    call: Call | None = None
    asked = {f"{BASE_PATH}/voice", f"{BASE_PATH}/status"}
    for webhook in ANSWERED_CALL:
        path, _, query = webhook.path(7).partition("?")
        assert webhook.path(7) in asked
        came = Webhook(path, Form(parse_qsl(query)), Form(webhook.form(7)), webhook.path(7))
        told = heard(Page(webhook.page), came, time.time())
        call = flow.begin(told.incoming, OneDesk()) if call is None and told.incoming else call
        assert call is not None
        assert call.sid == told.sid
        for each in told.said:
            call = flow.advance(call, each, OneDesk())
        document = twiml.write(speaker.answer_to(told.said[0], call), call.sid)
        asked |= {unescape(each) for each in re.findall(BASE_PATH + r'/[^"<]*', document)}

    assert call is not None
    assert (call.state, call.outcome) == (State.ENDED, Outcome.ANSWERED)


class OneDesk:
    """The port Facts."""

    def desks(self, call: Call) -> Sequence[Desk]:
        return [Desk("acme", DESK, 15, accept_key="1", accept_within=30.0)]

    def may_call_back(self, incoming: Incoming) -> bool:
        return False


async def test_a_load_begins_where_the_last_one_has_ended() -> None:
    async with listening(server := Server(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")) as url:
        await put(url, 3, "first webhooks", 1, begin=2)

    assert [sid for sid in map(call_sid, range(6)) if sid in server.said] == [call_sid(n) for n in (2, 3, 4)]


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
