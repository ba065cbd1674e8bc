"""What desks report, through the real listener: `POST /providers/{name}/events`."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import pytest
from standardwebhooks import Webhook

from gateway.core.clock import SystemClock
from gateway.core.delivery import Case
from gateway.core.errors import StoreUnavailable
from gateway.core.provider import ProviderReport, ReportResult, ReportType
from gateway.core.reference import show_reference
from gateway.core.settings import Listen
from gateway.core.ticket import InboundMessage, Intake, Receipt
from gateway.listener import Listener
from routing.providers.context import ProviderContext
from routing.providers.webhook.adapter import WebhookProvider
from routing.providers.webhook.context import DeskContext
from routing.registry import build_provider, provider_routes
from tests.support.blobs import MemoryBlobs
from tests.support.webhook_provider import LINKS, SECRET, make_settings

REFERENCE = "4829157367"


class RememberingIntake:
    """An Intaker that keeps what it is given, and answers what it is told to."""

    def __init__(self) -> None:
        self.reports: list[ProviderReport] = []
        self.result: ReportResult | Exception = ReportResult.APPLIED

    async def receive(self, message: InboundMessage) -> Receipt:
        raise NotImplementedError

    async def report(self, report: ProviderReport) -> ReportResult:
        if isinstance(self.result, Exception):
            raise self.result
        self.reports.append(report)
        return self.result

    def rows_of(self, message: InboundMessage, now: float) -> Intake:
        raise AssertionError("a provider's report is no request")

    async def foresee(self, report: ProviderReport) -> ReportResult:
        if isinstance(self.result, Exception):
            raise self.result
        return self.result


class NoTickets:
    """Reads of an empty store."""

    async def ticket(self, ticket_id: str) -> Case | None:
        return None

    async def ticket_by_reference(self, reference: str) -> Case | None:
        return None


def context(intake: RememberingIntake) -> DeskContext:
    clock = SystemClock()
    return DeskContext(intake, NoTickets(), MemoryBlobs(clock), LINKS, clock)


@pytest.fixture
def intake() -> RememberingIntake:
    return RememberingIntake()


@pytest.fixture
async def url(intake: RememberingIntake) -> AsyncIterator[str]:
    settings = make_settings("http://127.0.0.1:1/tickets")
    clock = SystemClock()
    providers = {"acme": build_provider("webhook", settings, ProviderContext("acme", clock, LINKS, {}))}
    listener = Listener("public", Listen(host="127.0.0.1", port=0), provider_routes(lambda: providers, context(intake)))
    await listener.start()
    yield f"{listener.url}/providers"
    await listener.stop()
    await providers["acme"].close()


def report_of(kind: str = "ticket.picked_up", **data: Any) -> bytes:
    return json.dumps({"type": kind, "data": data or {"reference": REFERENCE}}).encode()


def signed(
    body: bytes, message_id: str = "msg_1", *, secret: str = SECRET, age: timedelta = timedelta()
) -> dict[str, str]:
    at = datetime.now(UTC) - age
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(secret).sign(message_id, at, body.decode("utf-8", "surrogateescape")),
    }


async def post(url: str, body: bytes, headers: dict[str, str]) -> tuple[int, dict[str, Any]]:
    async with aiohttp.ClientSession() as session, session.post(url, data=body, headers=headers) as response:
        content = await response.read()
        if content:
            assert response.content_type == "application/problem+json"
        return response.status, json.loads(content) if content else {}


async def test_a_report_is_handed_in(url: str, intake: RememberingIntake) -> None:
    body = report_of(
        "ticket.replied",
        reference=show_reference(REFERENCE),
        provider_reference="T-1",
        message={"body": "¿Puede reiniciar?\nGracias.", "author": "Marta", "attachments": []},
        more=1,
    )
    assert await post(f"{url}/acme/events", body, signed(body)) == (204, {})
    (report,) = intake.reports
    assert report == ProviderReport(
        provider="acme",
        report_id="msg_1",
        type=ReportType.REPLIED,
        at=report.at,
        reference=REFERENCE,
        provider_reference="T-1",
        body="¿Puede reiniciar?\nGracias.",
        author="Marta",
    )


@pytest.mark.parametrize("kind", ["ticket.accepted", "ticket.picked_up", "ticket.resolved"])
async def test_states_are_handed_in(url: str, intake: RememberingIntake, kind: str) -> None:
    body = report_of(kind, provider_reference="T-1")
    assert (await post(f"{url}/acme/events", body, signed(body)))[0] == 204
    assert (intake.reports[0].type, intake.reports[0].reference) == (kind, None)


@pytest.mark.parametrize(
    ("result", "status"),
    [
        (ReportResult.APPLIED, 204),
        (ReportResult.DUPLICATE, 204),
        (ReportResult.NOT_FOUND, 404),
        (ReportResult.FULL, 422),
        (StoreUnavailable("disk full"), 503),
    ],
)
async def test_what_became_of_it(
    url: str, intake: RememberingIntake, result: ReportResult | Exception, status: int
) -> None:
    intake.result = result
    body = report_of()
    assert (await post(f"{url}/acme/events", body, signed(body)))[0] == status


async def test_a_stranger_can_not_tell_which_providers_exist(url: str, intake: RememberingIntake) -> None:
    body = report_of()
    forged = signed(body, secret="whsec_" + "QUFB" * 8)
    told = [
        await post(f"{url}/acme/events", body, forged),
        await post(f"{url}/nobody/events", body, forged),
        await post(f"{url}/nobody/events", body, signed(body)),
        await post(f"{url}/acme/events", b"not even JSON", {}),
    ]
    assert [status for status, _ in told] == [401] * 4
    assert all(problem == told[0][1] for _, problem in told)
    assert intake.reports == []


@pytest.mark.parametrize(
    "changes",
    [
        {"webhook-id": "msg_2"},
        {"webhook-timestamp": "0"},
        {"webhook-timestamp": "nan"},
        {"webhook-timestamp": "soon"},
        {"webhook-signature": ""},
        {"webhook-signature": "v1"},
        {"webhook-signature": "v1,a,b"},
        {"webhook-signature": "v1,ñ"},
        {"webhook-signature": "v2,AAAA"},
    ],
)
async def test_malformed_signatures_are_refused(url: str, intake: RememberingIntake, changes: dict[str, str]) -> None:
    body = report_of()
    assert (await post(f"{url}/acme/events", body, signed(body) | changes))[0] == 401
    assert intake.reports == []


async def test_t13_old_reports_are_refused(url: str, intake: RememberingIntake) -> None:
    body = report_of()
    for age, status in ((timedelta(minutes=6), 401), (timedelta(minutes=-6), 401), (timedelta(minutes=4), 204)):
        assert (await post(f"{url}/acme/events", body, signed(body, age=age)))[0] == status
    assert len(intake.reports) == 1


async def test_a_changed_body_is_refused(url: str, intake: RememberingIntake) -> None:
    body = report_of()
    assert (await post(f"{url}/acme/events", body + b" ", signed(body)))[0] == 401
    assert intake.reports == []


@pytest.mark.parametrize("body", [b"", b"{", b'{"type": "ticket.accepted"', b"[" * 5000])
async def test_what_is_not_json(url: str, intake: RememberingIntake, body: bytes) -> None:
    assert (await post(f"{url}/acme/events", body, signed(body)))[0] == 400
    assert intake.reports == []


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        (report_of("ticket.exploded"), "/type"),
        (b'{"type": "ticket.accepted"}', "/data"),
        (b"[]", ""),
        (report_of("ticket.accepted", reference=None), "/data"),
        (report_of("ticket.accepted", reference="1234567890"), "/data/reference"),
        (report_of("ticket.accepted", reference=7), "/data/reference"),
        (report_of("ticket.accepted", provider_reference="x" * 129), "/data/provider_reference"),
        (report_of("ticket.accepted", provider_reference="a\nb"), "/data/provider_reference"),
        (report_of("ticket.replied", provider_reference="T-1"), ""),
        (report_of("ticket.replied", provider_reference="T-1", message={"body": ""}), "/data/message/body"),
        (report_of("ticket.replied", provider_reference="T-1", message={"body": "a\0b"}), "/data/message/body"),
        (report_of("ticket.replied", provider_reference="T-1", message={"body": "x" * 50_001}), "/data/message/body"),
        (
            report_of("ticket.replied", provider_reference="T-1", message={"body": "a", "author": "\x1b[2J"}),
            "/data/message/author",
        ),
    ],
)
async def test_what_is_not_a_report(url: str, intake: RememberingIntake, body: bytes, pointer: str) -> None:
    status, problem = await post(f"{url}/acme/events", body, signed(body))
    assert status == 422
    assert problem["errors"][0]["pointer"] == pointer
    assert intake.reports == []


async def test_what_is_too_large(url: str, intake: RememberingIntake) -> None:
    body = b" " * (256 * 1024 + 1)
    assert (await post(f"{url}/acme/events", body, signed(body)))[0] == 413


async def test_an_id_that_is_too_long(url: str, intake: RememberingIntake) -> None:
    body = report_of()
    assert (await post(f"{url}/acme/events", body, signed(body, "m" * 257)))[0] == 422


@pytest.mark.parametrize("secret", ["a plain passphrase", "Q2FuYXJ5U2VjcmV0Rm9yVGVzdHNPbmx5MTIz"])
async def test_a_secret_without_prefix(intake: RememberingIntake, secret: str) -> None:
    """Signed with the text as it stands; and as the reference library reads it, where that leaves a key."""
    settings = make_settings("http://127.0.0.1:1/tickets", secret=secret)
    clock = SystemClock()
    provider = WebhookProvider("acme", settings, clock, LINKS)
    listener = Listener(
        "public", Listen(host="127.0.0.1", port=0), provider_routes(lambda: {"acme": provider}, context(intake))
    )
    await listener.start()
    body = report_of()
    for key in (secret, secret.encode()):
        headers = signed(body) | {
            "webhook-signature": Webhook(key).sign("msg_1", datetime.now(UTC), body.decode()),
        }
        assert (await post(f"{listener.url}/providers/acme/events", body, headers))[0] == 204
    await listener.stop()
    await provider.close()
