"""Which ticket does a text message continue? `RULES` is the whole answer. Pure.

Nothing proves here who writes: a number is what the network shows. So whoever can forge one may add words to a ticket
of that number, as with any text message; what a ticket says goes only to the number itself.
"""

from collections.abc import Callable, Sequence

from gateway.core.clock import Instant
from gateway.core.ticket import Ticket
from gateway.core.values import dataclass

WITHIN = 7 * 86_400.0
"""Seconds for which the ticket that was written in last is the one that is meant, where several are open."""


@dataclass(frozen=True, slots=True)
class Sender:
    """What there is of whoever writes."""

    named: Ticket | None = None
    """The first ticket of that number whose reference stands in the text, in any state."""
    theirs: str | None = None
    """Else the reference in the text of a ticket that is somebody else's."""
    open: Sequence[Ticket] = ()
    """Open tickets of that number, by this channel, the one that was written in last first."""
    last_written_at: Instant | None = None
    """When something was written in that one, by either side."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One row: where it gives a ticket, the message joins it."""

    case: str
    gives: Callable[[Sender, Instant], Ticket | None]


def _named(sender: Sender, _: Instant) -> Ticket | None:
    return sender.named


def _the_only_one(sender: Sender, _: Instant) -> Ticket | None:
    return sender.open[0] if len(sender.open) == 1 else None


def _the_latest(sender: Sender, at: Instant) -> Ticket | None:
    written_at = sender.last_written_at
    recent = written_at is not None and at - written_at <= WITHIN
    return sender.open[0] if len(sender.open) > 1 and recent else None


RULES = (
    Rule("the text names the reference of a ticket of that number: that one, closed or open", _named),
    Rule("one ticket of that number is open: that one", _the_only_one),
    Rule("several are open: the one that was written in last, by either side, if within seven days", _the_latest),
)
"""Tried in this order; else it is a new ticket."""


def ticket_continued(sender: Sender, at: Instant) -> Ticket | None:
    """The ticket that a message which came then joins; None for a new one."""
    return next((ticket for rule in RULES if (ticket := rule.gives(sender, at)) is not None), None)
