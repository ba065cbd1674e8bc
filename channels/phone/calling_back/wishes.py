"""Somebody wants to be called back, or a desk wants to speak with somebody: what comes of that (T35).

A caller's wish is owed with `{"call": CallSid}`, at the moment of the key that says so, and is for the number that
called; a desk's is owed with its copy of the ticket, and is for the requester's number, as the ticket has it.
"""

from collections.abc import Mapping

from channels.channel import Backstage, ChannelContext
from channels.phone import keeping
from channels.phone.call import Call
from channels.phone.calling_back.callback import Callback, Refusal, State
from channels.phone.calling_back.guard import Claimed, refusal
from channels.phone.calling_back.inputs import Refused
from channels.phone.calling_back.limits import Limits
from channels.phone.calling_back.steps import CallbackSteps
from channels.phone.settings import VoiceSettings
from channels.phone.surroundings import ATTESTED
from channels.phone.twilio.numbers import normal_number, shown_number
from gateway.core.calls import CallKept
from gateway.core.clock import Instant
from gateway.core.delivery import Case
from gateway.core.handoff import holding_copy
from gateway.core.texts import LANGUAGES
from gateway.core.ticket import Ticket

_HANGS_UP_WITHIN = 60.0
"""Seconds that a caller who has asked for it may still be on the line, where the last words are said."""
_LOOK_AGAIN = 3.0


class Wishes:
    """Of one channel."""

    def __init__(
        self,
        settings: VoiceSettings,
        steps: CallbackSteps,
        limits: Limits,
        context: ChannelContext,
        backstage: Backstage,
    ) -> None:
        self._settings = settings
        self._steps = steps
        self._limits = limits
        self._channel = context.name
        self._clock = context.clock
        self._store = backstage.store
        self._phones = backstage.phones

    async def begin(self, case: Case) -> tuple[float, str] | None:
        """The call back that a wish comes to, once; seconds and reason where it is too early. Raises the store's
        errors."""
        ticket, now = case.ticket, self._clock.now()
        if ticket is None:
            return None
        by_desk = case.handoff() is not None
        call = await self._call(ticket.metadata if by_desk else case.delivery.payload)
        if not by_desk and call and call.ended_at is None and now < case.delivery.created_at + _HANGS_UP_WITHIN:
            return _LOOK_AGAIN, "the caller is still on the line"
        claimed = _claimed(ticket, call, by_desk, self._settings)
        callback = self._callback(case, ticket, call, claimed, now)
        refused = refusal(claimed, self._settings, now, self._phones())
        if refused is None and by_desk and await self._store.opted_out(self._channel, callback.number):
            refused = Refusal.UNWANTED
        if refused is None:
            refused = await self._limits.refusal(callback.number, counted=False)
        if await self._steps.begin(callback, Refused(now, refused) if refused else None) is CallKept.BUSY:
            await self._steps.begin(callback, Refused(now, Refusal.BUSY))
        return None

    async def _call(self, said: Mapping[str, object]) -> Call | None:
        """The one by which the number came, unless it was forgotten."""
        kept = await self._store.call(str(said.get("call", "")))
        if kept is None or kept.channel != self._channel or kept.record is None:
            return None
        return keeping.read(kept.record)

    def _callback(self, case: Case, ticket: Ticket, call: Call | None, claimed: Claimed, now: Instant) -> Callback:
        asked, holder = case.handoff(), holding_copy(case.handoffs)
        shown = call.called if call and call.called in self._settings.numbers else self._settings.numbers[0]
        return Callback(
            id=f"CB{case.delivery.id}",
            number=normal_number(claimed.number or "") or "",
            caller_id=shown,
            language=_spoken(ticket.language) or self._settings.languages[0],
            ticket_id=ticket.id,
            reference=ticket.reference,
            asked_at=case.delivery.created_at,
            until=now + self._settings.callback.within,
            state=State.WAITING,
            due_at=now,
            category=ticket.category,
            priority=ticket.priority,
            arrived_by=ticket.channel,
            written_in=ticket.language,
            asked_by=asked.provider if asked else None,
            holder=holder.provider if holder else None,
        )


def _claimed(ticket: Ticket, call: Call | None, by_desk: bool, settings: VoiceSettings) -> Claimed:
    """Whoever keyed the wish in was shown with that number by the network. Where a desk asks, the ticket must have come
    by a channel whose numbers the network tells."""
    attested = call is not None and call.attestation == ATTESTED
    if by_desk:
        return Claimed(ticket.requester.phone, ticket.channel in settings.callback.for_channels, attested)
    return Claimed(shown_number(call.caller) if call else None, call is not None, attested)


def _spoken(language: str | None) -> str | None:
    """A language that we have words in; a text message may be in any."""
    primary = (language or "").partition("-")[0].lower()
    return primary if primary in LANGUAGES else None
