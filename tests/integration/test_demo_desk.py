"""The demo desk over real HTTP: the protocol, every fault, its reports, and its return from SIGKILL."""

import asyncio
import contextlib
import json
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from gateway.core.clock import SystemClock
from gateway.core.ids import new_id
from gateway.core.signature import Signer
from gateway.demo.configuration import new_secret
from gateway.demo.desk.app import DeskOptions, make_runner
from gateway.demo.desk.faults import FAULTS
from gateway.demo.desk.ticket import DeskState
from gateway.demo.desk_client import DeskClient
from gateway.demo.processes import Child, Children, ready_line
from tests.support.ports import new_port

SECRET = new_secret()
SIGNER = Signer(SECRET, SystemClock())
TICKET = {"reference": "4829157360", "subject": "Ayuda", "body": "No va", "language": "es"}


@dataclass(frozen=True)
class Answer:
    status: int
    body: Any
    headers: dict[str, str]


class Gateway:
    """Speaks to a desk as the gateway does."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self._session = session
        self.url = url
        self.desk = DeskClient(session, url)

    async def send(self, method: str, path: str, content: object = None, key: str | None = None) -> Answer:
        body = b"" if content is None else json.dumps(content).encode()
        headers = SIGNER.headers(new_id(), body) | ({"Idempotency-Key": key} if key is not None else {})
        return await self.raw(method, path, body, headers)

    async def raw(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> Answer:
        async with self._session.request(method, self.url + path, data=body or None, headers=headers) as response:
            text = await response.text()
            content = json.loads(text) if response.content_type == "application/json" else text
            return Answer(response.status, content, dict(response.headers))

    async def create(self, key: str = "k1") -> Answer:
        return await self.send("POST", "/tickets", TICKET, key)


Start = Callable[[DeskOptions], Any]


@pytest.fixture
def options(tmp_path: Path) -> DeskOptions:
    return DeskOptions(name="acme", secret=SECRET, data=tmp_path)


@pytest.fixture
async def start() -> AsyncIterator[Start]:
    async with AsyncExitStack() as stack:
        session = await stack.enter_async_context(aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)))

        async def start_desk(options: DeskOptions) -> Gateway:
            runner = make_runner(options, SystemClock())
            await runner.setup()
            stack.push_async_callback(runner.cleanup)
            await web.TCPSite(runner, options.host, options.port).start()
            return Gateway(session, "http://{}:{}".format(*runner.addresses[0]))

        yield start_desk


@pytest.fixture
async def gateway(start: Start, options: DeskOptions) -> Gateway:
    desk: Gateway = await start(options)
    return desk


async def until(condition: Callable[[], Any]) -> None:
    async with asyncio.timeout(5):
        while not await condition():  # noqa: ASYNC110 - what happens in the desk sends no event here
            await asyncio.sleep(0.01)


# The protocol


async def test_a_ticket_is_created_read_and_found(gateway: Gateway) -> None:
    created = await gateway.create()
    assert (created.status, created.body) == (201, {"reference": "ACME-1", "state": "open"})
    assert (await gateway.send("GET", "/tickets/ACME-1")).body == created.body
    assert (await gateway.send("GET", "/tickets?key=k1")).body == created.body
    assert (await gateway.send("GET", "/tickets/ACME-2")).status == 404
    assert (await gateway.send("GET", "/tickets?key=k2")).status == 404


async def test_fifty_creates_at_once_with_one_key_are_one_ticket(gateway: Gateway) -> None:
    answers = await asyncio.gather(*(gateway.create() for _ in range(50)))
    assert {(answer.status, answer.body["reference"]) for answer in answers} == {(201, "ACME-1")}
    assert len(await gateway.desk.tickets()) == 1


async def test_a_message_is_appended_once(gateway: Gateway) -> None:
    await gateway.create()
    for _ in range(2):
        assert (await gateway.send("POST", "/tickets/ACME-1/messages", {"body": "¿Y?"}, "m1")).status == 201
    (ticket,) = await gateway.desk.tickets()
    assert ticket.messages == 1
    assert (await gateway.send("POST", "/tickets/ACME-9/messages", {"body": "¿Y?"}, "m1")).status == 404


async def test_a_withdrawn_ticket_is_not_here_any_more(gateway: Gateway) -> None:
    await gateway.create()
    for _ in range(2):
        assert (await gateway.send("POST", "/tickets/ACME-1/withdraw", {"reason": "norte has it"})).status == 200
    assert (await gateway.send("GET", "/tickets/ACME-1")).status == 404
    assert (await gateway.send("GET", "/tickets?key=k1")).status == 404
    (ticket,) = await gateway.desk.tickets()
    assert ticket.state is DeskState.WITHDRAWN
    assert ticket.withdrawn_at is not None


async def test_a_picked_up_ticket_says_so_and_is_not_withdrawn(start: Start, options: DeskOptions) -> None:
    gateway = await start(replace(options, pick_up_after=0.0))
    await gateway.create()

    async def picked_up() -> bool:
        return bool((await gateway.send("GET", "/tickets/ACME-1")).body["state"] == "picked_up")

    await until(picked_up)
    assert (await gateway.send("POST", "/tickets/ACME-1/withdraw", {"reason": "norte has it"})).status == 409


@pytest.mark.parametrize(
    ("content", "key", "status"),
    [
        ([], "k", 422),
        ({**TICKET, "reference": 7}, "k", 422),
        ({"reference": "4829157360"}, "k", 422),
        ({**TICKET, "language": ["es"]}, "k", 422),
        (TICKET, None, 400),
        (TICKET, "", 400),
        (TICKET, "k" * 256, 400),
    ],
)
async def test_what_is_not_the_protocol_is_refused(
    gateway: Gateway, content: object, key: str | None, status: int
) -> None:
    answer = await gateway.send("POST", "/tickets", content, key)
    assert answer.status == status
    assert answer.body["error"]
    assert await gateway.desk.tickets() == []


async def test_a_body_that_is_not_json_is_refused(gateway: Gateway) -> None:
    headers = SIGNER.headers("x", b"{") | {"Idempotency-Key": "k1"}
    assert (await gateway.raw("POST", "/tickets", b"{", headers)).status == 400


async def test_only_the_gateway_is_let_in(gateway: Gateway) -> None:
    body = json.dumps(TICKET).encode()
    good = SIGNER.headers("x", body) | {"Idempotency-Key": "k1"}
    stranger = Signer(new_secret(), SystemClock()).headers("x", body) | {"Idempotency-Key": "k1"}
    assert (await gateway.raw("POST", "/tickets", body, stranger)).status == 401
    assert (await gateway.raw("POST", "/tickets", body + b" ", good)).status == 401
    assert (await gateway.raw("GET", "/tickets?key=k1", b"", {})).status == 401
    assert (await gateway.raw("POST", "/tickets", body, good)).status == 201


# The faults


async def test_every_fault_can_be_turned_on_and_healed(gateway: Gateway) -> None:
    for fault in FAULTS:
        await gateway.desk.turn(fault)
        assert (await gateway.raw("GET", "/faults", b"", {})).body["fault"] == fault
        assert await gateway.desk.tickets() == []
    await gateway.desk.turn("none")
    assert (await gateway.create()).status == 201


@pytest.mark.parametrize(("fault", "create", "health"), [("refuse", 422, 200), ("error", 500, 500), ("busy", 429, 200)])
async def test_faults_with_a_status_of_their_own(gateway: Gateway, fault: str, create: int, health: int) -> None:
    await gateway.desk.turn(fault)
    assert (await gateway.create()).status == create
    assert (await gateway.raw("GET", "/health", b"", {})).status == health
    assert await gateway.desk.tickets() == []


async def test_busy_says_when_to_come_again(gateway: Gateway) -> None:
    await gateway.desk.turn("busy", 7)
    assert (await gateway.create()).headers["Retry-After"] == "7"


async def test_a_hung_desk_finishes_what_it_had_when_it_thaws(gateway: Gateway) -> None:
    await gateway.desk.turn("hang")
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await gateway.create()
    assert await gateway.desk.tickets() == []
    waiting = asyncio.create_task(gateway.create("k2"))
    await asyncio.sleep(0.05)
    assert not waiting.done()
    await gateway.desk.turn("none")
    assert (await waiting).status == 201

    async def both_are_there() -> bool:
        return {ticket.key for ticket in await gateway.desk.tickets()} == {"k1", "k2"}

    await until(both_are_there)


async def test_a_slow_desk_keeps_the_ticket_and_answers_late(gateway: Gateway) -> None:
    await gateway.desk.turn("slow", 0.2)
    loop = asyncio.get_running_loop()
    began = loop.time()
    assert (await gateway.create()).status == 201
    assert loop.time() - began >= 0.2


async def test_gray_fails_two_of_three_requests_health_included(gateway: Gateway) -> None:
    await gateway.desk.turn("gray")
    answers = [(await gateway.raw("GET", "/health", b"", {})).status for _ in range(6)]
    assert answers == [500, 500, 200, 500, 500, 200]
    assert [(await gateway.create()).status for _ in range(3)] == [500, 500, 201]


async def test_drop_keeps_the_ticket_and_says_nothing(gateway: Gateway) -> None:
    await gateway.desk.turn("drop")
    with pytest.raises(aiohttp.ClientError):
        await gateway.create()
    assert (await gateway.send("GET", "/tickets?key=k1")).body == {"reference": "ACME-1", "state": "open"}


async def test_drip_takes_its_time_for_every_byte(gateway: Gateway) -> None:
    await gateway.desk.turn("drip", 0.005)
    loop = asyncio.get_running_loop()
    began = loop.time()
    assert (await gateway.create()).body == {"reference": "ACME-1", "state": "open"}
    assert loop.time() - began > 30 * 0.005


async def test_lose_says_yes_and_never_knows_it_again(gateway: Gateway) -> None:
    await gateway.desk.turn("lose")
    first, second = await gateway.create("k1"), await gateway.create("k2")
    assert (first.status, first.body["state"]) == (201, "open")
    assert first.body["reference"] != second.body["reference"]
    await gateway.desk.turn("none")
    assert (await gateway.send("GET", f"/tickets/{first.body['reference']}")).status == 404
    assert (await gateway.send("GET", "/tickets?key=k1")).status == 404


async def test_garbage_is_200_and_not_the_protocol(gateway: Gateway) -> None:
    await gateway.desk.turn("garbage")
    answer = await gateway.create()
    assert answer.status == 200
    assert isinstance(answer.body, str)


@pytest.mark.parametrize(
    "wish", ['{"fault": "nope"}', '{"fault": ["none"]}', "[]", "{", '{"fault":"slow","seconds":-1}']
)
async def test_a_fault_that_there_is_not_is_refused_and_says_which_there_are(gateway: Gateway, wish: str) -> None:
    answer = await gateway.raw("POST", "/faults", wish.encode(), {"Content-Type": "application/json"})
    assert answer.status == 422
    assert "garbage" in answer.body["error"]


@pytest.mark.parametrize(
    ("wish", "content_type"),
    [
        (b"[" * 100_000, "application/json"),
        (b'{"fault":' * 50_000, "application/json"),
        (b'{"fault": "error"}'.replace(b"e", b"\xff"), "application/json"),
        (b"fault=\xff", "application/x-www-form-urlencoded; charset=no-such-charset"),
    ],
    ids=["deep-list", "deep-mapping", "no-utf-8", "odd-charset"],
)
async def test_a_wish_that_cannot_be_read_is_a_bad_wish(gateway: Gateway, wish: bytes, content_type: str) -> None:
    assert (await gateway.raw("POST", "/faults", wish, {"Content-Type": content_type})).status == 422


async def test_a_wish_in_a_charset_that_there_is_not_is_read_all_the_same(gateway: Gateway) -> None:
    headers = {"Content-Type": "application/json; charset=no-such-charset"}
    assert (await gateway.raw("POST", "/faults", b'{"fault": "none"}', headers)).status == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example", "localhost.evil.example", "[::1"]
)
async def test_a_name_that_was_made_to_lead_here_opens_nothing(gateway: Gateway, host: str) -> None:
    for method, path in (("GET", "/"), ("GET", "/faults"), ("POST", "/faults"), ("GET", "/api/tickets")):
        answer = await gateway.raw(
            method, path, b'{"fault": "none"}', {"Host": host, "Content-Type": "application/json"}
        )
        assert answer.status == 403
    assert (await gateway.raw("GET", "/health", b"", {"Host": host})).status == 200


@pytest.mark.parametrize("host", ["localhost", "localhost:9101", "127.0.0.1", "[::1]:9101", "192.0.2.7:80"])
async def test_this_machines_own_names_are_no_other_sites(gateway: Gateway, host: str) -> None:
    assert (await gateway.raw("GET", "/", b"", {"Host": host})).status == 200


async def test_another_sites_page_turns_no_fault_on(gateway: Gateway) -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Origin": "https://evil.example"}
    assert (await gateway.raw("POST", "/faults", b"fault=error", headers)).status == 403
    assert (await gateway.raw("GET", "/faults", b"", {})).body["fault"] == "none"


async def test_another_sites_page_answers_nothing(gateway: Gateway) -> None:
    await gateway.create()
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Origin": "https://evil.example"}
    assert (await gateway.raw("POST", "/answers", b"ticket=ACME-1", headers)).status == 403
    (ticket,) = await gateway.desk.tickets()
    assert ticket.state is DeskState.OPEN


# The page


async def test_a_ticket_is_answered_on_the_page(gateway: Gateway) -> None:
    await gateway.create()
    assert 'value="ACME-1"' in (await gateway.raw("GET", "/", b"", {})).body
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Origin": gateway.url}
    page = await gateway.raw("POST", "/answers", b"ticket=ACME-1&lang=es", headers)
    assert (page.status, "resuelta" in page.body, 'value="ACME-1"' in page.body) == (200, True, False)
    assert (await gateway.raw("POST", "/answers", b"ticket=ACME-2", headers)).status == 404


async def test_the_page_counts_what_the_requester_wrote_later(gateway: Gateway) -> None:
    await gateway.create()
    await gateway.send("POST", "/tickets/ACME-1/messages", {"body": "¿Y?"}, "m1")
    assert "+1 from the requester" in (await gateway.raw("GET", "/?lang=en", b"", {})).body


async def test_the_page_works_without_javascript(gateway: Gateway) -> None:
    await gateway.create()
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Origin": gateway.url}
    page = await gateway.raw("POST", "/faults", b"fault=hang&lang=es", headers)
    assert page.status == 200
    assert "Se cuelga" in page.body
    assert "ACME-1" in page.body
    assert "'unsafe" not in page.headers["Content-Security-Policy"]
    assert page.headers["Content-Security-Policy"].startswith("default-src 'none'")


async def test_the_page_speaks_the_browsers_language(gateway: Gateway) -> None:
    assert '<html lang="es">' in (await gateway.raw("GET", "/", b"", {"Accept-Language": "es-ES,en;q=0.5"})).body
    assert '<html lang="en">' in (await gateway.raw("GET", "/?lang=en", b"", {"Accept-Language": "es"})).body


@pytest.mark.parametrize(
    "path",
    [
        "/static/shared/demo.css",
        "/static/shared/live.js",
        "/static/desk.css",
        "/static/desk.js",
        "/static/desk.svg",
        "/nothing",
    ],
)
async def test_every_answer_bears_the_security_headers(gateway: Gateway, path: str) -> None:
    answer = await gateway.raw("GET", path, b"", {})
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "Content-Security-Policy" in answer.headers


# The reports


class Events:
    """Where a gateway hears reports; the first ones are answered as the script says."""

    def __init__(self, *statuses: int) -> None:
        self.heard: list[tuple[str, dict[str, Any]]] = []
        self._statuses = list(statuses)

    async def hear(self, request: web.Request) -> web.Response:
        body = await request.read()
        report_id = SIGNER.verify(request.headers, body)
        self.heard.append((report_id, json.loads(body)))
        return web.Response(status=self._statuses.pop(0) if self._statuses else 204)

    @contextlib.asynccontextmanager
    async def listening(self) -> AsyncIterator[str]:
        app = web.Application()
        app.router.add_post("/providers/acme/events", self.hear)
        async with TestServer(app) as server:
            yield str(server.make_url("/providers/acme/events"))


async def test_a_tickets_whole_life_is_reported_signed_and_in_order(start: Start, options: DeskOptions) -> None:
    events = Events()
    async with events.listening() as url:
        gateway = await start(replace(options, events_url=url, pick_up_after=0.0, resolve_after=0.1))
        await gateway.create()

        async def all_heard() -> bool:
            return len(events.heard) == 4

        await until(all_heard)
    types = [report["type"].removeprefix("ticket.") for _, report in events.heard]
    assert types[:2] == ["accepted", "picked_up"]
    assert sorted(types[2:]) == ["replied", "resolved"]
    assert all(
        (report["data"]["reference"], report["data"]["provider_reference"]) == ("4829157360", "ACME-1")
        for _, report in events.heard
    )


async def test_a_file_is_downloaded_and_the_reply_brings_one(start: Start, options: DeskOptions) -> None:
    received: list[dict[str, Any]] = []

    async def receive(request: web.Request) -> web.Response:
        received.append(await request.json())
        return web.Response(status=204)

    async def file(request: web.Request) -> web.Response:
        return web.Response(body=bytes(12_345))

    app = web.Application()
    app.add_routes([web.post("/events", receive), web.get("/file", file)])
    async with TestServer(app) as server:
        gateway = await start(
            replace(options, events_url=str(server.make_url("/events")), pick_up_after=0.0, resolve_after=0.0)
        )
        url = str(server.make_url("/file"))
        attachment = {"name": "<i>año</i>.png", "type": "image/png", "size": 12_345, "url": url}
        ticket = TICKET | {"attachments": [attachment]}
        reference = (await gateway.send("POST", "/tickets", ticket, "k1")).body["reference"]
        await until(lambda: have_replied(received))
        await until(lambda: shows(gateway, "(12345 bytes)"))
    page = str((await gateway.raw("GET", "/", b"", {})).body)
    assert f'<a href="{url}">&lt;i&gt;año&lt;/i&gt;.png</a>' in page
    (reply,) = [each["data"]["message"] for each in received if each["type"] == "ticket.replied"]
    (offered,) = reply["attachments"]
    assert offered == {
        "name": "instrucciones.txt",
        "type": "text/plain",
        "url": f"{gateway.url}/tickets/{reference}/files/instructions",
    }
    assert (await gateway.raw("GET", offered["url"].removeprefix(gateway.url), b"", {})).status == 401
    assert str((await gateway.send("GET", offered["url"].removeprefix(gateway.url))).body).startswith("1. Apáguelo.")


async def test_a_reply_to_a_ticket_without_files_brings_none(start: Start, options: DeskOptions) -> None:
    received: list[dict[str, Any]] = []

    async def receive(request: web.Request) -> web.Response:
        received.append(await request.json())
        return web.Response(status=204)

    app = web.Application()
    app.add_routes([web.post("/events", receive)])
    async with TestServer(app) as server:
        gateway = await start(
            replace(options, events_url=str(server.make_url("/events")), pick_up_after=0.0, resolve_after=0.0)
        )
        await gateway.create()
        await until(lambda: have_replied(received))
    assert all("attachments" not in each["data"].get("message", {}) for each in received)


async def have_replied(received: list[dict[str, Any]]) -> bool:
    return any(each["type"] == "ticket.replied" for each in received)


async def shows(gateway: Gateway, text: str) -> bool:
    return text in str((await gateway.raw("GET", "/", b"", {})).body)


async def test_a_report_that_failed_comes_again_under_the_same_id(start: Start, options: DeskOptions) -> None:
    events = Events(503, 404)
    async with events.listening() as url:
        gateway = await start(replace(options, events_url=url))
        await gateway.create()

        async def heard_thrice() -> bool:
            return len(events.heard) == 3

        await until(heard_thrice)
        await asyncio.sleep(0.25)
    assert len(events.heard) == 3
    assert len({report_id for report_id, _ in events.heard}) == 1


# The process


@contextlib.asynccontextmanager
async def running(tmp_path: Path) -> AsyncIterator[tuple[Child, Gateway]]:
    port = new_port()
    command = [sys.executable, "-m", "gateway.demo.desk", "--name", "acme", "--port", str(port)]
    command += ["--data", str(tmp_path / "data")]
    child = Child("acme", command, ready_line, tmp_path / "acme.log", {"ACME_SECRET": SECRET})
    async with Children() as children, aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as session:
        await children.start(child)
        yield child, Gateway(session, f"http://127.0.0.1:{port}")


async def test_what_was_answered_is_there_after_sigkill_and_restart(tmp_path: Path) -> None:
    async with running(tmp_path) as (child, gateway):
        answers = await asyncio.gather(*(gateway.create(f"k{number}") for number in range(20)))
        await child.kill()
        with pytest.raises(aiohttp.ClientError):
            await gateway.create("k0")
        await child.start()
        for number, answer in enumerate(answers):
            assert (await gateway.create(f"k{number}")).body == answer.body
        assert len(await gateway.desk.tickets()) == 20


async def test_a_frozen_desk_takes_no_ticket_until_it_thaws(tmp_path: Path) -> None:
    async with running(tmp_path) as (child, gateway):
        child.freeze()
        waiting = asyncio.create_task(gateway.create())
        await asyncio.sleep(0.2)
        assert not waiting.done()
        child.thaw()
        assert (await waiting).status == 201


@pytest.mark.parametrize("fault", ["none", "hang"])
async def test_sigterm_stops_it_cleanly_even_while_it_hangs(tmp_path: Path, fault: str) -> None:
    async with running(tmp_path) as (child, gateway):
        await gateway.desk.turn(fault)
        waiting = asyncio.create_task(gateway.create())
        await asyncio.sleep(0.1)
        child.signal(signal.SIGTERM)
        assert child.process is not None
        async with asyncio.timeout(4):
            assert await child.process.wait() == 0
        await asyncio.gather(waiting, return_exceptions=True)
        assert child.last_words() == ""


@pytest.mark.parametrize(("secret", "complaint"), [(None, "ACME_SECRET must hold"), ("whsec_!", "not base64")])
async def test_a_missing_or_bad_secret_is_said_without_a_traceback(
    tmp_path: Path, secret: str | None, complaint: str
) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "gateway.demo.desk", "--name", "acme", "--data", str(tmp_path)),
        env={"PATH": ""} | ({"ACME_SECRET": secret} if secret else {}),
        stderr=asyncio.subprocess.PIPE,
    )
    _, error = await process.communicate()
    assert process.returncode != 0
    assert complaint in error.decode()
    assert "Traceback" not in error.decode()
