"""Where a request stands, in words that its requester understands, and that name no provider."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from gateway.core.clock import Instant
from gateway.core.handoff import Handoff, holding_copy
from gateway.core.texts import mark
from gateway.core.ticket import Ticket, TicketState


class Progress(Enum):
    """A headline, what it means, and what comes next; `{time}` is when, as far as that is promised."""

    RECEIVED = (
        mark("Received"),
        mark("We have your request, and are passing it to the help desk."),
        mark("It should be there by {time}."),
    )
    HANDED_OVER = (
        mark("With the help desk"),
        mark("The help desk has your request."),
        mark("Next, somebody there takes it up. Answers appear on this page."),
    )
    HANDLED = (
        mark("Being handled"),
        mark("Somebody at the help desk is working on your request."),
        mark("Answers appear on this page."),
    )
    RESOLVED = (
        mark("Resolved"),
        mark("The help desk considers this resolved."),
        mark("If it isn't, write to us below: that opens your request again."),
    )
    CLOSED = (
        mark("Closed"),
        mark("This was closed without being handled."),
        mark("If you still need help, write to us below: that opens your request again."),
    )
    DELAYED = (
        mark("Delayed"),
        mark(
            "Your request is safe with us, but reaching the help desk takes longer than it should. "
            "We go on trying; you needn't send it again."
        ),
        mark("It should have been there by {time}."),
    )

    @property
    def headline(self) -> str:
        return self.value[0]

    @property
    def meaning(self) -> str:
        return self.value[1]

    @property
    def outlook(self) -> str:
        return self.value[2]

    @property
    def ended(self) -> bool:
        """Writing again opens the request again."""
        return self in (Progress.RESOLVED, Progress.CLOSED)


@dataclass(frozen=True, slots=True)
class Stage:
    """A step on the way from request to resolution."""

    name: str
    at: Instant | None
    """When it was reached, where that is known."""
    state: str
    """`done`, `current` or `ahead`."""


_STAGES = (Progress.RECEIVED, Progress.HANDED_OVER, Progress.HANDLED, Progress.RESOLVED)


def progress(ticket: Ticket, handoffs: Sequence[Handoff], serving: str | None, now: Instant) -> Progress:
    """How far `ticket` is; `serving` is the provider that serves its policy, None while all are down."""
    copy = holding_copy(handoffs)
    if ticket.state is TicketState.RESOLVED:
        return Progress.RESOLVED if copy else Progress.CLOSED
    if ticket.state is TicketState.HANDED_OFF:
        return Progress.HANDLED if copy and copy.picked_up_at is not None else Progress.HANDED_OVER
    if ticket.state is TicketState.QUARANTINED or serving is None or now > ticket.due_at:
        return Progress.DELAYED
    return Progress.RECEIVED


def stages(current: Progress, ticket: Ticket, handoffs: Sequence[Handoff]) -> list[Stage]:
    """The way of a request, and how far it is; none for one that was closed without being handled."""
    if current is Progress.CLOSED:
        return []
    reached = 0 if current is Progress.DELAYED else _STAGES.index(current)
    copy = holding_copy(handoffs)
    instants = (ticket.received_at, ticket.handed_off_at, copy.picked_up_at if copy else None, None)
    return [
        Stage(
            stage.headline,
            at if number <= reached else None,
            "done" if number < reached else "current" if number == reached else "ahead",
        )
        for number, (stage, at) in enumerate(zip(_STAGES, instants, strict=True))
    ]
