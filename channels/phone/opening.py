"""The ticket that a call opens, or that it continues: which of the two, and with what in it."""

from channels.channel import BackstageStore, ChannelContext
from channels.phone.call import Call
from channels.phone.settings import VoiceSettings
from channels.phone.surroundings import priority_of
from channels.phone.telling import Teller
from channels.phone.twilio.numbers import normal_number, shown_number
from gateway.core.clock import Instant
from gateway.core.ticket import InboundMessage, Intake, Message, Requester, Ticket
from gateway.core.values import dataclass, replace

LONGEST_CALL = 4.5 * 3600.0
"""Seconds: Twilio ends a call after four hours unless asked not to."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A call that has its ticket now. One of the two others goes with it into the same commit."""

    call: Call
    ticket: Intake | None = None
    """A new one."""
    message: Message | None = None
    """In the one that the caller keyed in."""


class Opening:
    """Of one channel's tickets."""

    def __init__(self, settings: VoiceSettings, context: ChannelContext, store: BackstageStore, teller: Teller) -> None:
        self._settings = settings
        self._context = context
        self._store = store
        self._teller = teller

    async def open(self, call: Call, now: Instant, *, held: bool) -> Opened:
        """For a call that needs one. `held` where it is owed to nobody yet, since the caller may still be helped by
        phone. Raises the store's errors."""
        own = await self._own_ticket(call)
        if own is not None:
            rows = self._context.intake.rows_of(self._message(call, joined=own), now)
            return Opened(replace(call, ticket_id=own.id, reference=own.reference), message=rows.message)
        message = self._message(call, held_until=now + LONGEST_CALL if held else None)
        rows = self._context.intake.rows_of(message, now)
        reference = rows.ticket.reference if rows.ticket else None
        return Opened(replace(call, ticket_id=rows.message.ticket_id, reference=reference), ticket=rows)

    async def _own_ticket(self, call: Call) -> Ticket | None:
        """The one that the caller keyed in, if it is his: the number of his phone is its requester's (T06). That is a
        hint, and enough to write into it, since nothing of it is told (T37)."""
        if call.claimed is None or (caller := shown_number(call.caller)) is None:
            return None
        case = await self._store.ticket_by_reference(call.claimed)
        if case is None or case.ticket is None or case.ticket.requester.phone is None:
            return None
        return case.ticket if normal_number(case.ticket.requester.phone) == caller else None

    def _message(
        self, call: Call, *, joined: Ticket | None = None, held_until: Instant | None = None
    ) -> InboundMessage:
        linked = {"linked": call.claimed} if call.claimed and joined is None else {}
        return InboundMessage(
            channel=self._context.name,
            subject=self._teller.subject(call),
            body=self._teller.opening(call, joined=joined is not None),
            requester=Requester(phone=shown_number(call.caller)),
            language=call.language,
            category=call.category,
            priority=priority_of(self._settings, call),
            metadata={"call": call.sid, **linked},
            ticket_id=joined.id if joined else None,
            held_until=held_until,
        )
