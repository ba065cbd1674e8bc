"""What is left to do about a call when nobody tells us: deliveries of kind CALL, done until nothing is left."""

from channels.phone import inputs
from channels.phone.call import Call, State
from channels.phone.duties import LOOK_AFTER, next_look
from channels.phone.ending import patience
from channels.phone.hearing import FINAL
from channels.phone.opening import LONGEST_CALL
from channels.phone.recordings import Recordings
from channels.phone.steps import Steps
from channels.phone.twilio.rest import API, ApiUnavailable, TwilioApi
from channels.troubles import Troubles
from gateway.core.clock import Clock, Instant
from gateway.core.delivery import Case, Defer, Finish, Lease, Quarantine
from gateway.core.ports import DeliveryEnds

_BUSY_PAUSE = 60.0
MESSAGE_SOURCE = "RecordVerb"
"""What makes the recordings that are messages left; others are of whole talks, and none of ours."""


class Watch:
    """`handle` is the DeliveryHandler."""

    def __init__(
        self,
        steps: Steps,
        recordings: Recordings,
        api: TwilioApi,
        troubles: Troubles,
        ends: DeliveryEnds,
        clock: Clock,
    ) -> None:
        self._steps = steps
        self._recordings = recordings
        self._api = api
        self._troubles = troubles
        self._ends = ends
        self._clock = clock

    async def handle(self, case: Case) -> None:
        """Ends the lease in every case but that of a store that is away."""
        delivery = case.delivery
        lease = Lease(delivery.id, delivery.epoch)
        try:
            call = await self._steps.kept(str(delivery.payload["call"]))
        except ValueError as error:
            reason = f"the call's record can't be read: {type(error).__name__}"
            await self._ends.quarantine([Quarantine(lease, reason, self._clock.now())])
            return
        try:
            again_at = await self._look(call) if call is not None else None
        except ApiUnavailable as error:
            self._troubles.troubled(API, str(error))
            pause = max(_BUSY_PAUSE, error.retry_after or 0.0)
            await self._ends.defer([Defer(lease, self._clock.now() + pause, f"Twilio's API: {error}")])
            return
        if again_at is None:
            await self._ends.finish([Finish(lease)])
        else:
            await self._ends.defer([Defer(lease, again_at, "the call, or what it leaves, isn't complete yet")])

    async def _look(self, call: Call) -> Instant | None:
        """Does what can be done; when to look again. Raises ApiUnavailable, and the store's errors."""
        call = await self._recordings.do(call)
        now = self._clock.now()
        if call.ended_at is None and call.recordings and now < call.began_at + LOOK_AFTER:
            # Called for the recording's sake: who has just left a message is still being thanked.
            return next_look(call, now, undone=self._recordings.is_undone(call))
        if call.ended_at is None:
            call = await self._learn_end(call)
        if call.state is State.GONE:
            call = await self._recordings.do(await self._learn_rest(call))
        call = await self._steps.change(call.sid, _as_it_is) or call
        return next_look(call, self._clock.now(), undone=self._recordings.is_undone(call))

    async def _learn_end(self, call: Call) -> Call:
        now = self._clock.now()
        record = await self._api.call(call.sid)
        self._troubles.recovered(API)
        if record is None:
            ended_at = now if now > call.began_at + LONGEST_CALL else None
        else:
            ended_at = min(now, record.at + (record.duration or 0.0)) if record.status in FINAL else None
        if ended_at is None:
            return call
        ended_at = max(call.began_at, ended_at)
        return await self._steps.settle(call.sid, inputs.HungUp(ended_at)) or call

    async def _learn_rest(self, call: Call) -> Call:
        """How the last leg ended, and whether something was recorded, where no webhook has come in time."""
        now = self._clock.now()
        patient_until = (call.ended_at or now) + patience(call)
        async for recording in self._api.recordings_of(call.sid):
            if recording.source == MESSAGE_SOURCE and recording.status == "completed":
                recorded = inputs.Recorded(now, recording.sid, recording.duration or 0.0)
                call = await self._steps.settle(call.sid, recorded) or call
        if call.left_in is State.DIALLING:
            call = await self._learn_leg(call)
        self._troubles.recovered(API)
        if now < patient_until or call.state is State.ENDED:
            return call
        return await self._steps.settle(call.sid, inputs.NothingMore(now)) or call

    async def _learn_leg(self, call: Call) -> Call:
        leg = call.legs[-1]
        if leg.result is not None:
            return call
        async for record in self._api.legs_of(call.sid):
            if record.status in FINAL and (record.sid == leg.sid or record.called == leg.desk.dial):
                ended_at = record.at + (record.duration or 0.0)
                status = inputs.DialEnded(ended_at, leg.step, record.status, None, record.duration, caller_gone=True)
                return await self._steps.settle(call.sid, status) or call
        return call


def _as_it_is(call: Call) -> Call:
    """For what follows from the time alone."""
    return call
