"""A text that is owed to a requester, before it has words. Pure."""

import re

from channels.phone.messaging.incoming import ADDRESS, NUMBER
from channels.phone.messaging.service import Service, service_of
from channels.phone.twilio.numbers import normal_number
from gateway.core.delivery import Case
from gateway.core.ticket import Message, Ticket
from gateway.core.values import dataclass

_PARTY = re.compile(r"(?:whatsapp:)?\+?\d{3,20}")


@dataclass(frozen=True, slots=True)
class Owed:
    """The same on every try."""

    ticket: Ticket
    message: Message
    """The requester's first, which is acknowledged, or the desk's, which is sent on."""
    phone: str
    """The requester's number (E.164)."""
    to: str
    """The same, as Twilio writes it."""
    service: Service
    sender: str
    """Our number, as Twilio writes it: the one that the requester wrote to."""


def owed_in(case: Case, own: str) -> Owed | str:
    """What a delivery owes, or why a person has to look. `own` is our number, as Twilio writes it, where the ticket
    doesn't say which was written to."""
    ticket = case.ticket
    message = next((each for each in case.messages if each.id == case.delivery.message_id), None)
    if ticket is None or message is None:
        return "the ticket is gone"
    phone = normal_number(ticket.requester.phone or "")
    if phone is None:
        return "the requester has no number that can be written to"
    sender = ticket.metadata.get(NUMBER, own)
    if not _PARTY.fullmatch(sender):
        sender = own
    service = service_of(sender)
    return Owed(ticket, message, phone, _recipient(ticket, phone, service), service, sender)


def _recipient(ticket: Ticket, phone: str, service: Service) -> str:
    """WhatsApp knows its users by the number that they once registered with, such as a Mexican one with the old 1."""
    address = ticket.metadata.get(ADDRESS, "")
    registered = service is Service.WHATSAPP and _PARTY.fullmatch(address) and service_of(address) is service
    return address if registered and normal_number(address) == phone else service.written(phone)
