"""What is asked about a raw mail, and what its reader found. Pure data."""

from pathlib import Path

from channels.email.authentication import Authentication
from channels.email.automatic import Outcome
from channels.email.mail import Mail
from channels.email.notifications.notification import Notification
from gateway.core.errors import StoreUnavailable
from gateway.core.values import dataclass


@dataclass(frozen=True, slots=True)
class Question:
    """What is known of a mail besides its bytes."""

    envelope_sender: str | None = None
    """As the SMTP or LMTP client gave it; None where only the header can tell."""
    own_addresses: frozenset[str] = frozenset()
    """In lower case."""
    authserv_id: str | None = None
    """The name of our receiving server in its Authentication-Results; None where it writes none."""
    check_dkim: bool = False
    """Whether the signatures are checked by ourselves, which asks the DNS."""


@dataclass(frozen=True, slots=True)
class ReadFile:
    """A file of a mail, decoded, on disk for as long as its reading lives."""

    name: str
    """As the sender called it; "" where it has no name."""
    media_type: str
    """As declared, in lower case without parameters."""
    inline: bool
    content_id: str
    """Without angle brackets."""
    size: int
    """Bytes."""
    path: Path


@dataclass(frozen=True, slots=True)
class Reading:
    """A mail that was read."""

    mail: Mail
    """Without its structure, and its files without their contents: `root` has nothing but its media type."""
    files: tuple[ReadFile, ...]
    """Those of the mail, in order."""
    notification: Notification | None
    outcome: Outcome
    """As if the mail weren't ours: only who holds the key can tell."""
    authentication: Authentication
    language: str | None
    """`es` or `en`, where the mail shows one of them."""


class Unreadable(Exception):
    """A mail that can't be read, and belongs in quarantine: to try again is no use until something is mended."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code
        """For machines: those of `Unparsable`, and `timeout`, `memory`, `crashed`."""
        self.text = text
        """For people, in English; nothing of the mail's own words."""


class NoReader(StoreUnavailable):
    """This machine has no means to read a mail now, such as a process or room on its disk. It says nothing of the mail,
    and trying again later may succeed."""
