"""Every outcome of a hand-off to a webhook desk, through real sockets."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from standardwebhooks import Webhook

from gateway.core.clock import SystemClock
from gateway.core.delivery import Answer
from gateway.core.errors import ProviderUnavailable
from gateway.core.handoff import HandoffState, Outcome
from gateway.core.ticket import Priority
from routing.providers.webhook.adapter import WebhookProvider
from tests.support.scripted_desk import (
    Behaviour,
    Exchange,
    ScriptedDesk,
    answers,
    commits_and_drops,
    drips,
    hangs,
    head,
    resets,
    resets_before_reading,
    sends,
    serves,
)
from tests.support.tickets import REQUESTER, make_case, make_handoff, make_message
from tests.support.webhook_provider import LINKS, SECRET, make_provider, make_settings

GOOD = b'{"reference": "T-1", "state": "open"}'
TIMEOUT = 0.3


@pytest.fixture
async def desk() -> AsyncIterator[ScriptedDesk]:
    async with ScriptedDesk() as desk:
        yield desk


@pytest.fixture
async def provider(desk: ScriptedDesk) -> AsyncIterator[WebhookProvider]:
    provider = make_provider(desk)
    yield provider
    await provider.close()


async def attempt(provider: WebhookProvider) -> Answer:
    case = make_case()
    return await provider.create(case, make_handoff(case))


async def test_a_create_says_what_the_protocol_says(desk: ScriptedDesk, provider: WebhookProvider) -> None:
    case = make_case(category="mail", priority=Priority.HIGH, metadata={"room": "3.14"})
    case = replace(case, messages=(*case.messages, make_message(case.messages[0].ticket_id, 2, "Sigo sin poder.")))
    handoff = replace(make_handoff(case), messages_sent=2)
    await provider.create(case, handoff)

    (request,) = desk.requests
    assert (request.method, request.target) == ("POST", "/tickets")
    assert request.headers["idempotency-key"] == handoff.id
    assert request.headers["content-type"] == "application/json"
    Webhook(SECRET).verify(request.body, request.headers)
    assert request.headers["webhook-id"] == handoff.id
    assert case.ticket is not None
    given = request.json()
    messages = given.pop("messages")
    assert given == {
        "reference": case.ticket.reference,
        "subject": "Correo",
        "body": "No puedo entrar en el correo.",
        "requester": {"name": REQUESTER.name, "email": REQUESTER.email, "phone": REQUESTER.phone},
        "channel": "web",
        "language": "es",
        "category": "mail",
        "priority": "high",
        "received_at": "2026-01-01T00:00:00.000Z",
        "attachments": [],
        "metadata": {"room": "3.14"},
    }
    assert [(each["body"], each["direction"]) for each in messages] == [
        ("No puedo entrar en el correo.", "inbound"),
        ("Sigo sin poder.", "inbound"),
    ]


async def test_a_further_try_says_what_the_first_one_said(desk: ScriptedDesk, provider: WebhookProvider) -> None:
    """The desk answers by the key for what it was sent first: what came since is appended."""
    case = make_case()
    case = replace(case, messages=(*case.messages, make_message(case.messages[0].ticket_id, 2, "Sigo sin poder.")))
    await provider.create(case, replace(make_handoff(case), attempts=2, messages_sent=1))
    assert len(desk.requests[0].json()["messages"]) == 1


async def test_all_requests_are_signed(desk: ScriptedDesk, provider: WebhookProvider) -> None:
    health: list[Exchange] = []

    async def listens(exchange: Exchange) -> None:
        health.append(exchange)
        await exchange.answer(200)

    desk.health = listens
    case = make_case()
    handoff = replace(make_handoff(case), provider_reference="T-1")
    await provider.create(case, handoff)
    await provider.find(handoff)
    await provider.read(handoff)
    message = make_message(handoff.ticket_id, 2)
    await provider.append(handoff, message)
    await provider.withdraw(handoff, "another desk has it")
    await provider.probe(1)
    for request in [*desk.requests, health[0].request]:
        Webhook(SECRET).verify(request.body, request.headers, json_parse=False)
    assert [f"{request.method} {request.target}" for request in desk.requests] == [
        "POST /tickets",
        f"GET /tickets?key={handoff.id}",
        "GET /tickets/T-1",
        "POST /tickets/T-1/messages",
        "POST /tickets/T-1/withdraw",
    ]
    appended, withdrawn = desk.requests[3:]
    assert appended.headers["idempotency-key"] == message.id
    assert appended.json()["body"] == message.body
    assert withdrawn.json() == {"reason": "another desk has it"}
    assert desk.connections == 1


@pytest.mark.parametrize(
    ("state", "meant"),
    [
        ("open", HandoffState.ACCEPTED),
        ("picked_up", HandoffState.PICKED_UP),
        ("resolved", HandoffState.RESOLVED),
    ],
)
@pytest.mark.parametrize("status", [200, 201, 202])
async def test_accepted(
    desk: ScriptedDesk, provider: WebhookProvider, status: int, state: str, meant: HandoffState
) -> None:
    desk.script(answers(status, {"reference": "INC 7/ñ", "state": state, "more": [1]}))
    answer = await attempt(provider)
    assert (answer.outcome, answer.provider_reference, answer.state) == (Outcome.ACCEPTED, "INC 7/ñ", meant)


@pytest.mark.parametrize("status", [400, 409, 413, 422])
async def test_refused(desk: ScriptedDesk, provider: WebhookProvider, status: int) -> None:
    desk.script(answers(status, {"title": "Unknown\x00 category", "detail": "ana.ortiz@example.org"}))
    answer = await attempt(provider)
    assert answer == Answer(Outcome.REFUSED, f"it answered {status}: Unknown  category")


@pytest.mark.parametrize("status", [401, 403, 404, 405, 410])
async def test_our_configuration_is_wrong(desk: ScriptedDesk, provider: WebhookProvider, status: int) -> None:
    desk.script(answers(status))
    answer = await attempt(provider)
    assert (answer.outcome, answer.misconfigured, answer.explicit) == (Outcome.UNAVAILABLE, True, True)
    assert str(status) in answer.reason


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(("asked", "pause"), [("7", 7.0), ("0", 0.0), ("86400", 300.0), ("9" * 5000, 300.0)])
async def test_retry_after_in_seconds(
    desk: ScriptedDesk, provider: WebhookProvider, status: int, asked: str, pause: float
) -> None:
    desk.script(answers(status, headers={"Retry-After": asked}))
    answer = await attempt(provider)
    assert (answer.outcome, answer.retry_after, answer.misconfigured) == (Outcome.UNAVAILABLE, pause, False)


async def test_retry_after_as_a_date(desk: ScriptedDesk, provider: WebhookProvider) -> None:
    until = format_datetime(datetime.now(UTC) + timedelta(seconds=60), usegmt=True)
    desk.script(answers(503, headers={"Retry-After": until}))
    answer = await attempt(provider)
    assert answer.outcome is Outcome.UNAVAILABLE
    assert answer.retry_after == pytest.approx(60, abs=2)


@pytest.mark.parametrize("status", [408, 425, 429])
async def test_not_now(desk: ScriptedDesk, provider: WebhookProvider, status: int) -> None:
    desk.script(answers(status))
    answer = await attempt(provider)
    assert answer == Answer(Outcome.UNAVAILABLE, f"it answered {status}")


LONG = b'{"reference": "T-1", "state": "open", "padding": "' + b"x" * 100_000 + b'"}'


@pytest.mark.parametrize(
    ("behaviour", "reason"),
    [
        (answers(500), "it answered 500 after it had the ticket"),
        (answers(502), "it answered 502 after it had the ticket"),
        (answers(503), "it answered 503 after it had the ticket"),
        (answers(503, headers={"Retry-After": "soon"}), "it answered 503 after it had the ticket"),
        (commits_and_drops, "the connection broke before an answer came"),
        (resets, "the connection broke before an answer came"),
        (resets_before_reading, "the connection broke before an answer came"),
        (sends(b""), "the connection broke before an answer came"),
        (sends(b"SSH-2.0-OpenSSH_9.2\r\n\r\n"), "the answer is not HTTP"),
        (sends(b"HTTP/1.1 200 OK\r\nX-Big: " + b"x" * 20_000 + b"\r\n\r\n"), "the answer is not HTTP"),
        (sends(head(201, {"Content-Length": "99"}) + GOOD), "it answered 201, but the answer broke off"),
        (answers(201, b"<html>Welcome</html>"), "it answered 201, but the answer is not the protocol: not valid JSON"),
        (answers(204), "it answered 204, but the answer is not the protocol: not valid JSON"),
        (answers(201, LONG), "it answered 201, but the answer is longer than 64 KiB"),
        (answers(201, {"state": "open"}), "it answered 201, but the answer is not the protocol: reference: Field req"),
        (answers(201, {"reference": 7}), "it answered 201, but the answer is not the protocol: reference: Input shou"),
        (answers(201, {"reference": ""}), "it answered 201, but the answer is not the protocol: reference: String sh"),
        (answers(201, {"reference": "x" * 129}), "it answered 201, but the answer is not the protocol: reference: St"),
        (answers(201, {"reference": ".."}), "it answered 201, but the answer is not the protocol: reference: is a re"),
        (answers(201, {"reference": "a\r\nb"}), "it answered 201, but the answer is not the protocol: reference: has"),
        (answers(201, {"reference": "T-1", "state": "lost"}), "it answered 201, but the answer is not the protocol: "),
        (answers(201, ["T-1"]), "it answered 201, but the answer is not the protocol: Input should be an object"),
        (answers(201, b"[" * 60_000), "it answered 201, but the answer is not the protocol: not valid JSON"),
    ],
)
async def test_unknown_when_it_may_have_the_ticket(
    desk: ScriptedDesk, provider: WebhookProvider, behaviour: Behaviour, reason: str
) -> None:
    desk.script(behaviour)
    answer = await attempt(provider)
    assert answer.outcome is Outcome.UNKNOWN
    assert answer.explicit
    assert answer.reason.startswith(reason)


@pytest.mark.parametrize(
    ("behaviour", "outcome", "explicit"),
    [
        (hangs, Outcome.UNKNOWN, False),
        (drips(head(201, {"Content-Length": str(len(GOOD))}), 0.05), Outcome.UNKNOWN, False),
        (drips(head(201, {"Content-Length": str(len(GOOD))}) + GOOD, 0.005), Outcome.UNKNOWN, None),
        (sends(head(422, {"Content-Length": "9"})), Outcome.REFUSED, True),
    ],
)
async def test_one_deadline_for_everything(
    desk: ScriptedDesk, provider: WebhookProvider, behaviour: Behaviour, outcome: Outcome, explicit: bool | None
) -> None:
    desk.script(behaviour)
    loop = asyncio.get_running_loop()
    start = loop.time()
    answer = await attempt(provider)
    assert answer.outcome is outcome
    assert explicit is None or answer.explicit is explicit
    assert loop.time() - start < TIMEOUT + 0.2


async def test_a_body_that_drips_does_not_extend_the_deadline(desk: ScriptedDesk, provider: WebhookProvider) -> None:
    async def drips_its_body(exchange: Exchange) -> None:
        exchange.writer.write(head(201, {"Content-Length": str(len(GOOD))}))
        await drips(GOOD, 0.05)(exchange)

    desk.script(drips_its_body)
    answer = await attempt(provider)
    assert (answer.outcome, answer.reason) == (Outcome.UNKNOWN, "it answered 201, but the answer did not end in time")


async def test_a_refusal_stands_whatever_becomes_of_its_body(desk: ScriptedDesk, provider: WebhookProvider) -> None:
    async def says_422_and_hangs(exchange: Exchange) -> None:
        exchange.writer.write(head(422, {"Content-Length": "1000"}))
        await hangs(exchange)

    desk.script(says_422_and_hangs)
    answer = await attempt(provider)
    assert (answer.outcome, answer.reason) == (Outcome.REFUSED, "it answered 422")


async def test_connection_refused(desk: ScriptedDesk, provider: WebhookProvider) -> None:
    await desk.stop()
    answer = await attempt(provider)
    assert answer == Answer(Outcome.UNAVAILABLE, "no connection: Connection refused")


async def test_the_host_name_does_not_resolve(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    provider = WebhookProvider("acme", make_settings("http://desk.invalid/tickets"), SystemClock(), LINKS)
    answer = await attempt(provider)
    with pytest.raises(ProviderUnavailable, match="can't be resolved"):
        await provider.probe(1)
    await provider.close()
    assert answer == Answer(Outcome.UNAVAILABLE, "the host name can't be resolved")


async def test_silence_while_connecting_is_surely_no_ticket() -> None:
    with ExitStack() as stack:
        deaf = stack.enter_context(socket.socket())
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(0)
        for _ in range(4):  # its queue is full from here on, and the kernel drops what else comes
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(deaf.getsockname())
        await asyncio.sleep(0.01)
        provider = WebhookProvider(
            "acme", make_settings(f"http://127.0.0.1:{deaf.getsockname()[1]}/tickets"), SystemClock(), LINKS
        )
        answer = await attempt(provider)
        with pytest.raises(TimeoutError):
            await provider.probe(0.1)
        await provider.close()
    assert answer == Answer(Outcome.UNAVAILABLE, "no connection within 300ms", explicit=False)


async def test_a_create_over_a_kept_connection_is_sent_once(desk: ScriptedDesk, provider: WebhookProvider) -> None:
    desk.script(serves, resets_before_reading)
    assert (await attempt(provider)).outcome is Outcome.ACCEPTED
    assert (await attempt(provider)).outcome is Outcome.UNKNOWN
    assert [request.connection for request in desk.requests] == [1, 1]


async def test_a_search_that_meets_an_error_is_tried_again(desk: ScriptedDesk, provider: WebhookProvider) -> None:
    case = make_case()
    handoff = make_handoff(case)
    await provider.create(case, handoff)
    desk.script(answers(502), answers(500))
    assert await provider.find(handoff) is not None
    desk.script(answers(502), answers(502), answers(502))
    with pytest.raises(ProviderUnavailable, match="502"):
        await provider.find(handoff)


@pytest.mark.parametrize("status", [401, 429, 302])
async def test_a_search_that_is_turned_down_is_not_tried_again(
    desk: ScriptedDesk, provider: WebhookProvider, status: int
) -> None:
    desk.script(answers(status, headers={"Retry-After": "9", "Location": "/elsewhere"}))
    with pytest.raises(ProviderUnavailable, match=str(status)) as caught:
        await provider.find(make_handoff(make_case()))
    assert caught.value.retry_after == 9
    assert len(desk.requests) == 1


async def test_a_search_answered_with_something_else(desk: ScriptedDesk, provider: WebhookProvider) -> None:
    desk.script(answers(200, b"<html>"))
    with pytest.raises(ProviderUnavailable, match="not valid JSON"):
        await provider.find(make_handoff(make_case()))


@pytest.mark.parametrize("reference", ["../admin", "a/b?c=d#e", "%2e%2e", "ticket ñ", "a;b&c"])
async def test_a_desks_reference_is_one_segment(desk: ScriptedDesk, provider: WebhookProvider, reference: str) -> None:
    case = make_case()
    handoff = make_handoff(case)
    await provider.create(case, handoff)
    desk.tickets[handoff.id]["reference"] = reference
    copy = await provider.read(replace(handoff, provider_reference=reference))
    assert copy is not None
    assert copy.provider_reference == reference
    assert desk.requests[-1].path.count("/") == 2


async def test_without_its_reference_a_copy_is_read_by_key(desk: ScriptedDesk, provider: WebhookProvider) -> None:
    case = make_case()
    handoff = make_handoff(case)
    await provider.create(case, handoff)
    assert await provider.read(handoff) is not None
    for verb in (provider.append(handoff, make_message("x", 2)), provider.withdraw(handoff, "gone")):
        with pytest.raises(ProviderUnavailable, match="not known yet"):
            await verb


async def test_a_tcp_probe_where_there_is_no_health_url(desk: ScriptedDesk) -> None:
    provider = WebhookProvider("acme", make_settings(desk.url), SystemClock(), LINKS)
    await provider.probe(1)
    await asyncio.sleep(0.01)
    assert desk.connections == 1
    assert desk.requests == []
    await desk.stop()
    with pytest.raises(ProviderUnavailable, match="no connection"):
        await provider.probe(1)
    await provider.close()


async def test_a_health_url_that_redirects_is_not_healthy(desk: ScriptedDesk, provider: WebhookProvider) -> None:
    desk.health = answers(302, headers={"Location": desk.url})
    with pytest.raises(ProviderUnavailable, match="302"):
        await provider.probe(1)


async def test_probes_do_not_wait_behind_a_window_of_hand_offs(desk: ScriptedDesk) -> None:
    provider = make_provider(desk, window=4)
    desk.otherwise = hangs
    stuck = [asyncio.create_task(attempt(provider)) for _ in range(8)]
    await asyncio.sleep(0.05)
    await provider.probe(0.1)
    assert {answer.outcome for answer in await asyncio.gather(*stuck)} == {Outcome.UNKNOWN}
    await provider.close()
