"""The ops API through a real listener."""

from dataclasses import fields, replace
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.core.clock import iso
from gateway.core.delivery import Kind, Quarantined
from gateway.core.handoff import HandoffState
from gateway.core.provider import HealthState, Takeover
from gateway.core.reference import show_reference
from gateway.core.ticket import Attachment, Priority, TicketState
from gateway.web.ops import PolicyFacts
from tests.contract.blobs_contract import put
from tests.support.clock import NOW, SetClock
from tests.support.kept_mails import new_mail
from tests.support.ops import (
    FakeQuarantine,
    FakeReads,
    FakeReloader,
    FakeStatus,
    OpsSite,
    make_handoff,
    make_message,
    make_ticket,
    ticket_id,
)


async def get(site: OpsSite, path: str, status: int = 200) -> Any:
    async with site.running() as client, client.get(path) as response:
        assert response.status == status, await response.text()
        assert response.headers["Cache-Control"] == "no-store"
        return await response.json(content_type=None)


async def test_providers() -> None:
    site = OpsSite(status=FakeStatus({"acme": HealthState.DOWN}))
    assert await get(site, "/api/v1/providers") == {
        "providers": [{"name": "acme", "state": "down", "reason": "because", "since": iso(NOW), "share": 1.0}]
    }


async def test_policies() -> None:
    facts = PolicyFacts("default", ("acme", "norte"), 5.0, 3.1, {"ticket": 4.9})
    site = OpsSite(policies=[facts], status=FakeStatus(serving={"default": None}))
    assert await get(site, "/api/v1/policies") == {
        "policies": [
            {
                "name": "default",
                "providers": ["acme", "norte"],
                "serving": None,
                "takeover_within": 5.0,
                "hedge_after": 3.1,
                "bounds": {"ticket": 4.9},
            }
        ]
    }


async def test_takeovers_show_the_whole_evidence() -> None:
    takeover = Takeover("k", "default", "acme", "norte", NOW, NOW + 1, NOW + 2, NOW + 3, 2.8, 5.0)
    ended = Takeover("j", "default", "acme", None, None, NOW, NOW, NOW, 2.8, 5.0, ended_at=NOW + 9, met=True)
    site = OpsSite(reads=FakeReads(evidence=[takeover, ended]))
    told = (await get(site, "/api/v1/takeovers"))["takeovers"]
    assert set(told[0]) == {field.name for field in fields(Takeover)}
    assert told[0]["switched_at"] == iso(NOW + 3)
    assert told[0]["detection_bound"] == 2.8
    assert told[1]["ended_at"] == iso(NOW + 9)
    assert [each["id"] for each in (await get(site, "/api/v1/takeovers?open=true"))["takeovers"]] == ["k"]


async def test_a_ticket_in_a_list() -> None:
    ticket = make_ticket(
        1, state=TicketState.HANDED_OFF, handed_off_at=NOW + 2, priority=Priority.URGENT, language="es"
    )
    copies = [
        make_handoff(ticket, "acme", HandoffState.ACCEPTED, superseded=True),
        make_handoff(ticket, "norte", HandoffState.ACCEPTED),
    ]
    site = OpsSite(reads=FakeReads(all_tickets=[ticket], all_handoffs=copies))
    assert await get(site, "/api/v1/tickets") == {
        "tickets": [
            {
                "reference": ticket.reference,
                "state": "handed_off",
                "channel": "web",
                "language": "es",
                "category": None,
                "priority": "urgent",
                "policy": "default",
                "provider": "norte",
                "received_at": iso(NOW + 1),
                "due_at": iso(NOW + 6),
                "handed_off_at": iso(NOW + 2),
                "reason": None,
            }
        ],
        "next": None,
    }


@pytest.mark.parametrize(("token", "name"), [("a token", "año.png"), (None, None)])
async def test_a_ticket_lists_its_attachments(token: str | None, name: str | None) -> None:
    ticket = make_ticket(1)
    picture = Attachment("año.png", "image/png", 2048, "a" * 64)
    message = replace(make_message(ticket), attachments=(picture,))
    site = OpsSite(reads=FakeReads(all_tickets=[ticket], messages=[message]), token=token)
    path = f"/api/v1/tickets/{ticket.reference}"
    async with site.running() as client, client.get(path, headers={"Authorization": f"Bearer {token}"}) as response:
        told = await response.json()
    assert told["messages"][0]["attachments"] == [
        {"name": name, "media_type": "image/png", "size": 2048, "digest": "a" * 64}
    ]


@pytest.mark.parametrize(("token", "said"), [("a token", "dkim example.net"), (None, None)])
async def test_whether_a_message_s_sender_is_authenticated_is_shown_with_it(
    token: str | None, said: str | None
) -> None:
    ticket = make_ticket(1)
    message = make_message(ticket)
    reads = FakeReads(all_tickets=[ticket], messages=[message], senders={message.id: "dkim example.net"})
    site = OpsSite(reads=reads, token=token)
    path = f"/api/v1/tickets/{ticket.reference}"
    async with site.running() as client, client.get(path, headers={"Authorization": f"Bearer {token}"}) as response:
        told = await response.json()
    assert told["messages"][0]["authenticated"] == said


@pytest.mark.parametrize(
    ("copies", "holder"),
    [
        ([], None),
        ([("acme", HandoffState.UNKNOWN)], None),
        ([("acme", HandoffState.ACCEPTED), ("norte", HandoffState.PICKED_UP)], "norte"),
        ([("acme", HandoffState.WITHDRAWN), ("norte", HandoffState.RESOLVED)], "norte"),
    ],
)
async def test_who_has_a_ticket(copies: list[tuple[str, HandoffState]], holder: str | None) -> None:
    ticket = make_ticket(1)
    handoffs = [make_handoff(ticket, provider, state) for provider, state in copies]
    site = OpsSite(reads=FakeReads(all_tickets=[ticket], all_handoffs=handoffs))
    assert (await get(site, "/api/v1/tickets"))["tickets"][0]["provider"] == holder


async def test_tickets_page_by_page_each_once() -> None:
    reads = FakeReads(all_tickets=[make_ticket(number) for number in range(1, 8)])
    references, path = [], "/api/v1/tickets?limit=3"
    site = OpsSite(reads=reads)
    async with site.running() as client:
        while path:
            page = await (await client.get(path)).json()
            references += [each["reference"] for each in page["tickets"]]
            path = f"/api/v1/tickets?limit=3&before={page['next']}" if page["next"] else ""
    assert references == [ticket.reference for ticket in reversed(reads.all_tickets)]


async def test_tickets_by_state() -> None:
    reads = FakeReads(all_tickets=[make_ticket(1), make_ticket(2, state=TicketState.QUARANTINED)])
    page = await get(OpsSite(reads=reads), "/api/v1/tickets?state=quarantined")
    assert [each["state"] for each in page["tickets"]] == ["quarantined"]


async def test_one_ticket_by_its_reference_as_people_write_it() -> None:
    ticket = make_ticket(1)
    handoff = make_handoff(ticket, "acme", HandoffState.UNKNOWN, reason="no answer within 1s")
    site = OpsSite(reads=FakeReads(all_tickets=[ticket], all_handoffs=[handoff]))
    shown = await get(site, f"/api/v1/tickets/{show_reference(ticket.reference)}")
    assert shown["reference"] == ticket.reference
    assert shown["handoffs"][0]["state"] == "unknown"
    assert shown["handoffs"][0]["reason"] == "no answer within 1s"


@pytest.mark.parametrize("reference", ["1234567890", "x", "%00", "..%2f", "4" * 3000])
async def test_a_reference_that_is_none(reference: str) -> None:
    async with OpsSite().running() as client, client.get(f"/api/v1/tickets/{reference}") as response:
        assert response.status == 404
        assert response.content_type == "application/problem+json"


async def test_overdue_says_which_ticket_how_late_and_why() -> None:
    late = make_ticket(1, reason="acme is down; norte refused")
    handoff = make_handoff(late, "norte", HandoffState.REFUSED, reason="422")
    reads = FakeReads(all_tickets=[late, make_ticket(9)], all_handoffs=[handoff])
    told = (await get(OpsSite(reads=reads, clock=SetClock(NOW + 8.5)), "/api/v1/overdue"))["overdue"]
    assert [(each["reference"], each["seconds_late"], each["reason"]) for each in told] == [
        (late.reference, 2.5, "acme is down; norte refused")
    ]
    assert told[0]["tries"] == [{"provider": "norte", "state": "refused", "attempts": 1, "reason": "422"}]


async def test_quarantine_is_listed_replayed_and_discarded_with_who_did_it() -> None:
    item = Quarantined("q1", Kind.TICKET, ticket_id(1), "r1", None, "all refused", 12, NOW)
    site = OpsSite(token="t", reads=FakeReads(items=[item]), quarantine=FakeQuarantine({"q1", "q2"}))
    async with site.running() as client:
        listed = await (await client.get("/api/v1/quarantine")).json()
        replayed = await client.post("/api/v1/quarantine/q1/replay")
        again = await client.post("/api/v1/quarantine/q1/replay")
        discarded = await client.delete("/api/v1/quarantine/q2")
        assert (replayed.status, again.status, discarded.status) == (200, 404, 204)
        assert await replayed.json() == {"id": "q1"}
    assert listed["quarantine"] == [
        {
            "id": "q1",
            "kind": "ticket",
            "reference": "r1",
            "target": None,
            "place": None,
            "reason": "all refused",
            "attempts": 12,
            "at": iso(NOW),
        }
    ]
    assert site.quarantine.done == [
        ("release", "q1", "token from 127.0.0.1"),
        ("discard", "q2", "token from 127.0.0.1"),
    ]


async def test_mails_are_replayed_in_batches_and_counted() -> None:
    site = OpsSite(token="t", quarantine=FakeQuarantine(mails_left=1_100))
    async with site.running() as client:
        async with client.post("/api/v1/quarantine/replay", params={"channel": "mail", "reason": "deep"}) as response:
            assert await response.json() == {"mails": 1_100}
        assert site.quarantine.done == [("replay mails", "mail, deep", "token from 127.0.0.1")] * 3
        async with client.post("/api/v1/quarantine/replay") as response:
            assert await response.json() == {"mails": 0}
        async with client.post("/api/v1/quarantine/replay?chanel=mail") as response:
            assert response.status == 422
    assert site.quarantine.done[3:] == [("replay mails", "None, None", "token from 127.0.0.1")]


async def test_a_mail_that_could_not_be_read_is_handed_out_as_it_came() -> None:
    hostile = b"Content-Type: text/html\r\n\r\n<script>alert(1)</script>\xff\x00"
    small, large = new_mail(content=hostile), new_mail(content=None, digest="")
    site = OpsSite(token="t")
    blob = await put(site.blobs, hostile * 3_000)
    large = replace(large, size=blob.size, digest=blob.digest)
    site.quarantine.mails = {"small": small, "large": large}
    async with site.running() as client:
        for item, content in (("small", hostile), ("large", hostile * 3_000)):
            async with client.get(f"/api/v1/quarantine/{item}/mail") as response:
                assert (response.status, response.content_type) == (200, "message/rfc822")
                assert response.headers["Content-Disposition"].startswith("attachment; filename=")
                assert "no-store" in response.headers["Cache-Control"]
                assert response.headers["X-Content-Type-Options"] == "nosniff"
                assert await response.read() == content
        async with client.get("/api/v1/quarantine/unknown/mail") as response:
            assert response.status == 404


async def test_t38_a_mail_is_handed_out_only_where_a_token_protects_it() -> None:
    site = OpsSite(quarantine=FakeQuarantine(mails={"m": new_mail()}))
    async with site.running() as client, client.get("/api/v1/quarantine/m/mail") as response:
        assert response.status == 403
        assert "gateway.ops.token" in (await response.json())["detail"]


async def test_reload_tells_what_is_in_force() -> None:
    async with OpsSite().running() as client, client.post("/-/reload") as response:
        assert response.status == 200
        assert await response.json() == {"digest": "d1ge57"}


async def test_reload_of_a_wrong_file_tells_every_problem() -> None:
    site = OpsSite(reloader=FakeReloader("relevo.yaml:3:1: gateway: unknown\nrelevo.yaml:9:5: url: is missing"))
    async with site.running() as client, client.post("/-/reload") as response:
        assert response.status == 422
        assert [each["detail"] for each in (await response.json())["errors"]] == [
            "relevo.yaml:3:1: gateway: unknown",
            "relevo.yaml:9:5: url: is missing",
        ]


async def test_reload_is_no_get() -> None:
    async with OpsSite().running() as client, client.get("/-/reload") as response:
        assert response.status == 405


@pytest.mark.parametrize(
    ("path", "parameter"),
    [
        ("/api/v1/tickets?limit=0", "limit"),
        ("/api/v1/tickets?limit=201", "limit"),
        ("/api/v1/tickets?limit=many", "limit"),
        ("/api/v1/tickets?limit=" + "9" * 5000, "limit"),
        ("/api/v1/tickets?state=lost", "state"),
        ("/api/v1/tickets?before=1;drop", "before"),
        ("/api/v1/tickets?stat=waiting", "stat"),
        ("/api/v1/tickets?limit=1&limit=2", "limit"),
        ("/api/v1/events?after=-1", "after"),
        ("/api/v1/events?after=9223372036854775808", "after"),
        ("/api/v1/takeovers?open=perhaps", "open"),
        ("/api/v1/providers?x=1", "x"),
    ],
)
async def test_a_parameter_that_cannot_be_used_is_named(path: str, parameter: str) -> None:
    async with OpsSite().running() as client, client.get(path) as response:
        assert response.status == 422
        (error,) = (await response.json())["errors"]
    assert error["pointer"] == f"/{parameter}"
    assert error["detail"].startswith(f"{parameter}: ")


PATHS = ["tickets", "overdue", "events", "takeovers", "quarantine", "providers", "policies"]
NAMES = st.sampled_from(["limit", "after", "before", "state", "open", "lang"]) | st.text(max_size=8)
VALUES = st.text(max_size=40) | st.integers().map(str)


async def test_no_query_breaks_it() -> None:
    site = OpsSite(reads=FakeReads(all_tickets=[make_ticket(1)]))
    queries: list[tuple[str, str]] = []

    @settings(max_examples=300, database=None, suppress_health_check=[HealthCheck.too_slow])
    @given(st.sampled_from(PATHS), st.lists(st.tuples(NAMES, VALUES), max_size=4))
    def collect(path: str, pairs: list[tuple[str, str]]) -> None:
        queries.append((path, urlencode(pairs, errors="surrogatepass")))

    collect()
    async with site.running() as client:
        for path, query in queries:
            async with client.get(f"/api/v1/{path}?{query}") as response:
                assert response.status in (200, 422), (path, query)
