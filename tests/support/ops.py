"""Fakes of the ports that operations read and act through, and a running ops listener."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import aiohttp
from prometheus_client import CollectorRegistry

from gateway.core.delivery import Case, Delivery, Kind, Quarantined
from gateway.core.errors import ConfigError, StoreUnavailable
from gateway.core.events import Event, Recorded
from gateway.core.handoff import Handoff, HandoffState
from gateway.core.provider import HealthState, ProviderStatus, Takeover
from gateway.core.raw_mail import RawMail
from gateway.core.reference import check_digit
from gateway.core.settings import Listen
from gateway.core.ticket import Direction, Message, Requester, Ticket, TicketState
from gateway.listener import Limits, Listener
from gateway.web.feed import EventFeed
from gateway.web.ops import Ops, PolicyFacts
from gateway.web.routes import ops_routes
from tests.support.blobs import MemoryBlobs
from tests.support.clock import NOW, SetClock


def ticket_id(number: int) -> str:
    return f"{number:032x}"


def make_ticket(number: int, **changes: object) -> Ticket:
    """A waiting ticket, due five seconds after it came."""
    values: dict[str, object] = {
        "id": ticket_id(number),
        "reference": reference(number),
        "channel": "web",
        "subject": "the subject of a person",
        "requester": Requester("Ana", "ana@example.org", "+34600000000"),
        "received_at": NOW + number,
        "policy": "default",
        "hedge_at": NOW + number + 2,
        "due_at": NOW + number + 5,
        "metadata": {"office": "the office of a person"},
    } | changes
    return Ticket(**values)  # type: ignore[arg-type]


def reference(number: int) -> str:
    return f"{number:09d}" + check_digit(f"{number:09d}")


def make_message(ticket: Ticket, number: int = 1) -> Message:
    return Message(
        ticket_id(number), ticket.id, number, Direction.INBOUND, "web", "a person's words", ticket.received_at, "Ana"
    )


def make_handoff(ticket: Ticket, provider: str, state: HandoffState, **changes: object) -> Handoff:
    values: dict[str, object] = {
        "id": f"{provider}-{ticket.id[-4:]}",
        "ticket_id": ticket.id,
        "provider": provider,
        "state": state,
        "started_at": ticket.received_at,
    } | changes
    return Handoff(**values)  # type: ignore[arg-type]


def recorded(events: Sequence[Event], start: int = 1) -> list[Recorded]:
    return [Recorded(seq, event, event.data()) for seq, event in enumerate(events, start)]


@dataclass
class FakeReads:
    """Reads over plain lists."""

    all_tickets: list[Ticket] = field(default_factory=list)
    all_handoffs: list[Handoff] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    stream: list[Recorded] = field(default_factory=list)
    items: list[Quarantined] = field(default_factory=list)
    evidence: list[Takeover] = field(default_factory=list)
    gauges: dict[str, float] = field(default_factory=dict)
    senders: dict[str, str] = field(default_factory=dict)
    """By message id."""
    away: bool = False

    async def ticket(self, ticket_id: str) -> Case | None:
        found = next((ticket for ticket in self.all_tickets if ticket.id == ticket_id), None)
        return self._case(found) if found else None

    async def ticket_by_reference(self, reference: str) -> Case | None:
        found = next((ticket for ticket in self.all_tickets if ticket.reference == reference), None)
        return self._case(found) if found else None

    def _case(self, ticket: Ticket) -> Case:
        delivery = Delivery("", Kind.TICKET, 0, 0)
        messages = tuple(message for message in self.messages if message.ticket_id == ticket.id)
        handoffs = tuple(handoff for handoff in self.all_handoffs if handoff.ticket_id == ticket.id)
        return Case(delivery, ticket, messages, handoffs)

    async def tickets(self, *, state: str | None = None, before: str | None = None, limit: int = 50) -> list[Ticket]:
        newest_first = sorted(self.all_tickets, key=lambda ticket: ticket.id, reverse=True)
        matching = [
            ticket
            for ticket in newest_first
            if (state is None or ticket.state == state) and (before is None or ticket.id < before)
        ]
        return matching[:limit]

    async def handoffs(self, ticket_ids: Sequence[str]) -> list[Handoff]:
        return [handoff for handoff in self.all_handoffs if handoff.ticket_id in ticket_ids]

    async def authenticated(self, message_ids: Sequence[str]) -> dict[str, str]:
        return {each: self.senders[each] for each in message_ids if each in self.senders}

    async def overdue(self, now: float, limit: int = 100) -> list[Ticket]:
        late = [each for each in self.all_tickets if each.state is TicketState.WAITING and each.due_at < now]
        return sorted(late, key=lambda ticket: ticket.due_at)[:limit]

    async def events(self, after: int, limit: int = 100) -> list[Recorded]:
        if self.away:
            raise StoreUnavailable("the store is away")
        return [each for each in self.stream if each.seq > after][:limit]

    async def quarantined(self, limit: int = 100) -> list[Quarantined]:
        return self.items[:limit]

    async def takeovers(self, *, open_only: bool = False, limit: int = 50) -> list[Takeover]:
        return [each for each in self.evidence if not open_only or each.ended_at is None][:limit]

    async def counts(self, now: float) -> Mapping[str, float]:
        if self.away:
            raise StoreUnavailable("the store is away")
        return self.gauges


@dataclass
class FakeStatus:
    """Routing as it stands."""

    states: dict[str, HealthState] = field(default_factory=lambda: {"acme": HealthState.UP, "norte": HealthState.UP})
    serving: dict[str, str | None] = field(default_factory=lambda: {"default": "acme"})

    def providers(self) -> list[ProviderStatus]:
        return [ProviderStatus(name, state, NOW, "because") for name, state in self.states.items()]

    def policies(self) -> Mapping[str, str | None]:
        return self.serving


@dataclass
class FakeQuarantine:
    """Items by id, and who did what to them."""

    items: set[str] = field(default_factory=set)
    done: list[tuple[str, str, str]] = field(default_factory=list)
    mails: dict[str, RawMail] = field(default_factory=dict)
    """Those that can be shown."""
    mails_left: int = 0
    """To be replayed."""

    async def release(self, quarantined_id: str, at: float, actor: str) -> bool:
        return self._do("release", quarantined_id, actor)

    async def discard(self, quarantined_id: str, at: float, actor: str) -> bool:
        return self._do("discard", quarantined_id, actor)

    async def replay_mails(
        self, at: float, limit: int, actor: str, *, channel: str | None = None, reason: str | None = None
    ) -> int:
        self.done.append(("replay mails", f"{channel}, {reason}", actor))
        batch = min(self.mails_left, limit)
        self.mails_left -= batch
        return batch

    async def quarantined_mail(self, quarantined_id: str, actor: str) -> RawMail | None:
        return self.mails.get(quarantined_id)

    def _do(self, what: str, quarantined_id: str, actor: str) -> bool:
        if quarantined_id not in self.items:
            return False
        self.items.remove(quarantined_id)
        self.done.append((what, quarantined_id, actor))
        return True


@dataclass
class FakeReloader:
    """Succeeds, unless it is given a problem."""

    problem: str | None = None

    async def reload(self, actor: str) -> str:
        if self.problem:
            raise ConfigError(self.problem)
        return "d1ge57"


@dataclass
class FakeLedger:
    """The auditor's store: tickets astray, by id, and what was announced."""

    tickets: list[Ticket] = field(default_factory=list)
    astray: set[str] = field(default_factory=set)
    astray_once: set[str] = field(default_factory=set)
    """Seen astray at the first look only."""
    unread_mails: list[str] = field(default_factory=list)
    open_calls: list[str] = field(default_factory=list)
    marked: list[str] = field(default_factory=list)
    announced: list[Event] = field(default_factory=list)
    notices: list[Delivery] = field(default_factory=list)
    away: bool = False

    async def announce(self, events: Sequence[Event], notices: Sequence[Delivery] = ()) -> None:
        if self.away:
            raise StoreUnavailable("the disk is full")
        self.announced.extend(events)
        self.notices.extend(notices)

    async def mark_overdue(self, now: float, limit: int) -> list[Ticket]:
        late = [each for each in self.tickets if each.due_at < now and each.id not in self.marked][:limit]
        self.marked.extend(ticket.id for ticket in late)
        return late

    async def audit(
        self, after_ticket_id: str | None, limit: int, *, waiting_only: bool = False
    ) -> tuple[list[str], str | None]:
        waiting = [each.id for each in self.tickets if not waiting_only or each.state is TicketState.WAITING]
        page = [each for each in sorted(waiting) if each > (after_ticket_id or "")][:limit]
        found = [each for each in page if each in self.astray | self.astray_once]
        return found, page[-1] if len(page) == limit else None

    async def audit_mails(self, after_mail_id: str | None, limit: int) -> tuple[list[str], str | None]:
        return self._page(self.unread_mails, after_mail_id, limit)

    async def audit_calls(self, after_sid: str | None, limit: int) -> tuple[list[str], str | None]:
        return self._page(self.open_calls, after_sid, limit)

    def _page(self, keys: Sequence[str], after: str | None, limit: int) -> tuple[list[str], str | None]:
        page = [each for each in sorted(keys) if each > (after or "")][:limit]
        return [each for each in page if each in self.astray], page[-1] if len(page) == limit else None

    async def audit_these(self, ids: Sequence[str]) -> list[str]:
        return [each for each in ids if each in self.astray]


@dataclass
class FakeMeasurements:
    """Keeps what it is told."""

    lags: list[float] = field(default_factory=list)
    alarms: dict[str, int] = field(default_factory=dict)
    raised: list[str] = field(default_factory=list)

    def intake_seconds(self, seconds: float) -> None: ...

    def intake_refused(self, channel: str, outcome: str) -> None: ...

    def first_aid_helped(self, channel: str, category: str) -> None: ...

    def commit_seconds(self, seconds: float) -> None: ...

    def probe_seconds(self, seconds: float) -> None: ...

    def loop_lag_seconds(self, seconds: float) -> None:
        self.lags.append(seconds)

    def alarm(self, alarm: str, active: int, raised: bool) -> None:
        self.alarms[alarm] = active
        if raised:
            self.raised.append(alarm)


@dataclass
class OpsSite:
    """A running ops listener over fakes."""

    reads: FakeReads = field(default_factory=FakeReads)
    status: FakeStatus = field(default_factory=FakeStatus)
    quarantine: FakeQuarantine = field(default_factory=FakeQuarantine)
    blobs: MemoryBlobs = field(default_factory=lambda: MemoryBlobs(SetClock()))
    reloader: FakeReloader = field(default_factory=FakeReloader)
    clock: SetClock = field(default_factory=SetClock)
    registry: CollectorRegistry = field(default_factory=CollectorRegistry)
    feed: EventFeed = field(default_factory=EventFeed)
    policies: list[PolicyFacts] = field(default_factory=list)
    not_ready: dict[str, str | None] = field(default_factory=lambda: {"store": None, "engine": None, "loop": None})
    remarks: dict[str, str | None] = field(default_factory=dict)
    token: str | None = None
    url: str = ""

    def ops(self) -> Ops:
        return Ops(
            reads=self.reads,
            status=self.status,
            quarantine=self.quarantine,
            blobs=self.blobs,
            reloader=self.reloader,
            clock=self.clock,
            registry=self.registry,
            feed=self.feed,
            policies=lambda: self.policies,
            checks={name: lambda name=name: self.not_ready[name] for name in self.not_ready},  # type: ignore[misc]
            remarks={name: lambda name=name: self.remarks[name] for name in self.remarks},  # type: ignore[misc]
            source="https://relevo.example.org",
            token=self.token,
        )

    @asynccontextmanager
    async def running(self) -> AsyncIterator[aiohttp.ClientSession]:
        """A client of the listener, which knows the token."""
        limits = Limits(answer_seconds=None)
        listener = Listener("ops", Listen(host="127.0.0.1", port=0), ops_routes(self.ops(), "1.2.3"), limits=limits)
        await listener.start()
        self.url = listener.url
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        try:
            async with aiohttp.ClientSession(self.url, headers=headers) as client:
                yield client
        finally:
            self.feed.close()
            await listener.stop(1.0)
