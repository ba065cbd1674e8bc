"""Requests to put into a store, and a worker's steps over it."""

from gateway.core.clock import Instant
from gateway.core.delivery import Begin, Case, ClaimRequest, HandoffFact, Kind, Lease
from gateway.core.handoff import Handoff, HandoffState
from gateway.core.ids import new_id
from gateway.core.reference import new_reference
from gateway.core.ticket import DedupeKey, Direction, Intake, Message, Priority, Requester, Ticket, TicketState
from gateway.store import SqlStore

ANA = Requester("Ana", "ana@example.org")


def new_ticket(
    *,
    at: Instant = 1_000.0,
    key: str | None = None,
    fingerprint: str = "same",
    reference: str | None = None,
    policy: str = "default",
    priority: Priority = Priority.NORMAL,
    requester: Requester = ANA,
) -> Intake:
    """A request as intake hands it to the store: hedge after 2 s, contracted time 5 s."""
    ticket = Ticket(
        id=new_id(),
        reference=reference or new_reference(),
        channel="web",
        subject="El correo no va",
        requester=requester,
        received_at=at,
        policy=policy,
        hedge_at=at + 2,
        due_at=at + 5,
        language="es",
        category="mail",
        priority=priority,
        metadata={"page": "home"},
    )
    message = Message(new_id(), ticket.id, 1, Direction.INBOUND, "web", "No me deja entrar", at)
    return Intake(message, ticket, DedupeKey("web", key, fingerprint) if key else None)


def follow_up(ticket_id: str, *, at: Instant = 1_010.0, key: str | None = None) -> Intake:
    """The requester writes again; the store numbers it."""
    message = Message(new_id(), ticket_id, 0, Direction.INBOUND, "web", "Sigue igual", at)
    return Intake(message, None, DedupeKey("web", key, "same") if key else None)


class Work:
    """A worker's steps over a store, in short: claim, begin and record, as the delivery engine does them."""

    def __init__(self, store: SqlStore) -> None:
        self.store = store

    async def accept(self, intake: Intake | None = None) -> str:
        """Hand in a request; its ticket's id."""
        return (await self.store.accept([intake or new_ticket()]))[0].ticket_id

    async def claim(self, kind: Kind = Kind.TICKET, *, at: Instant = 1_001.0, limit: int = 10) -> list[Case]:
        request = ClaimRequest(frozenset({kind}), limit, now=at, lease_until=at + 3)
        return (await self.store.claim([request]))[0]

    async def begin(self, case: Case, provider: str, *, at: Instant = 1_001.0, again: Handoff | None = None) -> Handoff:
        """An attempt at that provider, which must be allowed."""
        assert case.ticket is not None
        copy = again or Handoff(
            new_id(), case.ticket.id, provider, HandoffState.STARTED, at, messages_sent=case.messages[-1].number
        )
        assert await self.try_begin(case, copy, at=at)
        return copy

    async def try_begin(self, case: Case, copy: Handoff, *, at: Instant = 1_001.0) -> bool:
        return (await self.store.begin([Begin(lease_of(case), copy, at + 3, "the primary")]))[0]

    async def learn(
        self,
        copy: Handoff,
        state: HandoffState,
        *,
        at: Instant = 1_002.0,
        reference: str | None = None,
        confirmed: bool = False,
    ) -> bool:
        fact = HandoffFact(copy.id, state, at, reference, f"it is {state.value}", confirmed=confirmed)
        return (await self.store.record([fact]))[0]

    async def handed_off(self, provider: str = "acme", intake: Intake | None = None) -> tuple[str, Handoff]:
        """A ticket that the provider has accepted."""
        ticket_id = await self.accept(intake)
        (case,) = await self.claim()
        copy = await self.begin(case, provider)
        assert await self.learn(copy, HandoffState.ACCEPTED, reference=f"{provider}-{ticket_id[-6:]}")
        return ticket_id, copy

    async def case(self, ticket_id: str) -> Case:
        found = await self.store.ticket(ticket_id)
        assert found is not None
        return found

    async def state(self, ticket_id: str) -> TicketState:
        ticket = (await self.case(ticket_id)).ticket
        assert ticket is not None
        return ticket.state

    async def copy(self, ticket_id: str, handoff_id: str) -> Handoff:
        return next(each for each in (await self.case(ticket_id)).handoffs if each.id == handoff_id)

    async def owed(self) -> dict[str, int]:
        """How many deliveries of each kind are owed."""
        counts = await self.store.counts(2_000.0)
        prefix = "deliveries_waiting."
        return {name.removeprefix(prefix): int(n) for name, n in counts.items() if name.startswith(prefix) and n}

    async def astray(self) -> list[str]:
        return (await self.store.audit(None, 1_000))[0]


def lease_of(case: Case) -> Lease:
    """The right that a claim gave."""
    return Lease(case.delivery.id, case.delivery.epoch)
