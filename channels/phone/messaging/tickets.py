"""What the store has of whoever writes: the facts that `threading.py` decides on."""

from channels.channel import BackstageStore, TicketReads
from channels.phone.messaging.threading import Sender
from channels.phone.twilio.numbers import normal_number
from channels.references import references_in
from gateway.core.clock import Instant
from gateway.core.ticket import Ticket

_MOST_REFERENCES = 3


class SendersTickets:
    """Those that came by the channel `name`."""

    def __init__(self, name: str, store: BackstageStore, reads: TicketReads) -> None:
        self._name = name
        self._store = store
        self._reads = reads

    async def of(self, phone: str, text: str) -> Sender:
        """Raises StoreUnavailable, StoreFailed."""
        named = await self._named(text)
        own = next((each for each in named if normal_number(each.requester.phone or "") == phone), None)
        if own is not None:
            return Sender(own)
        found = await self._store.open_tickets_of(phone, {self._name})
        return Sender(
            theirs=named[0].reference if named else None,
            open=found,
            last_written_at=await self._last_written(found[0]) if len(found) > 1 else None,
        )

    async def _named(self, text: str) -> list[Ticket]:
        """Tickets whose references stand in the text, whosever they are."""
        cases = [await self._store.ticket_by_reference(each) for each in references_in(text)[:_MOST_REFERENCES]]
        return [case.ticket for case in cases if case and case.ticket]

    async def _last_written(self, ticket: Ticket) -> Instant:
        case = await self._reads.ticket(ticket.id)
        return case.messages[-1].at if case and case.messages else ticket.received_at
