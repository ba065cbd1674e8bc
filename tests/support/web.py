"""The web channel behind a real listener on a random port, with an intake and reads that live in memory."""

import asyncio
import html
import json
import re
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import Any

import aiohttp
from aiohttp import web
from yarl import URL

from channels.channel import ChannelContext
from channels.web.channel import WebChannel
from channels.web.settings import WebSettings
from gateway.core.delivery import Case
from gateway.core.dialling import Desk
from gateway.core.handoff import Handoff, HandoffState
from gateway.core.ids import new_id
from gateway.core.organisation import Organisation
from gateway.core.provider import ProviderReport, ReportResult
from gateway.core.reference import new_reference
from gateway.core.settings import Listen
from gateway.core.ticket import (
    Acceptance,
    Attachment,
    DedupeKey,
    Direction,
    InboundMessage,
    Intake,
    Message,
    Priority,
    Receipt,
    Terms,
    Ticket,
    TicketState,
)
from gateway.core.tokens import TokenSigner
from gateway.listener import Front, Limits, Listener
from tests.support.blobs import MemoryBlobs
from tests.support.clock import SetClock
from tests.support.ops import FakeMeasurements

KEY = b"a key of thirty-two bytes or more"
ORGANISATION = "Ayuntamiento de Fuentelarga"
START = 1_795_300_000.0


@dataclass
class FakeRouting:
    """Serves everything by one provider, or by none."""

    provider: str | None = "acme"

    def terms(self, channel: str, language: str | None, category: str | None, priority: Priority) -> Terms:
        return Terms("default", 1.0, 5.0)

    def serving(self, policy: str) -> str | None:
        return self.provider

    def desks(self, channel: str, language: str | None, category: str | None, priority: Priority) -> list[Desk]:
        return []


@dataclass
class MemoryIntake:
    """Keeps what it receives, knows what came before, and fails or hangs when told."""

    clock: SetClock
    received: list[InboundMessage] = field(default_factory=list)
    cases: dict[str, Case] = field(default_factory=dict)
    failure: BaseException | None = None
    hangs: bool = False
    full: bool = False
    """As if others had just written into every ticket as much as it may hold."""
    _receipts: dict[tuple[str, str], tuple[DedupeKey, Receipt]] = field(default_factory=dict)

    async def receive(self, message: InboundMessage) -> Receipt:
        if self.hangs:
            await asyncio.get_running_loop().create_future()
        if self.failure is not None:
            raise self.failure
        key = message.dedupe
        if key is not None and (key.scope, key.key) in self._receipts:
            known, receipt = self._receipts[key.scope, key.key]
            same = known.fingerprint == key.fingerprint
            return replace(receipt, acceptance=Acceptance.DUPLICATE if same else Acceptance.CONFLICT)
        if self.full and message.most_messages is not None:
            return Receipt(Acceptance.FULL, message.ticket_id or "", "", "", self.clock.now())
        receipt = self._keep(message)
        if key is not None:
            self._receipts[key.scope, key.key] = (key, receipt)
        return receipt

    def _keep(self, inbound: InboundMessage) -> Receipt:
        self.received.append(inbound)
        now = self.clock.now()
        case = self.cases.get(inbound.ticket_id or "")
        ticket = case.ticket if case else None
        if ticket is None:
            ticket = Ticket(
                id=new_id(),
                reference=new_reference(),
                channel=inbound.channel,
                subject=inbound.subject,
                requester=inbound.requester,
                received_at=now,
                policy="default",
                hedge_at=now + 1,
                due_at=now + 5,
                language=inbound.language,
                category=inbound.category,
                metadata=inbound.metadata,
            )
        before = case.messages if case else ()
        message = Message(
            new_id(), ticket.id, len(before) + 1, Direction.INBOUND, inbound.channel, inbound.body, now,
            attachments=inbound.attachments,
        )  # fmt: skip
        handoffs = case.handoffs if case else ()
        self.cases[ticket.id] = Case(_no_delivery(), ticket, (*before, message), handoffs)
        return Receipt(Acceptance.NEW, ticket.id, ticket.reference, message.id, now)

    def rows_of(self, message: InboundMessage, now: float) -> Intake:
        raise AssertionError("this channel keeps nothing in a commit of its own")

    async def report(self, report: ProviderReport) -> ReportResult:
        return ReportResult.NOT_FOUND

    async def foresee(self, report: ProviderReport) -> ReportResult:
        return ReportResult.NOT_FOUND

    async def ticket(self, ticket_id: str) -> Case | None:
        return self.cases.get(ticket_id)

    def change(self, ticket_id: str, **changes: Any) -> None:
        case = self.cases[ticket_id]
        assert case.ticket is not None
        self.cases[ticket_id] = replace(case, ticket=replace(case.ticket, **changes))

    def resolve(self, ticket_id: str) -> None:
        """A provider has it, and has resolved it."""
        copy = Handoff(new_id(), ticket_id, "acme", HandoffState.RESOLVED, self.clock.now())
        self.cases[ticket_id] = replace(self.cases[ticket_id], handoffs=(copy,))
        self.change(ticket_id, state=TicketState.RESOLVED)

    def answer(
        self,
        ticket_id: str,
        body: str,
        *,
        provider: str = "acme",
        author: str | None = None,
        attachments: tuple[Attachment, ...] = (),
    ) -> None:
        case = self.cases[ticket_id]
        message = Message(
            new_id(), ticket_id, len(case.messages) + 1, Direction.OUTBOUND, "web", body, self.clock.now(),
            author=author, provider=provider, attachments=attachments,
        )  # fmt: skip
        self.cases[ticket_id] = replace(case, messages=(*case.messages, message))


def _no_delivery() -> Any:
    return None


class Measured(FakeMeasurements):
    """Remembers what was not taken."""

    def __init__(self) -> None:
        self.refused: list[str] = []
        self.helped: list[str] = []

    def intake_refused(self, channel: str, outcome: str) -> None:
        self.refused.append(outcome)

    def first_aid_helped(self, channel: str, category: str) -> None:
        self.helped.append(category)


def hidden_fields(page: str) -> dict[str, str]:
    """The hidden fields of a page's form, as they would be sent."""
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', page)
    return {name: html.unescape(value) for name, value in found}


@dataclass
class Site:
    """The channel as the outside sees it."""

    url: str
    port: int
    client: aiohttp.ClientSession
    intake: MemoryIntake
    routing: FakeRouting
    clock: SetClock
    signer: TokenSigner
    blobs: MemoryBlobs
    measured: "Measured"
    slept: list[float]
    """The delays that there would have been, in seconds."""

    async def post_json(self, body: object, **headers: str) -> tuple[int, Any, "aiohttp.ClientResponse"]:
        """Posts to the API; bytes as they are, anything else as JSON."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        named = {"Content-Type": "application/json"} | {name.replace("_", "-"): text for name, text in headers.items()}
        async with self.client.post(f"{self.url}/api/v1/tickets", data=data, headers=named) as response:
            return response.status, await response.json(content_type=None), response

    async def get(self, path: str, **headers: str) -> tuple[int, str, "aiohttp.ClientResponse"]:
        named = {"Accept": "text/html"} | {name.replace("_", "-"): text for name, text in headers.items()}
        async with self.client.get(self.url + path, headers=named, allow_redirects=False) as response:
            return response.status, await response.text(), response

    async def post_form(
        self, path: str, fields: dict[str, str], **headers: str
    ) -> tuple[int, str, "aiohttp.ClientResponse"]:
        named = {"Accept": "text/html"} | {name.replace("_", "-"): text for name, text in headers.items()}
        async with self.client.post(
            self.url + path, data=fields, headers=named, allow_redirects=False
        ) as response:  # fmt: skip
            return response.status, await response.text(), response

    async def open(self, path: str = "/") -> dict[str, str]:
        """What a form holds that isn't filled in yet; a person's while later."""
        _, page, _ = await self.get(path)
        self.clock.at += 10
        return hidden_fields(page)

    async def new_ticket(self, **members: object) -> str:
        """The id of a ticket that came through the API."""
        status, _, _ = await self.post_json({"subject": "Printer", "body": "It burns."} | members)
        assert status == 201
        return list(self.intake.cases)[-1]

    async def raw(self, data: bytes, *, within: float = 5.0) -> bytes:
        """Sends bytes as they are, and reads until the server closes."""
        async with connection(self.port) as (reader, writer):
            writer.write(data)
            async with asyncio.timeout(within):
                return await _read_to_end(reader)


async def _read_to_end(reader: asyncio.StreamReader) -> bytes:
    received = b""
    try:
        while chunk := await reader.read(65_536):
            received += chunk
    except ConnectionResetError:
        pass
    return received


@asynccontextmanager
async def connection(port: int) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A bare TCP connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield reader, writer
    finally:
        writer.close()


class Served:
    """`async with Served(routes) as listener`: routes behind a listener on a random port."""

    def __init__(
        self, routes: Iterable[web.AbstractRouteDef], limits: Limits | None = None, front: Front | None = None
    ) -> None:
        self.listener = Listener(
            "public", Listen(host="127.0.0.1", port=0), routes, front=front or Front(("en", "es")), limits=limits
        )

    async def __aenter__(self) -> Listener:
        await self.listener.start()
        return self.listener

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.listener.stop(1.0)


@asynccontextmanager
async def web_site(
    settings: WebSettings | None = None,
    *,
    limits: Limits | None = None,
    languages: tuple[str, ...] = ("en", "es"),
    public_url: str = "https://help.example.org",
    routing: FakeRouting | None = None,
    organisation: Organisation | None = None,
    delayed_until: asyncio.Event | None = None,
) -> AsyncIterator[Site]:
    """A web channel that is up; whom it slows waits for that event, if there is one, and else not at all."""
    clock = SetClock(START)
    intake = MemoryIntake(clock)
    routing = routing or FakeRouting()
    signer = TokenSigner(KEY)
    blobs = MemoryBlobs(clock)
    measured = Measured()
    context = ChannelContext(
        name="web",
        intake=intake,
        reads=intake,
        routing=routing,
        signer=signer,
        clock=clock,
        measurements=measured,
        organisation=organisation or Organisation(ORGANISATION, languages=languages),
        public_url=public_url,
        blobs=blobs,
        spoken=frozenset({"phone"}),
    )
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        if delayed_until is not None:
            await delayed_until.wait()

    channel = WebChannel(settings or WebSettings(), context, sleep)
    home = f"{URL(public_url).path.rstrip('/')}/"
    front = Front(context.organisation.languages, context.organisation, home)
    async with Served(channel.routes(), limits, front) as listener, aiohttp.ClientSession() as client:
        yield Site(listener.url, listener.address.port, client, intake, routing, clock, signer, blobs, measured, slept)
