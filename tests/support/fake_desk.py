"""A help desk in memory, as a provider adapter sees it: it can refuse, fail, hang, thaw, drag, drop answers and lose
tickets. It honours idempotency keys, and after a thaw it finishes what it had in hand, as a frozen process does."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from enum import Enum

from gateway.core.clock import Clock, Instant
from gateway.core.delivery import Answer, Case
from gateway.core.errors import ProviderRefused, ProviderUnavailable
from gateway.core.handoff import LIVE, Handoff, HandoffState, Outcome
from gateway.core.ids import new_id
from gateway.core.provider import Copy, ProviderReport, ReportType
from gateway.core.ticket import Direction, Message
from routing.policy.plan import falls_within
from routing.settings import AskableSettings

RETRY_AFTER = 3.0
"""Seconds for which a busy desk asks to be left alone."""
_QUICK = 0.01
_JUST_IN_TIME = 0.98
"""Part of the allowed time that a slow desk takes."""


class Mood(Enum):
    """What the desk does with a request."""

    WORKS = "works"
    CLOSED_PORT = "closed port"
    """Its process is dead, and what it had in hand with it."""
    ERRORS = "errors"
    HANGS = "hangs"
    DEAF = "deaf"
    """Its health URL answers; nothing else does."""
    STUCK = "stuck"
    """It answers everything but hand-overs."""
    SLOW = "slow"
    """It answers everything just in time."""
    DROPS = "drops"
    """It commits, and its answer is lost."""
    DECLINES = "declines"
    BUSY = "busy"
    """It asks to be left alone for a while."""
    MISCONFIGURED = "misconfigured"
    """It says that our credentials are wrong."""


FAULTS = tuple(mood for mood in Mood if mood not in (Mood.WORKS, Mood.DECLINES, Mood.MISCONFIGURED))
_FROZEN = frozenset({Mood.HANGS, Mood.DEAF})
_TAKES_NOTHING = _FROZEN | {Mood.STUCK}
_ANSWERS_TO_CREATE = {
    Mood.CLOSED_PORT: Answer(Outcome.UNAVAILABLE, "connection refused"),
    Mood.ERRORS: Answer(Outcome.UNKNOWN, "500"),
    Mood.DECLINES: Answer(Outcome.REFUSED, "422"),
    Mood.BUSY: Answer(Outcome.UNAVAILABLE, "429", retry_after=RETRY_AFTER),
    Mood.MISCONFIGURED: Answer(Outcome.UNAVAILABLE, "401", misconfigured=True),
}


@dataclass
class DeskTicket:
    """One ticket at the desk."""

    reference: str
    ticket_id: str
    our_reference: str
    state: HandoffState = HandoffState.ACCEPTED
    messages: list[str] = field(default_factory=list)

    @property
    def open(self) -> bool:
        return self.state in LIVE


class FakeDesk:
    """Implements the port `Provider`."""

    def __init__(self, name: str, clock: Clock, settings: AskableSettings) -> None:
        self.name = name
        self.mood = Mood.WORKS
        self.latency = _QUICK
        self.declined_share = 0.0
        self.declines_after: list[float] = []
        """It declines the next hand-overs, each after so many seconds."""
        self.forgets_the_interrupted = False
        """What was in hand when our connection broke is lost there; else it goes on with it."""
        self.refused_messages: set[str] = set()
        """Texts that it won't have."""
        self.reports_at_once: tuple[ReportType, ...] = ()
        """What it reports of a ticket before it has answered the hand-over."""
        self.report_to: Callable[[ProviderReport], Awaitable[object]] | None = None
        self.tickets: dict[str, DeskTicket] = {}
        self.withdrawals = 0
        self.attempts: list[Instant] = []
        """When each attempt at a hand-over began."""
        self.most_in_flight = 0
        self._clock = clock
        self._settings = settings
        self._in_flight = 0
        self._thawed = asyncio.Event()
        self._requests: set[asyncio.Task[DeskTicket]] = set()

    # What a test does with it

    def become(self, mood: Mood) -> None:
        """Change; a desk that thaws finishes what it had in hand, one that is killed doesn't."""
        self.mood = mood
        if mood is Mood.CLOSED_PORT:
            for request in self._requests:
                request.cancel()
        if mood not in _TAKES_NOTHING:
            self._thawed.set()
            self._thawed = asyncio.Event()

    def lose(self, ticket_id: str) -> None:
        """As if it had never had it."""
        self.tickets = {key: ticket for key, ticket in self.tickets.items() if ticket.ticket_id != ticket_id}

    def lose_everything(self) -> None:
        self.tickets.clear()

    def open_tickets(self) -> set[str]:
        return {ticket.ticket_id for ticket in self.tickets.values() if ticket.open}

    def has_open(self, ticket_id: str) -> DeskTicket | None:
        return next((each for each in self.tickets.values() if each.ticket_id == ticket_id and each.open), None)

    def work_on(self, ticket_id: str, state: HandoffState = HandoffState.PICKED_UP) -> DeskTicket | None:
        """Somebody picks it up, or resolves it; it isn't reported. None where it isn't open here."""
        ticket = self.has_open(ticket_id)
        if ticket is not None:
            ticket.state = state
        return ticket

    async def report(self, kind: ReportType, ticket: DeskTicket) -> None:
        """Tell the gateway of one of its tickets."""
        if self.report_to is not None:
            await self.report_to(
                ProviderReport(
                    provider=self.name,
                    report_id=new_id(),
                    type=kind,
                    at=self._clock.now(),
                    reference=ticket.our_reference,
                    provider_reference=ticket.reference,
                    body="Lo estamos mirando." if kind is ReportType.REPLIED else None,
                )
            )

    # The port

    async def create(self, case: Case, handoff: Handoff) -> Answer:
        self.attempts.append(handoff.started_at)
        self._in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self._in_flight)
        try:
            return await self._answer(case, handoff)
        finally:
            self._in_flight -= 1

    async def _answer(self, case: Case, handoff: Handoff) -> Answer:
        if self.mood in _ANSWERS_TO_CREATE:
            answer = _ANSWERS_TO_CREATE[self.mood]
            await asyncio.sleep(_QUICK)
            return answer
        if self.declines_after:
            await asyncio.sleep(self.declines_after.pop(0))
            return _ANSWERS_TO_CREATE[Mood.DECLINES]
        if falls_within(handoff.ticket_id, self.declined_share):
            return _ANSWERS_TO_CREATE[Mood.DECLINES]
        answered = self.mood is not Mood.DROPS
        request = asyncio.create_task(self._process(case, handoff), name=f"{self.name} processes")
        self._requests.add(request)
        request.add_done_callback(self._requests.discard)
        try:
            done, _ = await asyncio.wait({request}, timeout=self._settings.timeout)
        except asyncio.CancelledError:
            if self.forgets_the_interrupted:
                request.cancel()
            raise
        if not done or not answered:
            return Answer(Outcome.UNKNOWN, "no answer", explicit=False)
        if request.cancelled():
            return Answer(Outcome.UNKNOWN, "connection reset")
        return Answer(Outcome.ACCEPTED, "201", request.result().reference, request.result().state)

    async def _process(self, case: Case, handoff: Handoff) -> DeskTicket:
        while self.mood in _TAKES_NOTHING:
            await self._thawed.wait()
        await asyncio.sleep(self._takes(self.latency, self._settings.timeout))
        given = [
            message.id
            for message in case.messages
            if message.number <= handoff.messages_sent and message.direction is Direction.INBOUND
        ]
        ours = case.ticket.reference if case.ticket else ""
        made = DeskTicket(f"{self.name.upper()}-{handoff.id[-12:]}", handoff.ticket_id, ours, messages=given)
        ticket = self.tickets.setdefault(handoff.id, made)
        for kind in self.reports_at_once:
            if kind is ReportType.PICKED_UP:
                ticket.state = HandoffState.PICKED_UP
            await self.report(kind, ticket)
        return ticket

    async def find(self, handoff: Handoff) -> Copy | None:
        await self._reach()
        return _copy(self.tickets.get(handoff.id))

    async def read(self, handoff: Handoff) -> Copy | None:
        if handoff.provider_reference is None:
            return await self.find(handoff)
        await self._reach()
        return _copy(self._by_reference(handoff))

    async def append(self, handoff: Handoff, message: Message) -> None:
        await self._reach()
        ticket = self._by_reference(handoff)
        if ticket is None or ticket.state is HandoffState.WITHDRAWN:
            raise ProviderRefused("404")
        if message.body in self.refused_messages:
            raise ProviderRefused("413")
        if message.id not in ticket.messages:
            ticket.messages.append(message.id)
            if ticket.state is HandoffState.RESOLVED:
                ticket.state = HandoffState.ACCEPTED

    async def withdraw(self, handoff: Handoff, reason: str) -> None:
        await self._reach()
        ticket = self._by_reference(handoff)
        if ticket is not None and ticket.state is HandoffState.PICKED_UP:
            raise ProviderRefused("409")
        if ticket is not None and ticket.open:
            ticket.state = HandoffState.WITHDRAWN
            self.withdrawals += 1

    async def probe(self, timeout: float) -> None:
        if self.mood in (Mood.CLOSED_PORT, Mood.ERRORS):
            raise ProviderUnavailable(self.mood.value)
        while self.mood is Mood.HANGS:
            await self._thawed.wait()
        await asyncio.sleep(self._takes(_QUICK, timeout))

    async def close(self) -> None:
        for request in self._requests:
            request.cancel()
        await asyncio.gather(*self._requests, return_exceptions=True)

    # How it answers

    def _takes(self, seconds: float, allowed: float) -> float:
        return _JUST_IN_TIME * allowed if self.mood is Mood.SLOW else seconds

    async def _reach(self) -> None:
        """The time that a small request takes. Raises ProviderUnavailable."""
        if self.mood in (Mood.CLOSED_PORT, Mood.ERRORS, Mood.MISCONFIGURED):
            raise ProviderUnavailable(self.mood.value)
        if self.mood is Mood.BUSY:
            raise ProviderUnavailable("429", retry_after=RETRY_AFTER)
        try:
            async with asyncio.timeout(self._settings.search_timeout):
                while self.mood in _FROZEN:
                    await self._thawed.wait()
                await asyncio.sleep(self._takes(_QUICK, self._settings.search_timeout))
        except TimeoutError:
            raise ProviderUnavailable("no answer") from None

    def _by_reference(self, handoff: Handoff) -> DeskTicket | None:
        if handoff.provider_reference is None:
            raise ProviderUnavailable("its reference for our copy is not known yet")
        known = (ticket for ticket in self.tickets.values() if ticket.reference == handoff.provider_reference)
        return next(known, None)


def _copy(ticket: DeskTicket | None) -> Copy | None:
    return None if ticket is None or ticket.state is HandoffState.WITHDRAWN else Copy(ticket.reference, ticket.state)
