"""What is owed to a provider about a copy: further messages, the truth about it, a read-back, a withdrawal, itself."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace

from gateway.core.clock import Clock, Instant
from gateway.core.delivery import Case, Defer, Finish, HandoffFact, Kind, Lease, Quarantine
from gateway.core.errors import ProviderRefused, ProviderUnavailable
from gateway.core.events import MessageDoubtful, ProviderMisconfigured
from gateway.core.handoff import Handoff, HandoffState, holding_copy, surplus_copies
from gateway.core.ports import DeliveryStore
from gateway.core.sending_again import GIVEN_UP_AFTER
from gateway.core.ticket import Direction
from routing.delivery.backoff import backoff, wait_to_be_woken
from routing.delivery.facts import first_read_back, record_surely
from routing.delivery.fleet import Fleet, LiveProvider
from routing.delivery.records import Records

LOOKED_FOR = 600.0
"""Seconds for which a copy is looked for after an unknown outcome, counted anew when its desk is back: a desk that
thaws may still finish what it had in hand."""
_SOONEST_LOOK = 1.0
_READ_BACKS = (15.0, 60.0, 300.0, 900.0, 3600.0)
_TO_A_REACHABLE_DESK = 2.0
_BY_REFERENCE = frozenset({Kind.MESSAGE, Kind.WITHDRAW})
"""What can be told to a provider only under its own reference."""
_REASON_TO_WITHDRAW = "another provider has this ticket now"


class FollowUps:
    """Handlers of the deliveries about one copy, by kind."""

    def __init__(self, store: DeliveryStore, fleet: Fleet, clock: Clock) -> None:
        self._store = store
        self._fleet = fleet
        self._clock = clock
        self._by_kind: Mapping[Kind, Callable[[Case, Handoff, LiveProvider], Awaitable[None]]] = {
            Kind.MESSAGE: self._message,
            Kind.RECONCILE: self._reconcile,
            Kind.CONFIRM: self._confirm,
            Kind.WITHDRAW: self._withdraw,
            Kind.RECORD: Records(store, fleet, clock),
        }

    async def __call__(self, case: Case) -> None:
        """Do one; every way out gives the delivery back, finishes it or puts it in quarantine."""
        copy = holding_copy(case.handoffs) if case.delivery.kind is Kind.MESSAGE else case.handoff()
        if copy is None:
            await self._without_copy(case)
            return
        live = self._fleet.get(copy.provider)
        if live is None:
            await self._quarantine(case, f"{copy.provider} is not in the configuration any more")
            return
        if not live.status(self._clock.now()).reachable:
            await self._wait(case, f"{copy.provider} can't be reached", wait_to_be_woken(case.delivery.id))
            return
        try:
            await self._under_its_reference(case, copy, live)
        except ProviderUnavailable as error:
            await self._not_now(case, live, error)

    async def _not_now(self, case: Case, live: LiveProvider, error: ProviderUnavailable) -> None:
        now = self._clock.now()
        if error.misconfigured:
            await self._store.announce([ProviderMisconfigured(at=now, provider=live.name, reason=str(error))])
        if not live.settings.can_search and now - case.delivery.created_at >= GIVEN_UP_AFTER:
            await self._quarantine(case, f"{live.name} could not be told for days: {error}")
            return
        pause = error.retry_after or min(backoff(case.delivery.attempts + 1, case.delivery.id), self._longest(live))
        await self._later(case, str(error), pause)

    def _longest(self, live: LiveProvider) -> float:
        """A desk that has come back is told soon, however long it was away."""
        return _TO_A_REACHABLE_DESK if live.status(self._clock.now()).reachable else float("inf")

    async def _under_its_reference(self, case: Case, copy: Handoff, live: LiveProvider) -> None:
        """A provider may have reported that it has the ticket without saying under which reference. One that can't be
        searched is told without it."""
        if case.delivery.kind in _BY_REFERENCE and copy.provider_reference is None and live.settings.can_search:
            found = await live.adapter.find(copy)
            if found is None:
                await self._gone(case, copy)
                return
            await self._learn(copy, found.state, "found by its key", found.provider_reference)
            copy = replace(copy, provider_reference=found.provider_reference)
        await self._by_kind[case.delivery.kind](case, copy, live)

    async def _message(self, case: Case, copy: Handoff, live: LiveProvider) -> None:
        """The requester's further messages, in order. One that is refused holds up no other: whichever delivery it is
        of puts it in quarantine, and the others pass it over."""
        for message in case.messages:
            if message.number <= copy.messages_sent or message.direction is not Direction.INBOUND:
                continue
            try:
                await self._note_doubt(case, copy, await live.adapter.append(copy, message))
            except ProviderRefused as error:
                if live.settings.can_read and await live.adapter.read(copy) is None:
                    await self._gone(case, copy)
                    return
                if message.id == case.delivery.message_id:
                    await self._quarantine(case, f"{copy.provider} refused a message: {error}")
                    return
        await self._store.sent(copy.id, case.messages[-1].number, Finish(_lease(case)))

    async def _note_doubt(self, case: Case, copy: Handoff, doubt: str | None) -> None:
        """What its provider was told counts as told, though it may not have arrived: somebody has to know."""
        if doubt is not None and case.ticket is not None:
            told = MessageDoubtful(
                at=self._clock.now(),
                ticket_id=case.ticket.id,
                reference=case.ticket.reference,
                party=copy.provider,
                reason=doubt,
            )
            await self._store.announce([told])

    async def _reconcile(self, case: Case, copy: Handoff, live: LiveProvider) -> None:
        """Find out what became of an attempt whose outcome is unknown."""
        if copy.live or copy.state in (HandoffState.RESOLVED, HandoffState.WITHDRAWN, HandoffState.LOST):
            await self._finish(case)
            return
        if not live.settings.can_search:
            await self._tell_blindly(case, copy, live)
            return
        found = await live.adapter.find(copy)
        if found is not None:
            read_back_at = first_read_back(self._clock.now(), self._pick_up_within(case))
            await self._learn(
                copy, found.state, "found by its key", found.provider_reference, read_back_at=read_back_at
            )
            await self._finish(case)
        elif (elapsed := self._clock.now() - max(copy.started_at, live.back_at)) < LOOKED_FOR:
            # So one that answered all along, and yet finishes late, is found out after half as long again.
            await self._later(case, "not there yet", max(_SOONEST_LOOK, elapsed / 2))
        else:
            if copy.state is HandoffState.UNKNOWN:
                await self._learn(copy, HandoffState.ABSENT, "looked for by its key, and not there")
            await self._finish(case)

    async def _tell_blindly(self, case: Case, copy: Handoff, live: LiveProvider) -> None:
        """It can't be asked whether it has the ticket: its own word is waited for, and where another has the ticket
        meanwhile, it is told so without it."""
        if await self._known_after_all(case, copy, live):
            await self._finish(case)
            return
        elapsed = self._clock.now() - max(copy.started_at, live.back_at)
        if elapsed < LOOKED_FOR or holding_copy(case.handoffs) is None:
            pause = min(max(_SOONEST_LOOK, elapsed / 2), LOOKED_FOR)
            await self._wait(case, "it can't be asked, and has not said that it has the ticket", pause)
            return
        try:
            await self._note_doubt(case, copy, await live.adapter.withdraw(copy, _REASON_TO_WITHDRAW))
        except ProviderRefused as error:
            reason = f"{copy.provider} may have this ticket, too, and can't be told that another has it: {error}"
            await self._quarantine(case, reason)
            return
        await self._learn(copy, HandoffState.WITHDRAWN, _REASON_TO_WITHDRAW)
        await self._finish(case)

    async def _known_after_all(self, case: Case, copy: Handoff, live: LiveProvider) -> bool:
        """Whether an attempt whose end nobody waited for has gone well meanwhile."""
        try:
            found = await live.adapter.find(copy)
        except ProviderUnavailable:
            return False
        if found is None:
            return False
        read_back_at = first_read_back(self._clock.now(), self._pick_up_within(case))
        await self._learn(copy, found.state, "taken after all", found.provider_reference, read_back_at=read_back_at)
        return True

    async def _confirm(self, case: Case, copy: Handoff, live: LiveProvider) -> None:
        """Is it still there, and does somebody work on it?"""
        if copy.state is not HandoffState.ACCEPTED or copy.superseded:
            await self._finish(case)
            return
        if copy.to_record:
            await self._wait(case, "its provider's own system has not been given it yet", _SOONEST_LOOK)
            return
        neglected_at = self._neglected_at(case, copy)
        if not live.settings.can_read:
            await self._await_its_word(case, copy, neglected_at)
            return
        try:
            found = await live.adapter.read(copy)
        except ProviderUnavailable as error:
            if neglected_at is None or self._clock.now() < neglected_at:
                raise
            await self._supersede(case, copy, f"not known to be picked up within the promised time: {error}")
            return
        if found is None:
            await self._gone(case, copy)
            return
        if found.state is HandoffState.RESOLVED and _unheard(case, copy):
            pause = self._next_read_back(case, neglected_at)
            await self._later(case, "resolved before it had the requester's last message", pause)
            return
        await self._learn(copy, found.state, "read back", found.provider_reference, confirmed=True)
        if found.state is not HandoffState.ACCEPTED:
            await self._finish(case)
        elif neglected_at is not None and neglected_at <= self._clock.now():
            await self._supersede(case, copy, "not picked up within the promised time")
        else:
            await self._later(case, "not picked up yet", self._next_read_back(case, neglected_at))

    async def _await_its_word(self, case: Case, copy: Handoff, neglected_at: Instant | None) -> None:
        """It can't be read back: it says by itself that somebody works on the ticket, or doesn't."""
        if neglected_at is None:
            await self._finish(case)
        elif (left := neglected_at - self._clock.now()) <= 0:
            await self._supersede(case, copy, "not said to be picked up within the promised time")
        else:
            await self._wait(case, "not said to be picked up yet", left)

    async def _supersede(self, case: Case, copy: Handoff, reason: str) -> None:
        await self._store.supersede(copy.id, self._clock.now(), reason)
        await self._finish(case)

    def _neglected_at(self, case: Case, copy: Handoff) -> Instant | None:
        pick_up_within = self._pick_up_within(case)
        return None if pick_up_within is None else copy.held_since + pick_up_within

    def _pick_up_within(self, case: Case) -> float | None:
        return self._fleet.policy(case.ticket.policy).pick_up_within if case.ticket else None

    def _next_read_back(self, case: Case, neglected_at: Instant | None) -> float:
        pause = _READ_BACKS[min(case.delivery.attempts, len(_READ_BACKS) - 1)]
        return pause if neglected_at is None else min(pause, max(0.1, neglected_at - self._clock.now()))

    async def _withdraw(self, case: Case, copy: Handoff, live: LiveProvider) -> None:
        """Take back a surplus copy, unless by now it is the one that stays."""
        if copy.id not in {each.id for each in surplus_copies(case.handoffs)}:
            await self._finish(case)
            return
        try:
            await self._note_doubt(case, copy, await live.adapter.withdraw(copy, _REASON_TO_WITHDRAW))
        except ProviderRefused as error:
            await self._refused_withdrawal(case, copy, live, str(error))
            return
        await self._learn(copy, HandoffState.WITHDRAWN, _REASON_TO_WITHDRAW)
        await self._finish(case)

    async def _refused_withdrawal(self, case: Case, copy: Handoff, live: LiveProvider, reason: str) -> None:
        """Somebody works on it there: the other copy goes, unless that one is worked on, too, or resolved."""
        if not live.settings.can_read:
            await self._quarantine(case, f"{copy.provider} can't be told that another has this ticket: {reason}")
            return
        found = await live.adapter.read(copy)
        if found is None:
            await self._gone(case, copy)
            return
        await self._learn(copy, found.state, "read back")
        others = [other for other in case.handoffs if other.id != copy.id]
        known = replace(copy, state=found.state)
        if known in surplus_copies([known, *others]):
            await self._quarantine(case, f"two desks keep this ticket; {copy.provider} would not withdraw it: {reason}")
        else:
            await self._finish(case)

    async def _gone(self, case: Case, copy: Handoff) -> None:
        """Its provider hasn't got it any more. A message waits for the next provider, which gets it with the ticket."""
        withdrawn = case.delivery.kind is Kind.WITHDRAW
        await self._learn(copy, HandoffState.WITHDRAWN if withdrawn else HandoffState.LOST, "not there any more")
        if case.delivery.kind is Kind.MESSAGE:
            await self._later(case, "the ticket is handed over again", 1.0)
        else:
            await self._finish(case)

    async def _without_copy(self, case: Case) -> None:
        """No provider has the ticket now: a message goes along when one takes it; anything else is moot."""
        if case.delivery.kind is Kind.MESSAGE:
            await self._wait(case, "no provider has the ticket yet", wait_to_be_woken(case.delivery.id))
        else:
            await self._finish(case)

    async def _learn(
        self,
        copy: Handoff,
        state: HandoffState,
        reason: str,
        provider_reference: str | None = None,
        *,
        confirmed: bool = False,
        read_back_at: Instant | None = None,
    ) -> None:
        fact = HandoffFact(
            handoff_id=copy.id,
            state=state,
            at=self._clock.now(),
            provider_reference=provider_reference or copy.provider_reference,
            reason=reason,
            confirmed=confirmed,
            read_back_at=read_back_at,
        )
        await record_surely(self._store, fact)

    async def _wait(self, case: Case, reason: str, pause: float) -> None:
        """Nothing was tried; whoever changes that wakes the delivery."""
        await self._store.defer([Defer(_lease(case), self._clock.now() + pause, reason)])

    async def _later(self, case: Case, reason: str, pause: float) -> None:
        await self._store.defer([Defer(_lease(case), self._clock.now() + pause, reason, attempted=True)])

    async def _finish(self, case: Case) -> None:
        await self._store.finish([Finish(_lease(case))])

    async def _quarantine(self, case: Case, reason: str) -> None:
        await self._store.quarantine([Quarantine(_lease(case), reason, self._clock.now())])


def _unheard(case: Case, copy: Handoff) -> bool:
    """Has the requester written what this copy's provider has not been given yet?"""
    return any(
        message.direction is Direction.INBOUND and message.number > copy.messages_sent for message in case.messages
    )


def _lease(case: Case) -> Lease:
    return Lease(case.delivery.id, case.delivery.epoch)
