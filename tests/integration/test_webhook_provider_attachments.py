"""Attachments between us and a desk, in both directions, through real sockets and a real store."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from gateway.core.clock import SystemClock
from gateway.core.errors import StoreUnavailable
from gateway.core.handoff import Handoff, HandoffState
from gateway.core.ids import new_id
from gateway.core.links import LASTS, AttachmentLinks
from gateway.core.reference import new_reference
from gateway.core.settings import Listen
from gateway.core.signature import Signer
from gateway.core.ticket import Attachment, Intake, Ticket
from gateway.intake import IntakeDoor
from gateway.listener import Listener
from gateway.store import SqlStore
from routing.providers.webhook import files
from routing.providers.webhook.adapter import WebhookProvider
from routing.providers.webhook.context import DeskContext
from routing.registry import provider_routes
from tests.support.blobs import MemoryBlobs
from tests.support.clock import SetClock
from tests.support.ops import FakeMeasurements
from tests.support.scripted_desk import ScriptedDesk, answers, hangs, resets, sends
from tests.support.store import opened_store
from tests.support.store_work import Work, follow_up, new_ticket
from tests.support.web import FakeRouting
from tests.support.webhook_provider import SECRET, make_settings

PUBLIC_URL = "https://help.example.org/relevo"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 1000


@dataclass
class Bench:
    """Two desks, one of which is scripted, before a gateway whose store has what the test puts there."""

    url: str
    desk: ScriptedDesk
    providers: dict[str, WebhookProvider]
    store: SqlStore
    blobs: MemoryBlobs
    links: AttachmentLinks
    clock: SetClock
    client: aiohttp.ClientSession

    @property
    def work(self) -> Work:
        return Work(self.store)

    async def put(self, content: bytes, name: str = "año.png", media_type: str = "image/png") -> Attachment:
        async def once() -> AsyncIterator[bytes]:
            yield content

        blob = await self.blobs.put(once(), 10_000_000)
        return Attachment(name, media_type, blob.size, blob.digest)

    async def intake_with(self, *attachments: Attachment) -> Intake:
        intake = new_ticket()
        return replace(intake, message=replace(intake.message, attachments=attachments))

    async def link_of(self, ticket_id: str, copy: Handoff) -> str:
        message = (await self.work.case(ticket_id)).messages[0]
        return self.links.url(copy, message, 1)

    async def fetch(self, link: str) -> tuple[int, bytes, Any]:
        """What a link of ours gives."""
        assert link.startswith(PUBLIC_URL)
        async with self.client.get(link.replace(PUBLIC_URL, self.url)) as response:
            return response.status, await response.read(), response.headers

    async def post(self, path: str, content: object, *, message_id: str | None = None) -> tuple[int, Any]:
        body = json.dumps(content).encode()
        headers = Signer(SECRET, SystemClock()).headers(message_id or new_id(), body)
        async with self.client.post(f"{self.url}/providers/{path}", data=body, headers=headers) as response:
            answer = await response.read()
            return response.status, json.loads(answer) if answer else None

    async def reply(self, ticket: Ticket, *attachments: object, message_id: str | None = None) -> tuple[int, Any]:
        message = {"body": "Siga estos pasos.", "attachments": list(attachments)}
        data = {"reference": ticket.reference, "message": message}
        return await self.post("acme/events", {"type": "ticket.replied", "data": data}, message_id=message_id)


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    clock = SetClock(1_800_000_000.0)
    blobs = MemoryBlobs(clock)
    links = AttachmentLinks(b"a key of thirty-two bytes or more", PUBLIC_URL, clock)
    providers: dict[str, WebhookProvider] = {}
    async with ScriptedDesk() as desk, opened_store("memory") as store, aiohttp.ClientSession() as client:
        for name in ("acme", "norte"):
            providers[name] = WebhookProvider(name, make_settings(desk.url), SystemClock(), links)
        door = IntakeDoor(store, FakeRouting(), clock, FakeMeasurements())
        routes = provider_routes(lambda: providers, DeskContext(door, store, blobs, links, clock))
        listener = Listener("public", Listen(host="127.0.0.1", port=0), routes)
        await listener.start()
        yield Bench(listener.url, desk, providers, store, blobs, links, clock, client)
        await listener.stop()
        for each in providers.values():
            await each.close()


# What a desk is told.


async def test_a_create_lists_every_attachment_with_its_link(bench: Bench) -> None:
    picture, log = await bench.put(PNG), await bench.put(b"log", "a.log", "text/plain")
    ticket_id = await bench.work.accept(await bench.intake_with(picture, log))
    (case,) = await bench.work.claim()
    copy = await bench.work.begin(case, "acme")
    await bench.providers["acme"].create(case, copy)
    given = bench.desk.requests[0].json()
    expected: list[dict[str, Any]] = [
        {"name": "año.png", "type": "image/png", "size": len(PNG), "url": bench.links.url(copy, case.messages[0], 1)},
        {"name": "a.log", "type": "text/plain", "size": 3, "url": bench.links.url(copy, case.messages[0], 2)},
    ]
    assert given["attachments"] == expected
    assert given["messages"][0]["attachments"] == expected
    assert (await bench.fetch(expected[0]["url"]))[:2] == (200, PNG)
    assert await bench.work.state(ticket_id) == "waiting"


async def test_a_further_message_lists_its_own(bench: Bench) -> None:
    ticket_id, copy = await bench.work.handed_off(intake=await bench.intake_with(await bench.put(PNG)))
    further = follow_up(ticket_id)
    attached = replace(further.message, attachments=(await bench.put(b"log", "a.log", "text/plain"),))
    await bench.work.accept(replace(further, message=attached))
    message = (await bench.work.case(ticket_id)).messages[1]
    bench.desk.otherwise = answers(201, {})
    await bench.providers["acme"].append(await bench.work.copy(ticket_id, copy.id), message)
    (given,) = bench.desk.requests[0].json()["attachments"]
    assert (given["name"], given["size"]) == ("a.log", 3)
    assert (await bench.fetch(given["url"]))[:2] == (200, b"log")


async def test_a_ticket_without_attachments_lists_none(bench: Bench) -> None:
    await bench.work.accept()
    (case,) = await bench.work.claim()
    await bench.providers["acme"].create(case, await bench.work.begin(case, "acme"))
    given = bench.desk.requests[0].json()
    assert (given["attachments"], given["messages"][0]["attachments"]) == ([], [])


# Who may fetch.


async def test_t04_a_desk_downloads_and_shows_nothing_inline(bench: Bench) -> None:
    ticket_id, copy = await bench.work.handed_off(intake=await bench.intake_with(await bench.put(PNG)))
    _, _, headers = await bench.fetch(await bench.link_of(ticket_id, copy))
    assert headers["Content-Disposition"].startswith("attachment;")
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Security-Policy"].startswith("sandbox;")


async def test_t38_a_withdrawn_copy_loses_its_files(bench: Bench) -> None:
    ticket_id, copy = await bench.work.handed_off(intake=await bench.intake_with(await bench.put(PNG)))
    link = await bench.link_of(ticket_id, copy)
    assert (await bench.fetch(link))[0] == 200
    await bench.work.learn(copy, HandoffState.WITHDRAWN)
    assert (await bench.fetch(link))[0] == 404


@pytest.mark.parametrize("state", [HandoffState.REFUSED, HandoffState.UNAVAILABLE])
async def test_t38_who_has_not_got_the_ticket_gets_no_file(bench: Bench, state: HandoffState) -> None:
    ticket_id = await bench.work.accept(await bench.intake_with(await bench.put(PNG)))
    (case,) = await bench.work.claim()
    copy = await bench.work.begin(case, "acme")
    link = await bench.link_of(ticket_id, copy)
    assert (await bench.fetch(link))[0] == 200
    await bench.work.learn(copy, state)
    assert (await bench.fetch(link))[0] == 404


async def test_t38_who_may_have_the_ticket_may_have_its_files_until_it_is_known_to_be_absent(bench: Bench) -> None:
    ticket_id = await bench.work.accept(await bench.intake_with(await bench.put(PNG)))
    (case,) = await bench.work.claim()
    copy = await bench.work.begin(case, "acme")
    link = await bench.link_of(ticket_id, copy)
    await bench.work.learn(copy, HandoffState.UNKNOWN)
    assert (await bench.fetch(link))[0] == 200
    await bench.work.learn(copy, HandoffState.ABSENT)
    assert (await bench.fetch(link))[0] == 404


async def test_t38_a_link_is_of_no_use_to_another_provider(bench: Bench) -> None:
    ticket_id, copy = await bench.work.handed_off(intake=await bench.intake_with(await bench.put(PNG)))
    link = await bench.link_of(ticket_id, copy)
    assert (await bench.fetch(link.replace("/acme/", "/norte/")))[0] == 404


async def test_t33_a_link_to_what_is_not_there(bench: Bench) -> None:
    ticket_id, copy = await bench.work.handed_off(intake=await bench.intake_with(await bench.put(PNG)))
    message = (await bench.work.case(ticket_id)).messages[0]
    assert (await bench.fetch(bench.links.url(copy, message, 2)))[0] == 404
    assert (await bench.fetch(bench.links.url(copy, replace(message, number=2), 1)))[0] == 404
    assert (await bench.fetch(bench.links.url(replace(copy, id=new_id()), message, 1)))[0] == 404
    assert (await bench.fetch(bench.links.url(replace(copy, ticket_id=new_id()), message, 1)))[0] == 404
    assert (await bench.fetch(f"{PUBLIC_URL}/providers/acme/attachments/nonsense"))[0] == 404


async def test_a_provider_that_is_gone_has_lost_its_links(bench: Bench) -> None:
    ticket_id, copy = await bench.work.handed_off(intake=await bench.intake_with(await bench.put(PNG)))
    gone = bench.providers.pop("acme")
    assert (await bench.fetch(await bench.link_of(ticket_id, copy)))[0] == 404
    await gone.close()


async def test_a_link_that_has_expired_is_made_anew(bench: Bench) -> None:
    ticket_id, copy = await bench.work.handed_off(intake=await bench.intake_with(await bench.put(PNG)))
    link = await bench.link_of(ticket_id, copy)
    bench.clock.at += LASTS
    assert (await bench.fetch(link))[0] == 401
    case = await bench.work.case(ticket_id)
    assert case.ticket is not None
    status, answer = await bench.post("acme/attachments", {"reference": case.ticket.reference})
    assert status == 200
    (listed,) = answer["attachments"]
    assert listed == {
        "message": case.messages[0].id, "name": "año.png", "type": "image/png", "size": len(PNG), "url": listed["url"],
    }  # fmt: skip
    assert (await bench.fetch(listed["url"]))[:2] == (200, PNG)


async def test_t33_links_are_made_for_who_has_the_ticket(bench: Bench) -> None:
    ticket_id, copy = await bench.work.handed_off(intake=await bench.intake_with(await bench.put(PNG)))
    ticket = (await bench.work.case(ticket_id)).ticket
    assert ticket is not None
    assert (await bench.post("norte/attachments", {"reference": ticket.reference}))[0] == 404
    assert (await bench.post("acme/attachments", {"reference": new_reference()}))[0] == 404
    await bench.work.learn(copy, HandoffState.WITHDRAWN)
    assert (await bench.post("acme/attachments", {"reference": ticket.reference}))[0] == 404


async def test_t33_links_are_made_for_who_has_signed(bench: Bench) -> None:
    async with bench.client.post(f"{bench.url}/providers/acme/attachments", json={"reference": "4829157360"}) as answer:
        assert answer.status == 401


# What a desk sends.


def offered(bench: Bench, url: str | None = None, name: str = "guía.pdf", media_type: str = "application/pdf") -> Any:
    return {"name": name, "type": media_type, "url": url or f"{bench.desk.base}/tickets/T-1/files/1"}


async def ticket_at_acme(bench: Bench) -> Ticket:
    ticket_id, _ = await bench.work.handed_off()
    ticket = (await bench.work.case(ticket_id)).ticket
    assert ticket is not None
    return ticket


async def replies(bench: Bench, ticket: Ticket) -> list[tuple[Attachment, ...]]:
    return [message.attachments for message in (await bench.work.case(ticket.id)).messages[1:]]


async def test_a_reply_brings_its_files(bench: Bench) -> None:
    ticket = await ticket_at_acme(bench)
    pdf = b"%PDF-1.7" + bytes(300_000)
    bench.desk.otherwise = answers(200, pdf)
    assert await bench.reply(ticket, offered(bench)) == (204, None)
    ((found,),) = await replies(bench, ticket)
    assert (found.name, found.media_type, found.size) == ("guía.pdf", "application/pdf", len(pdf))
    assert bench.blobs.contents[found.digest] == pdf


async def test_a_file_is_asked_for_with_our_signature(bench: Bench) -> None:
    ticket = await ticket_at_acme(bench)
    bench.desk.otherwise = answers(200, b"x")
    await bench.reply(ticket, offered(bench))
    request = bench.desk.requests[0]
    assert (request.method, request.path) == ("GET", "/tickets/T-1/files/1")
    Signer(SECRET, SystemClock()).verify(request.headers, b"")


async def test_a_report_that_comes_again_adds_no_files(bench: Bench) -> None:
    ticket = await ticket_at_acme(bench)
    bench.desk.otherwise = answers(200, b"x")
    for _ in range(2):
        assert (await bench.reply(ticket, offered(bench), message_id="r1"))[0] == 204
    assert len(await replies(bench, ticket)) == 1


async def test_a_report_that_comes_again_needs_its_files_no_more(bench: Bench) -> None:
    """The answer to the first one was lost, and meanwhile the desk has removed the file: 422 would never end."""
    ticket = await ticket_at_acme(bench)
    bench.desk.otherwise = answers(200, b"x")
    assert (await bench.reply(ticket, offered(bench), message_id="r1"))[0] == 204
    bench.desk.otherwise = answers(404)
    assert (await bench.reply(ticket, offered(bench), message_id="r1"))[0] == 204
    assert len(bench.desk.requests) == 1


async def test_t33_nothing_is_fetched_for_a_ticket_that_the_desk_has_not_got(bench: Bench) -> None:
    """Any ten digits that check made us fetch 25 MiB."""
    ticket = await ticket_at_acme(bench)
    bench.desk.otherwise = answers(200, b"x")
    stranger = replace(ticket, reference=new_reference())
    assert (await bench.reply(stranger, offered(bench)))[0] == 404
    (copy,) = (await bench.work.case(ticket.id)).handoffs
    await bench.work.learn(copy, HandoffState.WITHDRAWN, at=1_003.0)
    assert (await bench.reply(ticket, offered(bench)))[0] == 404
    assert bench.desk.requests == []
    assert bench.blobs.contents == {}


async def test_t04_a_desks_file_that_pretends_is_unknown(bench: Bench) -> None:
    ticket = await ticket_at_acme(bench)
    bench.desk.otherwise = answers(200, b"<svg onload='alert(1)'>")
    await bench.reply(ticket, offered(bench, name="a\u202egnp.png", media_type="image/png"))
    ((found,),) = await replies(bench, ticket)
    assert (found.name, found.media_type) == ("a\ufffdgnp.png", "application/octet-stream")


@pytest.mark.parametrize(
    "url",
    [
        "http://169.254.169.254/latest/meta-data/",
        "http://127.0.0.1:1/tickets/x",
        "http://localhost:{port}/tickets/x",
        "https://127.0.0.1:{port}/tickets/x",
        "http://user@127.0.0.1:{port}/tickets/x",
        "http://127.0.0.1:{port}@example.org/x",
        "http://[::ffff:127.0.0.1]:{port}/x",
        "//127.0.0.1:{port}/x",
        "file:///etc/passwd",
        "/etc/passwd",
        "",
        "http://127.0.0.1:{port}/a b",
        "http://127.0.0.1:{port}/a\r\nX: y",
        "http://127.0.0.1:99999/x",
        "http://127.0.0.1[]@",
    ],
)
async def test_t28_a_desk_cannot_make_us_ask_anybody_else(bench: Bench, url: str) -> None:
    ticket = await ticket_at_acme(bench)
    given = {"name": "x", "type": "text/plain", "url": url.format(port=bench.desk.port)}
    status, problem = await bench.reply(ticket, given)
    assert (status, problem["errors"][0]["pointer"]) == (422, "/data/message/attachments/0/url")
    assert bench.desk.connections == 0
    assert await replies(bench, ticket) == []


async def test_t28_an_address_that_is_not_permitted_is_not_dialled(bench: Bench) -> None:
    settings = make_settings(bench.desk.url).model_copy(update={"allow_private": False})
    bench.providers["sly"] = WebhookProvider("sly", settings, SystemClock(), bench.links)
    ticket_id, _ = await bench.work.handed_off("sly")
    ticket = (await bench.work.case(ticket_id)).ticket
    assert ticket is not None
    message = {"body": "x", "attachments": [offered(bench)]}
    report = {"type": "ticket.replied", "data": {"reference": ticket.reference, "message": message}}
    assert (await bench.post("sly/events", report))[0] == 503
    assert bench.desk.connections == 0


async def test_t28_a_redirect_is_not_followed(bench: Bench) -> None:
    ticket = await ticket_at_acme(bench)
    bench.desk.otherwise = answers(302, b"", {"Location": f"{bench.desk.base}/elsewhere"})
    assert (await bench.reply(ticket, offered(bench)))[0] == 422
    assert len(bench.desk.requests) == 1


async def test_t18_a_compressed_answer_is_refused(bench: Bench) -> None:
    ticket = await ticket_at_acme(bench)
    bench.desk.otherwise = answers(200, b"x" * 100, {"Content-Encoding": "gzip"})
    assert (await bench.reply(ticket, offered(bench)))[0] == 422
    assert bench.blobs.contents == {}


@pytest.mark.parametrize(("answer", "status"), [(404, 422), (403, 422), (500, 503), (429, 503)])
async def test_a_file_that_cannot_be_had(bench: Bench, answer: int, status: int) -> None:
    ticket = await ticket_at_acme(bench)
    bench.desk.otherwise = answers(answer)
    found, problem = await bench.reply(ticket, offered(bench))
    assert (found, f"answered {answer}" in problem["detail"]) == (status, True)
    assert await replies(bench, ticket) == []


async def test_a_report_refused_for_now_may_come_again(bench: Bench) -> None:
    ticket = await ticket_at_acme(bench)
    bench.desk.otherwise = resets
    assert (await bench.reply(ticket, offered(bench), message_id="r1"))[0] == 503
    bench.desk.otherwise = answers(200, b"x")
    assert (await bench.reply(ticket, offered(bench), message_id="r1"))[0] == 204
    assert len(await replies(bench, ticket)) == 1


async def test_a_file_that_breaks_off_is_not_kept(bench: Bench) -> None:
    ticket = await ticket_at_acme(bench)
    bench.desk.otherwise = sends(b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\nhalf")
    assert (await bench.reply(ticket, offered(bench)))[0] == 503
    assert bench.blobs.contents == {}


async def test_a_file_without_end_is_cut_off(bench: Bench) -> None:
    ticket = await ticket_at_acme(bench)
    bench.desk.otherwise = answers(200, bytes(files.FILE_SIZE + 1))
    status, problem = await bench.reply(ticket, offered(bench))
    assert (status, "has more than" in problem["detail"]) == (422, True)
    assert bench.blobs.contents == {}


async def test_the_files_of_a_reply_are_bounded_together(bench: Bench) -> None:
    ticket = await ticket_at_acme(bench)
    bench.desk.otherwise = answers(200, bytes(files.FILE_SIZE))
    status, problem = await bench.reply(ticket, *[offered(bench)] * 3)
    assert (status, problem["errors"][0]["pointer"]) == (422, "/data/message/attachments/2/url")


async def test_too_many_files_are_refused(bench: Bench) -> None:
    ticket = await ticket_at_acme(bench)
    assert (await bench.reply(ticket, *[offered(bench)] * (files.MOST_FILES + 1)))[0] == 422
    assert bench.desk.requests == []


async def test_a_desk_that_hangs_holds_nothing_up_for_long(bench: Bench) -> None:
    ticket = await ticket_at_acme(bench)
    bench.providers["acme"].files.deadline = 0.1
    bench.desk.otherwise = hangs
    status, problem = await bench.reply(ticket, offered(bench))
    assert (status, "no answer within" in problem["detail"]) == (503, True)


async def test_a_full_disk_asks_for_the_report_again(bench: Bench) -> None:
    ticket = await ticket_at_acme(bench)
    bench.desk.otherwise = answers(200, b"x")
    bench.blobs.failure = StoreUnavailable("full")
    assert (await bench.reply(ticket, offered(bench)))[0] == 503
    assert await replies(bench, ticket) == []
