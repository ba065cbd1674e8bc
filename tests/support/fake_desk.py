"""A help desk in memory, as a provider adapter sees it: it can refuse, fail, hang, thaw, drop its answers and lose
tickets. It honours idempotency keys, and after a thaw it finishes what it had in hand, as a frozen process does."""

import asyncio
from dataclasses import dataclass, field
from enum import Enum

from gateway.core.clock import Clock
from gateway.core.delivery import Answer, Case
from gateway.core.errors import ProviderRefused, ProviderUnavailable
from gateway.core.handoff import Handoff, HandoffState, Outcome
from gateway.core.provider import Copy
from gateway.core.ticket import Message


class Mood(Enum):
    """What the desk does with a request."""

    WORKS = "works"
    CLOSED_PORT = "closed port"
    ERRORS = "errors"
    HANGS = "hangs"
    DROPS = "drops"
    """It commits, and its answer is lost."""
    DECLINES = "declines"


@dataclass
class DeskTicket:
    """One ticket at the desk."""

    reference: str
    ticket_id: str
    state: HandoffState = HandoffState.ACCEPTED
    messages: list[str] = field(default_factory=list)

    @property
    def open(self) -> bool:
        return self.state in (HandoffState.ACCEPTED, HandoffState.PICKED_UP)


class FakeDesk:
    """Implements the port `Provider`."""

    def __init__(self, name: str, clock: Clock, *, timeout: float = 1.0, search_timeout: float = 0.3) -> None:
        self.name = name
        self.mood = Mood.WORKS
        self.latency = 0.01
        self.tickets: dict[str, DeskTicket] = {}
        self.withdrawals = 0
        self.creates = 0
        self._clock = clock
        self._timeout = timeout
        self._search_timeout = search_timeout
        self._thawed = asyncio.Event()
        self._requests: set[asyncio.Task[DeskTicket]] = set()

    def become(self, mood: Mood) -> None:
        """Change; a desk that thaws finishes what it had in hand."""
        self.mood = mood
        if mood is not Mood.HANGS:
            self._thawed.set()
            self._thawed = asyncio.Event()

    def lose_everything(self) -> None:
        self.tickets.clear()

    def open_tickets(self) -> set[str]:
        return {ticket.ticket_id for ticket in self.tickets.values() if ticket.open}

    async def create(self, case: Case, handoff: Handoff) -> Answer:
        self.creates += 1
        match self.mood:
            case Mood.CLOSED_PORT:
                return Answer(Outcome.UNAVAILABLE, "connection refused")
            case Mood.DECLINES:
                await asyncio.sleep(self.latency)
                return Answer(Outcome.REFUSED, "422")
            case Mood.ERRORS:
                await asyncio.sleep(self.latency)
                return Answer(Outcome.UNKNOWN, "500")
        request = asyncio.create_task(self._process(case, handoff))
        self._requests.add(request)
        request.add_done_callback(self._requests.discard)
        answered = self.mood is not Mood.DROPS
        done, _ = await asyncio.wait({request}, timeout=self._timeout)
        if done and answered:
            return Answer(Outcome.ACCEPTED, "201", request.result().reference)
        return Answer(Outcome.UNKNOWN, "no answer", explicit=False)

    async def _process(self, case: Case, handoff: Handoff) -> DeskTicket:
        while self.mood is Mood.HANGS:
            await self._thawed.wait()
        await asyncio.sleep(self.latency)
        messages = [message.id for message in case.messages if message.number <= handoff.messages_sent]
        made = DeskTicket(f"{self.name.upper()}-{len(self.tickets) + 1}", handoff.ticket_id, messages=messages)
        return self.tickets.setdefault(handoff.id, made)

    async def find(self, handoff: Handoff) -> Copy | None:
        await self._reach()
        return self._copy(self.tickets.get(handoff.id))

    async def read(self, handoff: Handoff) -> Copy | None:
        await self._reach()
        return self._copy(self._by_reference(handoff))

    async def append(self, handoff: Handoff, message: Message) -> None:
        await self._reach()
        ticket = self._by_reference(handoff)
        if ticket is None:
            raise ProviderRefused("404")
        if message.id not in ticket.messages:
            ticket.messages.append(message.id)

    async def withdraw(self, handoff: Handoff, reason: str) -> None:
        await self._reach()
        ticket = self._by_reference(handoff)
        if ticket is not None and ticket.state is HandoffState.PICKED_UP:
            raise ProviderRefused("409")
        if ticket is not None:
            ticket.state = HandoffState.WITHDRAWN
            self.withdrawals += 1

    async def probe(self, timeout: float) -> None:
        if self.mood in (Mood.CLOSED_PORT, Mood.ERRORS):
            raise ProviderUnavailable(self.mood.value)
        while self.mood is Mood.HANGS:
            await self._thawed.wait()
        await asyncio.sleep(min(self.latency, 0.01))

    async def close(self) -> None:
        for request in self._requests:
            request.cancel()
        await asyncio.gather(*self._requests, return_exceptions=True)

    async def _reach(self) -> None:
        if self.mood in (Mood.CLOSED_PORT, Mood.ERRORS):
            raise ProviderUnavailable(self.mood.value)
        try:
            async with asyncio.timeout(self._search_timeout):
                while self.mood is Mood.HANGS:
                    await self._thawed.wait()
                await asyncio.sleep(min(self.latency, 0.01))
        except TimeoutError:
            raise ProviderUnavailable("no answer") from None

    def _by_reference(self, handoff: Handoff) -> DeskTicket | None:
        known = (ticket for ticket in self.tickets.values() if ticket.reference == handoff.provider_reference)
        return next(known, None)

    def _copy(self, ticket: DeskTicket | None) -> Copy | None:
        return (
            None if ticket is None or ticket.state is HandoffState.WITHDRAWN else Copy(ticket.reference, ticket.state)
        )
