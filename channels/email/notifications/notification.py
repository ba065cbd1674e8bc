"""What a delivery status notification says. Pure data; addresses and diagnostics are personal data."""

from enum import StrEnum

from channels.email.mail import Header
from channels.email.notifications.reasons import Reason
from gateway.core.values import dataclass

LONGEST_DIAGNOSTIC = 1000
MOST_RECIPIENTS = 100
"""Of one notification; what is beyond is left out."""


class Action(StrEnum):
    """What became of one recipient's copy, in RFC 3464's words."""

    FAILED = "failed"
    DELAYED = "delayed"
    DELIVERED = "delivered"
    RELAYED = "relayed"
    EXPANDED = "expanded"


@dataclass(frozen=True, slots=True)
class Recipient:
    """One recipient's fate."""

    address: str
    """The final one, "" where the notification names none."""
    original_address: str
    """As the sender had written it, where that is told; else the same."""
    action: Action
    status: str
    """Enhanced status code of RFC 3463, such as 5.1.1; "" where there is none."""
    reply: str
    """Reply code of SMTP, such as 550; "" where there is none."""
    reason: Reason
    hard: bool
    """A failure that another try to the same address can't mend."""
    diagnostic: str = ""
    """The far server's words, LONGEST_DIAGNOSTIC characters at most."""
    remote_mta: str = ""


@dataclass(frozen=True, slots=True)
class Original:
    """The mail that the notification is about, as far as it was returned."""

    message_id: str
    """With its angle brackets; "" where it was not returned."""
    headers: tuple[Header, ...]


@dataclass(frozen=True, slots=True)
class Notification:
    """A recognised notification; `recipients` has at least one."""

    recipients: tuple[Recipient, ...]
    original: Original | None = None
    reporting_mta: str = ""

    @property
    def failed(self) -> bool:
        """Whether any recipient won't get the mail."""
        return any(recipient.action is Action.FAILED for recipient in self.recipients)

    @property
    def hard(self) -> bool:
        return any(recipient.hard for recipient in self.recipients)
