"""The steps of calls, each made durable with all that follows from it before anybody hears of it."""

import asyncio
from collections.abc import Callable, Sequence

from channels.channel import Backstage, ChannelContext
from channels.phone import inputs
from channels.phone.call import Call, Fetching, LegResult, Outcome, State
from channels.phone.duties import is_over, is_releasable, next_look
from channels.phone.facts import answered_at
from channels.phone.flow import Facts, Flow
from channels.phone.hearing import Heard
from channels.phone.keeping import read, written
from channels.phone.legs import is_of_known_leg
from channels.phone.opening import Opened, Opening
from channels.phone.remembered import Known, Remembered
from channels.phone.story import story
from channels.phone.telling import Teller
from gateway.core.calls import CallChange, CallKept, KeptCall, Taken
from gateway.core.clock import Instant
from gateway.core.delivery import Delivery, Kind
from gateway.core.errors import StoreUnavailable
from gateway.core.ids import new_id
from gateway.core.ticket import Direction, Message
from gateway.core.values import replace

_ROUNDS = 20
"""How often a step is made anew because somebody else has made one meanwhile: one of those who try gets through."""

Change = Callable[[Call], Call]
Beginning = Callable[[], Call | None]
"""Of a call that isn't known; None where it can't begin with this."""


class Steps:
    """Of one channel's calls."""

    def __init__(
        self, flow: Flow, facts: Facts, opening: Opening, teller: Teller, context: ChannelContext, backstage: Backstage
    ) -> None:
        self._flow = flow
        self._facts = facts
        self._opening = opening
        self._teller = teller
        self._channel = context.name
        self._clock = context.clock
        self._backstage = backstage
        self._remembered = Remembered()

    async def hear(self, heard: Heard) -> Call | None:
        """The call after it; None where it isn't known, and doesn't begin with this. Raises StoreUnavailable."""
        incoming = heard.incoming

        def begin() -> Call | None:
            return None if incoming is None else self._flow.begin(incoming, self._facts)

        def change(call: Call) -> Call:
            for each in heard.said:
                call = self._flow.advance(call, each, self._facts)
            return call

        def is_lasting(call: Call) -> bool:
            return all(is_of_known_leg(call, each) for each in heard.said)

        supposed = Known() if heard.is_first else None
        return await self._step(heard.sid, change, begin, supposed=supposed, is_lasting=is_lasting)

    async def change(self, sid: str, change: Change, messages: Sequence[Message] = ()) -> Call | None:
        """One that we know the facts of ourselves. `messages` go into its ticket; None where there is no such call.
        Raises StoreUnavailable."""
        return await self._step(sid, change, _unknown, messages)

    async def settle(self, sid: str, received: inputs.Input) -> Call | None:
        """As if a webhook had told it. Raises StoreUnavailable."""
        return await self._step(sid, lambda call: self._flow.advance(call, received, self._facts), _unknown)

    async def adopt(self, call: Call) -> None:
        """One that is over, and that nobody had told us of. Raises StoreUnavailable."""
        await self._step(call.sid, lambda known: known, lambda: call)

    async def kept(self, sid: str) -> Call | None:
        """As it is now; None where there is none, or it was forgotten. Raises StoreUnavailable, and ValueError for what
        can't be read."""
        return self._call_of(await self._backstage.store.call(sid))

    async def knows(self, sid: str) -> bool:
        """Whether it was ever kept, forgotten or not. Raises StoreUnavailable."""
        return await self._backstage.store.call(sid) is not None

    async def _step(
        self,
        sid: str,
        change: Change,
        begin: Beginning,
        messages: Sequence[Message] = (),
        *,
        supposed: Known | None = None,
        is_lasting: Callable[[Call], bool] = lambda _: False,
    ) -> Call | None:
        """`supposed` is what the call is unless somebody knows better; `is_lasting` tells of a call that isn't changed
        whether that holds for all that can have become of it meanwhile."""
        known = self._remembered.get(sid) or supposed
        for _ in range(_ROUNDS):
            is_certain = known is None
            known = known or await self._read(sid)
            if known is None:
                return None
            after, kept = await self._attempt(known, change, begin, messages)
            if kept is CallKept.KEPT or (kept is None and (is_certain or (after is not None and is_lasting(after)))):
                return after
            known = None
            self._remembered.forget(sid)
            await asyncio.sleep(0)  # whoever was faster shall get on
        raise StoreUnavailable("a call's step was made anew too often: others were faster each time")

    async def _read(self, sid: str) -> Known | None:
        """As the store has it; None for another channel's, and for one that was forgotten: a webhook that was recorded
        comes again (T13)."""
        kept = await self._backstage.store.call(sid)
        if kept is None:
            return Known()
        call = self._call_of(kept)
        if call is None:
            return None
        known = Known(kept.version, call)
        if not kept.over:
            self._remembered.keep(sid, known)
        return known

    def _call_of(self, kept: KeptCall | None) -> Call | None:
        if kept is None or kept.channel != self._channel or kept.record is None:
            return None
        return read(kept.record)

    async def _attempt(
        self, known: Known, change: Change, begin: Beginning, messages: Sequence[Message]
    ) -> tuple[Call | None, CallKept | None]:
        """The call after the step, and what became of it in the store; None where it had nothing to keep."""
        after = begin() if known.call is None else change(known.call)
        if after is None:
            return None, None
        after, following = await self._following(known, after, self._clock.now(), messages)
        if following is None:
            return after, None
        kept = await self._backstage.store.keep_call(following)
        if kept is CallKept.KEPT:
            self._remember(following, after)
            self._wake(following)
        return after, kept

    def _remember(self, change: CallChange, after: Call) -> None:
        if change.over:
            self._remembered.forget(after.sid)
        else:
            self._remembered.keep(after.sid, Known(change.seen + 1, after))

    async def _following(
        self, known: Known, after: Call, now: Instant, messages: Sequence[Message]
    ) -> tuple[Call, CallChange | None]:
        """The call with its ticket, and what is to be kept of it; None where nothing has changed."""
        before = known.call
        release = not after.released and is_releasable(after, now)
        opened = await self._opening.open(after, now, held=not release) if after.needs_ticket else Opened(after)
        after = replace(opened.call, released=True) if release else opened.call
        if after == before and not messages:
            return after, None
        told = [opened.message] if opened.message else []
        if _has_ended(before, after) and after.ticket_id is not None:
            told.append(self._account(after, now))
        return after, CallChange(
            sid=after.sid,
            channel=self._channel,
            record=written(after),
            at=now,
            seen=known.version,
            over=is_over(after),
            ticket_id=after.ticket_id,
            opening=opened.ticket,
            messages=(*told, *(replace(each, ticket_id=after.ticket_id or "") for each in messages)),
            taken=_taken(before, after),
            release=release,
            events=tuple(story(self._channel, before, after, now)),
            owed=tuple(self._owed(before, after, now)),
        )

    def _account(self, call: Call, now: Instant) -> Message:
        return further_message(call.sid, self._channel, self._teller.account(call), now)

    def _owed(self, before: Call | None, after: Call, now: Instant) -> list[Delivery]:
        owed: list[Delivery] = []
        if _has_new_recording(before, after):
            owed.append(self._look(after, now, now))
        elif before is None:
            due_at = next_look(after, now)
            owed += [] if due_at is None else [self._look(after, now, due_at)]
        elif after.state is State.GONE and before.state is not State.GONE:
            owed.append(self._look(after, now, next_look(after, now) or now))
        if after.outcome is Outcome.CALLBACK and (before is None or before.outcome is None):
            owed.append(self._duty(Kind.CALLBACK, after, now, now))
        return owed

    def _look(self, call: Call, now: Instant, due_at: Instant) -> Delivery:
        return self._duty(Kind.CALL, call, now, due_at)

    def _duty(self, kind: Kind, call: Call, now: Instant, due_at: Instant) -> Delivery:
        return Delivery(
            id=new_id(),
            kind=kind,
            due_at=due_at,
            created_at=now,
            ticket_id=call.ticket_id,
            target=self._channel,
            payload={"call": call.sid},
        )

    def _wake(self, change: CallChange) -> None:
        for kind in {each.kind for each in change.owed if each.due_at <= change.at}:
            self._backstage.owed(kind)


def further_message(sid: str, channel: str, body: str, now: Instant) -> Message:
    """One whose id follows from Twilio's name of what it tells of, so that it is in the ticket once."""
    return Message(
        id=sid[2:].lower(), ticket_id="", number=0, direction=Direction.INBOUND, channel=channel, body=body, at=now
    )


def _unknown() -> None:
    return None


def _has_ended(before: Call | None, after: Call) -> bool:
    return after.state is State.ENDED and (before is None or before.state is not State.ENDED)


def _has_new_recording(before: Call | None, after: Call) -> bool:
    known = {each.sid for each in before.recordings} if before else set()
    return any(each.sid not in known and each.fetching is Fetching.WAITING for each in after.recordings)


def _taken(before: Call | None, after: Call) -> Taken | None:
    """By the agent who answered, at the moment that this is certain."""
    if after.outcome is not Outcome.ANSWERED or (before is not None and before.outcome is Outcome.ANSWERED):
        return None
    leg = next((each for each in after.legs if each.result is LegResult.ANSWERED), None)
    return Taken(leg.desk.provider, answered_at(leg)) if leg else None
