"""Where a request stands, in words that its requester understands, and that name no provider."""

from collections.abc import Sequence
from enum import Enum

from gateway.core.clock import Instant
from gateway.core.handoff import Handoff, holding_copy
from gateway.core.texts import mark
from gateway.core.ticket import Ticket, TicketState


class Progress(Enum):
    """A headline, and what it means."""

    RECEIVED = (mark("Received"), mark("We have your request, and are passing it to the help desk."))
    HANDLED = (mark("Being handled"), mark("The help desk has your request. Its answers will appear on this page."))
    RESOLVED = (mark("Resolved"), mark("The help desk considers this resolved. If it isn't, write again below."))
    CLOSED = (
        mark("Closed"),
        mark("This was closed without being handled. If you still need help, write to us again."),
    )
    DELAYED = (
        mark("Delayed"),
        mark(
            "Your request is safe with us, but reaching the help desk takes longer than it should. "
            "We go on trying; you needn't send it again."
        ),
    )

    @property
    def headline(self) -> str:
        return self.value[0]

    @property
    def meaning(self) -> str:
        return self.value[1]


def progress(ticket: Ticket, handoffs: Sequence[Handoff], serving: str | None, now: Instant) -> Progress:
    """How far `ticket` is; `serving` is the provider that serves its policy, None while all are down."""
    if ticket.state is TicketState.RESOLVED:
        return Progress.RESOLVED if holding_copy(handoffs) else Progress.CLOSED
    if ticket.state is TicketState.HANDED_OFF:
        return Progress.HANDLED
    if ticket.state is TicketState.QUARANTINED or serving is None or now > ticket.due_at:
        return Progress.DELAYED
    return Progress.RECEIVED
