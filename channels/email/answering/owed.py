"""A mail that is owed to a requester, before it has words. Pure."""

from channels.email.mailable import mailable
from gateway.core.clock import Instant
from gateway.core.delivery import Case, Kind
from gateway.core.ticket import Direction, Message, Ticket
from gateway.core.values import dataclass


@dataclass(frozen=True, slots=True)
class Owed:
    """The same on every try."""

    ticket: Ticket
    recipient: str
    message: Message
    """The requester's first, which is acknowledged, or the desk's, which is sent on."""
    at: Instant
    """Of its Date."""
    earlier: tuple[str, ...] = ()
    """The ids of the messages that our earlier mails to the requester stand for, oldest first."""


def owed_in(case: Case) -> Owed | str:
    """What a delivery owes, or why a person has to look."""
    ticket, message = case.ticket, _message(case)
    if ticket is None or message is None:
        return "the ticket is gone"
    if not ticket.requester.email:
        return "the requester has no address"
    try:
        mailable(ticket.requester.email)
    except ValueError:
        return "the requester's address is none that mail can be sent to"
    if case.delivery.kind is Kind.ACKNOWLEDGEMENT:
        return Owed(ticket, ticket.requester.email, message, case.delivery.created_at)
    answers = [each for each in case.messages if each.direction is Direction.OUTBOUND and each.number < message.number]
    earlier = tuple(each.id for each in (*case.messages[:1], *answers))
    return Owed(ticket, ticket.requester.email, message, message.at, earlier)


def _message(case: Case) -> Message | None:
    return next((each for each in case.messages if each.id == case.delivery.message_id), None)
