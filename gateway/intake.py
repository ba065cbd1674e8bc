"""Intake: the one door for what comes in. Nobody is told yes before the store has committed."""

from gateway.core.clock import Clock, Instant
from gateway.core.errors import StoreFailed, StoreUnavailable
from gateway.core.ids import new_id
from gateway.core.ports import IntakeStore, Measurements, Routing
from gateway.core.provider import ProviderReport, ReportResult
from gateway.core.reference import new_reference
from gateway.core.ticket import Acceptance, Direction, InboundMessage, Intake, Message, Receipt, Ticket

_NOT_KEPT = (Acceptance.CONFLICT, Acceptance.FULL)


class IntakeDoor:
    """Turns inbound messages into rows to be, and waits until they are on disk."""

    def __init__(self, store: IntakeStore, routing: Routing, clock: Clock, measurements: Measurements) -> None:
        self._store = store
        self._routing = routing
        self._clock = clock
        self._measurements = measurements

    async def receive(self, message: InboundMessage) -> Receipt:
        """A new ticket, or a further message of the one that the channel has proved it continues."""
        began = self._clock.now()
        try:
            receipt = (await self._store.accept([self.rows_of(message, began)]))[0]
        except (StoreUnavailable, StoreFailed):
            self._measurements.intake_refused(message.channel, "unavailable")
            raise
        if receipt.acceptance in _NOT_KEPT:
            self._measurements.intake_refused(message.channel, receipt.acceptance)
        self._measurements.intake_seconds(self._clock.now() - began)
        return receipt

    async def report(self, report: ProviderReport) -> ReportResult:
        """What a provider tells about a ticket that it has."""
        return (await self._store.report([report]))[0]

    async def foresee(self, report: ProviderReport) -> ReportResult:
        """What would become of it now."""
        return await self._store.foresee(report)

    def rows_of(self, message: InboundMessage, now: Instant) -> Intake:
        """What would be made durable of it, for a channel that keeps it in a commit of its own."""
        at = now if message.received_at is None else min(message.received_at, now)
        counts_from = at if message.held_until is None else message.held_until
        ticket = self._ticket(message, at, counts_from) if message.ticket_id is None else None
        first = Message(  # by position, as the ticket
            new_id(),
            ticket.id if ticket else message.ticket_id or "",
            1,
            Direction.INBOUND,
            message.channel,
            message.body,
            at,
            message.requester.name,
            attachments=message.attachments,
        )
        return Intake(first, ticket, message.dedupe, message.most_messages, message.acknowledge, message.held_until)

    def _ticket(self, message: InboundMessage, at: Instant, counts_from: Instant) -> Ticket:
        terms = self._routing.terms(message.channel, message.language, message.category, message.priority)
        return Ticket(  # by position: Python pays for a class's keywords as much as for making its instance
            new_id(),
            new_reference(),
            message.channel,
            message.subject,
            message.requester,
            at,
            terms.policy,
            counts_from + terms.hedge_after,
            counts_from + terms.takeover_within,
            message.language,
            message.category,
            message.priority,
            message.metadata,
            answer_by=message.answer_by,
        )
