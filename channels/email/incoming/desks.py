"""Whose mail it is, where it may be a help desk's. Pure."""

from collections.abc import Sequence
from functools import lru_cache

from channels.email.desk_mail import DeskReader
from channels.email.mail import Mail
from channels.email.threading.claims import Claim
from gateway.core.post import DeskContact


class Desks:
    """The desks that are reached by mail, whichever channel writes to them."""

    def __init__(self, contacts: Sequence[DeskContact]) -> None:
        self._contacts = {contact.provider: contact for contact in contacts}

    def contact(self, provider: str) -> DeskContact:
        """The one of that name."""
        return self._contacts[provider]

    def senders(self, provider: str) -> frozenset[str]:
        """Whose mails are that desk's, in lower case; `@desk.example` stands for all of a domain."""
        contact = self._contacts.get(provider)
        return _senders(contact) if contact else frozenset()

    def is_from(self, provider: str, sender: str) -> bool:
        """Whether a mail of that sender is that desk's."""
        contact = self._contacts.get(provider)
        return contact is not None and _writes_for(contact, sender)

    def writing_as(self, sender: str) -> DeskContact | None:
        """The desk that has exactly this address."""
        return next((contact for contact in self._contacts.values() if sender in _senders(contact)), None)

    def writing_from(self, sender: str) -> DeskContact | None:
        """The desk that has this address or its domain."""
        exactly = self.writing_as(sender)
        return exactly or next((contact for contact in self._contacts.values() if _writes_for(contact, sender)), None)

    def written_by(self, sender: str) -> list[str]:
        """The names of those whose mail it may be."""
        return [contact.provider for contact in self._contacts.values() if _writes_for(contact, sender)]

    def number_claim(self, mail: Mail, sender: str) -> Claim | None:
        """What a desk's mail claims by the number that it shows."""
        for contact in self._contacts.values():
            if _writes_for(contact, sender):
                claim = reader_of(contact).claim(mail)
                if claim is not None:
                    return claim
        return None


@lru_cache(maxsize=256)
def reader_of(contact: DeskContact) -> DeskReader:
    """Its patterns were checked when the configuration was loaded."""
    return DeskReader(contact.provider, contact.ticket_number, contact.resolved, contact.picked_up)


def _senders(contact: DeskContact) -> frozenset[str]:
    return contact.senders | {contact.address.lower()}


def _writes_for(contact: DeskContact, sender: str) -> bool:
    return sender in _senders(contact) or f"@{sender.rpartition('@')[2]}" in contact.senders
