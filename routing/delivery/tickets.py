"""Handing over one claimed ticket: the shell around the decision. It acts, and decides nothing itself."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from gateway.core.clock import Clock, Instant
from gateway.core.delivery import (
    Answer,
    Begin,
    Case,
    Defer,
    Finish,
    HandoffFact,
    Kind,
    Lease,
    Quarantine,
)
from gateway.core.errors import ProviderUnavailable
from gateway.core.events import ProviderMisconfigured
from gateway.core.handoff import Handoff, HandoffState, Outcome, holding_copy
from gateway.core.ids import new_id
from gateway.core.ports import DeliveryStore
from gateway.core.ticket import Ticket
from gateway.core.values import dataclass
from routing.delivery.attempts import attempt
from routing.delivery.decision import Adopt, Attempt, Done, GiveUp, Hold, Patience, Postpone, decide, left_alone
from routing.delivery.facts import first_read_back, record_surely
from routing.delivery.fleet import Fleet, LiveProvider
from routing.delivery.lanes import Lane
from routing.delivery.places import Places

CLAIM_LEASE = 3.0
"""Seconds for which a claimed ticket may be held in hand before its first attempt begins."""
LEASE_SLACK = 1.0
"""Seconds that a lease outlasts the attempt that it is for."""
_STATE = {
    Outcome.REFUSED: HandoffState.REFUSED,
    Outcome.UNAVAILABLE: HandoffState.UNAVAILABLE,
    Outcome.UNKNOWN: HandoffState.UNKNOWN,
}


def _state(answer: Answer, *, doubtful: bool) -> HandoffState:
    """What the copy's state is after an answer. That a later attempt surely failed says nothing of an earlier one."""
    if answer.outcome is Outcome.UNAVAILABLE and doubtful:
        return HandoffState.UNKNOWN
    return _STATE.get(answer.outcome, answer.state)


@dataclass(frozen=True, slots=True)
class _Running:
    since: Instant
    task: asyncio.Task[None]


class TicketWorker:
    """One claimed ticket, until a provider has it or nothing more can be done now."""

    def __init__(self, store: DeliveryStore, fleet: Fleet, clock: Clock, case: Case, ticket: Ticket) -> None:
        self._store = store
        self._fleet = fleet
        self._clock = clock
        self._ticket = ticket
        self._case = case
        self._lease = Lease(case.delivery.id, case.delivery.epoch)
        self._lease_until = case.delivery.due_at
        # Clipped, since a wall clock that was set back between two runs would have it hours away.
        self._hedge_at = min(ticket.hedge_at, clock.now() + ticket.hedge_at - ticket.received_at)
        self._running: dict[str, _Running] = {}
        self._places = Places(fleet, ticket.priority, rescue=case.delivery.kind is Kind.RESCUE)
        self._unreadable: set[str] = set()
        self._handed_over = False
        """An attempt of this worker's was accepted. The commit that says so has taken the delivery away."""

    async def run(self) -> None:
        """Returns when no attempt of this ticket is in flight any more."""
        try:
            while not self._handed_over and await self._step():
                pass
            self._collect()
            while self._running:
                self._places.leave()
                await asyncio.wait(self._attempts())
                self._collect()
        finally:
            self._places.leave()
            if self._running:
                await self._abandon()

    async def _step(self) -> bool:
        """Decide and act once; False when this worker's part is done."""
        self._collect()
        self._places.accept()
        now = self._clock.now()
        policy = self._fleet.policy(self._ticket.policy)
        late_try = self._fleet.longest_search(policy)
        patience = Patience(self._hedge_at, policy.give_up_after, policy.pick_up_within, late_try)
        if hold := left_alone(self._running, patience, now):
            await asyncio.wait(self._attempts(), timeout=hold.until - now, return_when=asyncio.FIRST_COMPLETED)
            return True
        options = self._fleet.options(self._ticket, self._places.given)
        in_flight = {name: running.since for name, running in self._running.items()}
        match decide(self._case, options, in_flight, patience, now, unreadable=self._unreadable):
            case Attempt() as chosen:
                return await self._begin(chosen, now)
            case Hold(until, lines):
                return await self._hold(until, lines, now)
            case Adopt(handoff):
                return await self._adopt(handoff)
            case Postpone(until, reason):
                await self._store.defer([Defer(self._lease, until, reason, attempted=bool(self._case.handoffs))])
            case GiveUp(reason):
                await self._store.quarantine([Quarantine(self._lease, reason, now)])
            case Done():
                await self._store.finish([Finish(self._lease)])
        return False

    async def _begin(self, chosen: Attempt, now: Instant) -> bool:
        live = self._fleet[chosen.provider]
        lane = self._places.use(chosen.provider)
        handoff = self._started(chosen, now)
        lease_until = now + live.attempt_seconds + LEASE_SLACK
        try:
            held = (await self._store.begin([Begin(self._lease, handoff, lease_until, chosen.reason)]))[0]
        except BaseException:
            lane.give()
            raise
        if not held:
            lane.give()
            # The lease is lost, and this says nothing; or the copy has changed since the claim.
            await self._store.defer([Defer(self._lease, now, "its copy has changed meanwhile")])
            return False
        self._lease_until = max(self._lease_until, lease_until)
        self._keep(handoff)
        search_first = chosen.again is not None and chosen.again.state is not HandoffState.UNAVAILABLE
        task = asyncio.create_task(
            self._attempt(live, lane, handoff, search_first=search_first),
            name=f"attempt {self._ticket.reference} at {chosen.provider}",
        )
        self._running[chosen.provider] = _Running(now, task)
        return True

    def _started(self, chosen: Attempt, now: Instant) -> Handoff:
        if chosen.again is not None:
            return replace(
                chosen.again,
                state=HandoffState.STARTED,
                attempts=chosen.again.attempts + 1,
                started_at=now,
                answered_at=None,
            )
        # messages_sent stays as it is under a key: a desk that knows the key answers for what it was sent first
        return Handoff(
            id=new_id(),
            ticket_id=self._ticket.id,
            provider=chosen.provider,
            state=HandoffState.STARTED,
            started_at=now,
            messages_sent=self._case.messages[-1].number,
        )

    async def _attempt(self, live: LiveProvider, lane: Lane, handoff: Handoff, *, search_first: bool) -> None:
        try:
            answer = await attempt(live, self._case, handoff, self._clock, search_first=search_first)
        finally:
            lane.give()
        now = self._clock.now()
        pick_up_within = self._fleet.policy(self._ticket.policy).pick_up_within
        fact = HandoffFact(
            handoff_id=handoff.id,
            state=_state(answer, doubtful=search_first),
            at=now,
            provider_reference=answer.provider_reference,
            reason=answer.reason,
            read_back_at=first_read_back(now, pick_up_within),
        )
        await record_surely(self._store, fact)
        self._keep(replace(handoff, state=fact.state, answered_at=fact.at, provider_reference=fact.provider_reference))
        if answer.outcome is Outcome.ACCEPTED:
            self._handed_over = holding_copy(self._case.handoffs) is not None
        if answer.misconfigured:
            event = ProviderMisconfigured(at=fact.at, provider=live.name, reason=answer.reason)
            await self._store.announce([event])

    async def _adopt(self, handoff: Handoff) -> bool:
        """Read the copy back before trusting it again, at a provider that can be asked."""
        self._places.leave()
        live = self._fleet[handoff.provider]
        if live.settings.can_read:
            try:
                copy = await live.adapter.read(handoff)
            except ProviderUnavailable:
                self._unreadable.add(handoff.id)
                return True
            if copy is None:
                now = self._clock.now()
                lost = HandoffFact(handoff.id, HandoffState.LOST, now, reason="not read back")
                await record_surely(self._store, lost)
                self._keep(replace(handoff, state=HandoffState.LOST))
                return True
        lease, now = Finish(self._lease), self._clock.now()
        await self._store.adopt(lease, handoff.id, now, read_back=live.settings.can_read)
        return False

    async def _hold(self, until: Instant, lines: Sequence[str], now: Instant) -> bool:
        """Wait for a change; give the delivery back where that outlasts the lease."""
        if not self._running:
            if now >= self._lease_until - LEASE_SLACK:
                await self._store.defer([Defer(self._lease, now, "held as long as the lease allows")])
                return False
            until = min(until, self._lease_until - LEASE_SLACK)
        turns = self._places.line_up(lines)
        with self._fleet.watching() as change:
            await asyncio.wait(
                [change, *turns, *self._attempts()],
                timeout=max(0.0, until - now),
                return_when=asyncio.FIRST_COMPLETED,
            )
        return True

    def _attempts(self) -> list[asyncio.Task[None]]:
        return [running.task for running in self._running.values()]

    def _collect(self) -> None:
        """Take out attempts that ended; an error of one (the store failed) is this worker's error."""
        for name, running in list(self._running.items()):
            if running.task.done():
                del self._running[name]
                running.task.result()

    async def _abandon(self) -> None:
        """On the way out by an error or a stop: what is in flight is searched for after the next start."""
        tasks = self._attempts()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _keep(self, handoff: Handoff) -> None:
        others = tuple(each for each in self._case.handoffs if each.id != handoff.id)
        self._case = replace(self._case, handoffs=(*others, handoff))
