"""The steps of calls back, each made durable with all that follows from it."""

import asyncio

from channels.channel import Backstage, ChannelContext
from channels.phone.calling_back import inputs
from channels.phone.calling_back.callback import Callback, Outcome, State
from channels.phone.calling_back.flow import CallbackFlow, Facts
from channels.phone.calling_back.guard import seconds_of
from channels.phone.calling_back.keeping import read, written
from channels.phone.calling_back.story import story
from channels.phone.calling_back.telling import CallbackTeller
from channels.phone.settings import CallbackSettings
from gateway.core.calls import CallChange, CallKept, KeptCall, Taken
from gateway.core.clock import Instant
from gateway.core.delivery import Delivery, Kind
from gateway.core.errors import StoreUnavailable
from gateway.core.ids import new_id
from gateway.core.ticket import Direction, Message

_ROUNDS = 20
"""How often a step is made anew because somebody else has made one meanwhile."""
CALLBACK, STEP = "callback", "step"
"""What a delivery's payload says: which call back, and which of its steps is to be done."""


class CallbackSteps:
    """Of one channel's calls back."""

    def __init__(
        self,
        settings: CallbackSettings,
        facts: Facts,
        teller: CallbackTeller,
        context: ChannelContext,
        backstage: Backstage,
    ) -> None:
        self._settings = settings
        self._flow = CallbackFlow(settings)
        self._facts = facts
        self._teller = teller
        self._channel = context.name
        self._clock = context.clock
        self._backstage = backstage

    async def kept(self, callback_id: str) -> Callback | None:
        """As it is now; None where there is none, or it was forgotten. Raises StoreUnavailable."""
        return self._known(await self._backstage.store.call(callback_id))

    async def begin(self, callback: Callback, refused: inputs.Refused | None = None) -> CallKept:
        """A new one, or one that is refused at once: that counts as no call to the number. Raises StoreUnavailable."""
        after = callback if refused is None else self._flow.advance(callback, refused, self._facts)
        return await self._keep(self._change(None, after, 0, counts=refused is None))

    async def advance(self, callback_id: str, received: inputs.Input) -> Callback | None:
        """The call back after it, durable; None where there is none. Raises StoreUnavailable."""
        for _ in range(_ROUNDS):
            kept = await self._backstage.store.call(callback_id)
            before = self._known(kept)
            if kept is None or before is None:
                return None
            after = self._flow.advance(before, received, self._facts)
            if after == before or await self._keep(self._change(before, after, kept.version)) is CallKept.KEPT:
                await self._remember_wish(after)
                return after
            await asyncio.sleep(0)  # whoever was faster shall get on
        raise StoreUnavailable("a call back's step was made anew too often: others were faster each time")

    async def _remember_wish(self, callback: Callback) -> None:
        """Whether the number wants to be called: by its last word, however often that is told."""
        if callback.outcome in (Outcome.DECLINED, Outcome.REACHED) and callback.ended_at is not None:
            out = callback.outcome is Outcome.DECLINED
            await self._backstage.store.opt_out(self._channel, callback.number, callback.ended_at, out=out)

    def _known(self, kept: KeptCall | None) -> Callback | None:
        if kept is None or kept.channel != self._channel or kept.record is None:
            return None
        return read(kept.record)

    async def _keep(self, change: CallChange) -> CallKept:
        result = await self._backstage.store.keep_call(change)
        if result is CallKept.KEPT:
            self._wake(change)
        return result

    def _wake(self, change: CallChange) -> None:
        if any(each.due_at <= change.at for each in change.owed):
            self._backstage.owed(Kind.CALLBACK)
        if change.release:
            self._backstage.owed(Kind.TICKET)
            self._backstage.owed(Kind.RECORD)
        if change.messages:
            self._backstage.owed(Kind.MESSAGE)

    def _change(self, before: Callback | None, after: Callback, seen: int, *, counts: bool = True) -> CallChange:
        now = self._clock.now()
        has_ended = after.state is State.ENDED and (before is None or before.state is not State.ENDED)
        return CallChange(
            sid=after.id,
            channel=self._channel,
            record=written(after),
            at=now,
            seen=seen,
            over=after.over,
            ticket_id=after.ticket_id,
            messages=(self._account(after, now),) if has_ended else (),
            taken=_taken(before, after),
            release=has_ended,
            events=tuple(story(self._channel, before, after, now)),
            owed=_owed(self._channel, before, after, now),
            calls=after.number if counts else None,
            reserved=seconds_of(after, self._settings),
        )

    def _account(self, callback: Callback, now: Instant) -> Message:
        return Message(
            id=new_id(),
            ticket_id=callback.ticket_id,
            number=0,
            direction=Direction.INBOUND,
            channel=self._channel,
            body=self._teller.account(callback),
            at=now,
        )


def duty(channel: str, callback: Callback, step: int, now: Instant, due_at: Instant) -> Delivery:
    """What that step has to do."""
    return Delivery(
        id=new_id(),
        kind=Kind.CALLBACK,
        due_at=due_at,
        created_at=now,
        ticket_id=callback.ticket_id,
        target=channel,
        payload={CALLBACK: callback.id, STEP: step},
    )


def _owed(channel: str, before: Callback | None, after: Callback, now: Instant) -> tuple[Delivery, ...]:
    """A wait and a desk to be called are somebody's to do; what follows from either comes by webhooks, or is asked for
    by whoever had the desk called."""
    if before is not None and before.step == after.step:
        return ()
    match after.state:
        case State.WAITING:
            return (duty(channel, after, after.step, now, after.due_at),)
        case State.DESK:
            return (duty(channel, after, after.step, now, now),)
        case _:
            return ()


def _taken(before: Callback | None, after: Callback) -> Taken | None:
    """By the agent whom the requester is joined with, at that moment."""
    leg = after.legs[-1] if after.legs else None
    joined_at = leg.requester.joined_at if leg and leg.requester else None
    was = before.leg_of(leg.step) if before and leg else None
    if leg is None or joined_at is None or (was and was.requester and was.requester.joined_at is not None):
        return None
    return Taken(leg.desk.provider, joined_at)
