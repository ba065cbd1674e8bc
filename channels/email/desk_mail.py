"""What a desk's mail says about its ticket: the number that it gave it, and what it did. Whether the mail is the
desk's, and about which ticket, is for the thread to prove."""

from enum import StrEnum

from channels.email.mail import Mail
from channels.email.threading.claims import Claim, Strategy
from channels.email.threading.tokens import Party
from gateway.core.desk_pattern import DeskPattern
from gateway.core.values import dataclass

_LONGEST_NUMBER = 64


class DeskEvent(StrEnum):
    """What a desk has done."""

    ACKNOWLEDGED = "acknowledged"
    """Its system took the ticket: automatic, and with a number."""
    PICKED_UP = "picked_up"
    REPLIED = "replied"
    RESOLVED = "resolved"
    NOTHING = "nothing"
    """An automatic mail that says nothing of the ticket, as of an absence."""


@dataclass(frozen=True, slots=True)
class DeskMail:
    """A desk's mail, read."""

    event: DeskEvent
    number: str | None
    """The desk's own number of the ticket; None where the mail shows none."""


class DeskReader:
    """Reads the mails of one desk. Raises ValueError for a pattern that can't be used: `ticket_number` has one group,
    the number; `resolved` and `picked_up` have none."""

    def __init__(
        self, desk: str, ticket_number: str | None = None, resolved: str | None = None, picked_up: str | None = None
    ) -> None:
        self._desk = desk
        self._number = DeskPattern(ticket_number, groups=1) if ticket_number else None
        self._resolved = DeskPattern(resolved, groups=0) if resolved else None
        self._picked_up = DeskPattern(picked_up, groups=0) if picked_up else None

    def read(self, mail: Mail, *, automatic: bool) -> DeskMail:
        """What the mail says; only what is new in it is looked at, since it may quote all that was before."""
        number = self._number_in(mail)
        return DeskMail(self._event(mail, number, automatic), number)

    def claim(self, mail: Mail) -> Claim | None:
        """The claim of continuing the ticket with the number that the mail shows; None where it shows none."""
        number = self._number_in(mail)
        return Claim(Strategy.DESK_NUMBER, number, Party(self._desk)) if number else None

    def _number_in(self, mail: Mail) -> str | None:
        found = self._number.find(mail.subject, mail.reply) if self._number else None
        return (found[1] or "").strip()[:_LONGEST_NUMBER] or None if found else None

    def _event(self, mail: Mail, number: str | None, automatic: bool) -> DeskEvent:
        if self._resolved and self._resolved.find(mail.subject, mail.reply):
            return DeskEvent.RESOLVED
        if self._picked_up and self._picked_up.find(mail.subject, mail.reply):
            return DeskEvent.PICKED_UP
        if not automatic:
            return DeskEvent.REPLIED
        return DeskEvent.ACKNOWLEDGED if number else DeskEvent.NOTHING
