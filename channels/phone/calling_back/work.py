"""What is owed of calls back (Kind.CALLBACK), done one step at a time: none holds its lease for longer than a request.

A call is ordered once. That it is about to be ordered is kept before the request leaves; whatever becomes of the
request, or of us, the call is looked for at Twilio until it is certain that there is none, and only then ordered again.
The best witness is Twilio's own webhook, whose address names the step.
"""

from channels.phone.answers import Address, Page
from channels.phone.calling_back import inputs
from channels.phone.calling_back.callback import Callback, DeskLeg, State
from channels.phone.calling_back.guard import accept_within, line_limit
from channels.phone.calling_back.limits import Limits
from channels.phone.calling_back.steps import CALLBACK, STEP, CallbackSteps
from channels.phone.calling_back.wishes import Wishes
from channels.phone.hearing import FINAL
from channels.phone.settings import CallbackSettings
from channels.phone.twilio.outcome import Deferred, Outcome, Refused, Taken, Unknown
from channels.phone.twilio.rest import ApiUnavailable, NewCall, TwilioApi
from channels.phone.twiml import TwiML
from channels.troubles import Troubles
from gateway.core.clock import Clock, Instant
from gateway.core.delivery import Case, Defer, Delivery, Finish, Lease
from gateway.core.failpoints import failpoint
from gateway.core.ports import DeliveryEnds

_SURE_AFTER = 60.0
"""Seconds after which a call that isn't in Twilio's list was never ordered."""
_LOOK_AGAIN = 10.0
_RINGING_SLACK = 30.0
"""Seconds that a desk's phone may ring longer than it was asked to; then its line is asked after."""
_ASK_AGAIN = {State.DESK: 15.0}
_ASK_AGAIN_LATER = 120.0
_REST_AWAY = 30.0
_PATIENCE = 3600.0
"""Seconds after the longest that a line can last, when it is taken to be cut though Twilio can't be asked."""
_SHORTEST_WAIT, _LONGEST_WAIT = 15.0, 300.0
"""Seconds between two orders of the same call."""
_PART = "calls"
"""What of the channel is in trouble where Twilio takes no orders."""
_Later = tuple[float, str] | None
"""Seconds until a delivery is to be done, and why; None where it is done."""


class CallbackWork:
    """Of one channel."""

    def __init__(
        self,
        settings: CallbackSettings,
        steps: CallbackSteps,
        wishes: Wishes,
        limits: Limits,
        api: TwilioApi,
        twiml: TwiML,
        clock: Clock,
        ends: DeliveryEnds,
        troubles: Troubles,
    ) -> None:
        self._settings = settings
        self._steps = steps
        self._wishes = wishes
        self._limits = limits
        self._api = api
        self._twiml = twiml
        self._clock = clock
        self._ends = ends
        self._troubles = troubles

    async def handle(self, case: Case) -> None:
        """One delivery: done, or to be done later. Raises the store's errors."""
        callback_id = case.delivery.payload.get(CALLBACK)
        later = await (
            self._wishes.begin(case) if callback_id is None else self._go_on(case.delivery, str(callback_id))
        )
        lease = Lease(case.delivery.id, case.delivery.epoch)
        if later is None:
            await self._ends.finish([Finish(lease)])
        else:
            await self._ends.defer([Defer(lease, self._clock.now() + later[0], later[1])])

    async def _go_on(self, delivery: Delivery, callback_id: str) -> _Later:
        step = int(str(delivery.payload.get(STEP, 0)))
        callback = await self._steps.kept(callback_id)
        if callback is None:
            return None
        if callback.state is State.WAITING and callback.step == step:
            await self._steps.advance(callback.id, inputs.Due(self._clock.now(), step))
            return None
        leg = callback.leg_of(step)
        if leg is None or leg.ended_at is not None:
            return None
        if leg.sid is not None:
            return await self._watch(callback, leg, leg.sid)
        if leg.ordered_at is not None:
            return await self._look_for(callback, leg, leg.ordered_at)
        return await self._order(callback, leg)

    # ordering

    async def _order(self, callback: Callback, leg: DeskLeg) -> _Later:
        began_at = self._clock.now()
        ordering = await self._steps.advance(callback.id, inputs.Ordering(began_at, leg.step, leg.orders))
        due = ordering.leg_of(leg.step) if ordering else None
        if ordering is None or due is None or due.ordered_at != began_at or due.sid is not None:
            return None  # it is too late, or somebody else is about to order it
        refusal = await self._limits.refusal(ordering.number, counted=True)
        if refusal is not None:
            await self._steps.advance(callback.id, inputs.Refused(self._clock.now(), refusal))
            return None
        failpoint("callback.before")
        outcome = await self._api.create_call(self._new_call(ordering, due))
        failpoint("callback.after")
        return await self._heed(callback, leg, outcome)

    async def _heed(self, callback: Callback, leg: DeskLeg, outcome: Outcome) -> _Later:
        """What Twilio has made of the order."""
        now, step = self._clock.now(), leg.step
        match outcome:
            case Taken(sid=sid):
                self._troubles.recovered(_PART)
                await self._steps.advance(callback.id, inputs.Ordered(now, step, sid))
                return leg.desk.timeout + _RINGING_SLACK, "the desk's phone rings"
            case Deferred(why=why, wait=wait, misconfigured=misconfigured):
                if misconfigured:
                    self._troubles.troubled(_PART, f"Twilio took no order: {why}")
                await self._steps.advance(callback.id, inputs.NotOrdered(now, step))
                return min(_LONGEST_WAIT, max(_SHORTEST_WAIT, wait or 0.0)), f"Twilio took no order: {why}"
            case Refused(why=why):
                self._troubles.troubled(_PART, f"Twilio won't call {leg.desk.provider}: {why}")
                await self._steps.advance(callback.id, inputs.OrderRefused(now, step))
                return None
            case Unknown(why=why):
                return _LOOK_AGAIN, f"whether the call was ordered isn't known: {why}"

    def _new_call(self, callback: Callback, leg: DeskLeg) -> NewCall:
        return NewCall(
            to=leg.desk.dial,
            caller_id=leg.desk.caller_id or callback.caller_id,
            url=self._twiml.url(Address(Page.CALLBACK_DESK, leg.step, names_call=True), callback.id),
            status_callback=self._twiml.url(Address(Page.CALLBACK_STATUS, leg.step, names_call=True), callback.id),
            timeout=leg.desk.timeout,
            time_limit=line_limit(leg.desk, self._settings),
        )

    # looking

    async def _look_for(self, callback: Callback, leg: DeskLeg, ordered_at: Instant) -> _Later:
        """An order whose answer never came. A call that is found may be another's to the same desk: it is only waited
        for, until it is over or a webhook has told us of ours."""
        known = {each.sid for each in callback.legs if each.sid is not None}
        try:
            found = await self._api.find_call(self._new_call(callback, leg), ordered_at, known)
        except ApiUnavailable as error:
            return await self._unless_long_over(callback, leg, error)
        if found is not None:
            return await self._watch(callback, leg, found.sid)
        if self._clock.now() < ordered_at + _SURE_AFTER:
            return _LOOK_AGAIN, "the call that was ordered isn't in Twilio's list yet"
        return await self._order(callback, leg)

    async def _watch(self, callback: Callback, leg: DeskLeg, sid: str) -> _Later:
        """Whether the line is cut, which a webhook should have told us."""
        try:
            record = await self._api.call(sid)
        except ApiUnavailable as error:
            return await self._unless_long_over(callback, leg, error)
        now = self._clock.now()
        if record is None or record.status in FINAL:
            status, seconds = (record.status, record.duration or 0.0) if record else ("failed", 0.0)
            await self._steps.advance(callback.id, inputs.DeskEnded(now, leg.step, sid, status, seconds))
            return None
        return _ASK_AGAIN.get(callback.state, _ASK_AGAIN_LATER), "the desk's line is open"

    async def _unless_long_over(self, callback: Callback, leg: DeskLeg, error: ApiUnavailable) -> _Later:
        """While Twilio can't be asked. A desk whose agent hasn't come is given up when no other could be called any
        more, so that its ticket goes its way in time; should the agent come later, his line is cut."""
        now, longest = self._clock.now(), line_limit(leg.desk, self._settings)
        if callback.state is State.DESK:
            longest = round(accept_within(leg.desk) + _RINGING_SLACK)
            given_up_at = max(callback.until, _since(leg) + leg.desk.timeout + longest)
        else:
            given_up_at = _since(leg) + leg.desk.timeout + longest + _PATIENCE
        if now < given_up_at:
            return max(_REST_AWAY, error.retry_after or 0.0), f"Twilio can't be asked: {error}"
        ended = inputs.DeskEnded(now, leg.step, leg.sid or "", "failed", float(longest))
        await self._steps.advance(callback.id, ended)
        return None


def _since(leg: DeskLeg) -> Instant:
    return 0.0 if leg.ordered_at is None else leg.ordered_at
