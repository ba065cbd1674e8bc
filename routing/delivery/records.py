"""A provider whose agent has spoken with the requester is given the ticket in its own system, too: under the hand-off's
key and at the provider's pace like any other, but to no other provider, since this one has it already."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

from gateway.core.clock import Clock
from gateway.core.delivery import Answer, Begin, Case, Defer, Finish, HandoffFact, Lease, Quarantine
from gateway.core.errors import ProviderUnavailable
from gateway.core.events import ProviderMisconfigured
from gateway.core.handoff import LIVE, Handoff, HandoffState, Outcome, surplus_copies
from gateway.core.ports import DeliveryStore
from gateway.core.sending_again import AFTER_DOUBT, GIVEN_UP_AFTER
from gateway.core.ticket import Priority
from routing.delivery.attempts import attempt
from routing.delivery.backoff import backoff
from routing.delivery.facts import record_surely
from routing.delivery.fleet import Fleet, LiveProvider
from routing.delivery.tickets import LEASE_SLACK

_IN_LINE = 10.0
"""Seconds for which one waits for its turn at the provider before it is given back."""
_SOON = 1.0
_HAS_IT = LIVE | {HandoffState.RESOLVED}
_WHY = "its agent took the call"


class Records:
    """Does deliveries of kind RECORD."""

    def __init__(self, store: DeliveryStore, fleet: Fleet, clock: Clock) -> None:
        self._store = store
        self._fleet = fleet
        self._clock = clock

    async def __call__(self, case: Case, copy: Handoff, live: LiveProvider) -> None:
        """One try; every way out gives the delivery back, finishes it or puts it in quarantine."""
        if not copy.to_record or copy.state not in _HAS_IT or copy in surplus_copies(case.handoffs):
            await self._store.finish([Finish(_lease(case))])
            return
        answer = await self._known(case, copy, live)
        if answer is None:
            async with _turn(live, case.delivery.priority) as granted:
                if not granted:
                    await self._later(case, f"{live.name} is busy", _SOON, attempted=False)
                    return
                answer = await self._attempt(case, copy, live)
        if answer is not None:
            await self._end(case, copy, live, answer)

    async def _known(self, case: Case, copy: Handoff, live: LiveProvider) -> Answer | None:
        """What is known, without another attempt, of those made at a provider that can't be asked: one that was cut
        off in the middle is in doubt."""
        if live.settings.can_search or not copy.attempts:
            return None
        try:
            found = await live.adapter.find(copy)
        except ProviderUnavailable:
            found = None
        if found is not None:
            return Answer(Outcome.ACCEPTED, "taken after all", found.provider_reference, found.state)
        cut_off = copy.attempts > case.delivery.attempts
        return Answer(Outcome.UNKNOWN, "an attempt was cut off in the middle") if cut_off else None

    async def _attempt(self, case: Case, copy: Handoff, live: LiveProvider) -> Answer | None:
        """None where the lease is lost."""
        now = self._clock.now()
        handoff = replace(
            copy,
            attempts=copy.attempts + 1,
            started_at=now,
            messages_sent=copy.messages_sent or case.messages[-1].number,
        )
        begin = Begin(_lease(case), handoff, now + live.attempt_seconds + LEASE_SLACK, _WHY)
        if not (await self._store.begin([begin]))[0]:
            return None
        return await attempt(live, case, handoff, self._clock, search_first=copy.attempts > 0)

    async def _end(self, case: Case, copy: Handoff, live: LiveProvider, answer: Answer) -> None:
        now = self._clock.now()
        if answer.misconfigured:
            await self._store.announce([ProviderMisconfigured(at=now, provider=live.name, reason=answer.reason)])
        if answer.outcome is Outcome.ACCEPTED:
            reference = answer.provider_reference
            await record_surely(
                self._store,
                HandoffFact(copy.id, answer.state, now, reference, answer.reason, recorded=True),
            )
            await self._store.finish([Finish(_lease(case))])
        elif reason := self._given_up(case, copy, live, answer):
            await self._store.quarantine([Quarantine(_lease(case), reason, now)])
        else:
            await self._later(case, answer.reason, _pause(case, live, answer), attempted=True)

    def _given_up(self, case: Case, copy: Handoff, live: LiveProvider, answer: Answer) -> str | None:
        """Why it is for a person."""
        tries, now = case.delivery.attempts + 1, self._clock.now()
        if answer.outcome is Outcome.REFUSED:
            return f"{live.name} took the call, and will not have the ticket: {answer.reason}"
        if answer.outcome is Outcome.UNKNOWN and not live.settings.can_search and tries > len(AFTER_DOUBT):
            return f"{live.name} may have the ticket of its call, and can't be asked: {answer.reason}"
        if not live.settings.can_search and now - case.delivery.created_at >= GIVEN_UP_AFTER:
            return f"{live.name} could not be given the ticket of its call for days: {answer.reason}"
        most = self._fleet.policy(case.ticket.policy).give_up_after if case.ticket else tries
        if tries >= most and live.accepted_at > copy.started_at:
            return f"{tries} attempts in vain, while other tickets got through: {answer.reason}"
        return None

    async def _later(self, case: Case, reason: str, pause: float, *, attempted: bool) -> None:
        await self._store.defer([Defer(_lease(case), self._clock.now() + pause, reason, attempted=attempted)])


@asynccontextmanager
async def _turn(live: LiveProvider, priority: Priority) -> AsyncIterator[bool]:
    """A place among the attempts at the provider, which new tickets and rescued ones want as well; False where none
    is free for long."""
    turn = live.lane.turn(priority, rescue=True)
    try:
        await asyncio.wait([turn], timeout=_IN_LINE)
        yield turn.done()
    finally:
        if not turn.cancel():
            live.lane.give()


def _pause(case: Case, live: LiveProvider, answer: Answer) -> float:
    tried = case.delivery.attempts
    if answer.outcome is Outcome.UNKNOWN and not live.settings.can_search:
        return AFTER_DOUBT[tried]
    return answer.again_after or answer.retry_after or backoff(tried + 1, case.delivery.id)


def _lease(case: Case) -> Lease:
    return Lease(case.delivery.id, case.delivery.epoch)
