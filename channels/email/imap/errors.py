"""What a mail server may do to us, by what follows from it. The texts are for administrators."""

from gateway.core.errors import Fault, RelevoError


class ImapError(RelevoError):
    """Base of what goes wrong with a mail server."""

    fault = Fault.PROVIDER


class ConnectionFailed(ImapError):
    """There is no connection, or this one is of no more use: only a new one can help."""


class LoginRefused(ImapError):
    """The server doesn't let us in: somebody has to look at the settings, or at the account."""

    fault = Fault.CONFIGURATION


class CommandRefused(ImapError):
    """The server said NO or BAD to one command; the connection goes on."""

    def __init__(self, command: str, answer: str) -> None:
        super().__init__(f"the mail server refused {command}: {answer}")
        self.answer = answer


class MailGone(ImapError):
    """Somebody has taken the mail out of the folder."""


class MailTooLarge(ImapError):
    """The mail has more bytes than are taken."""

    fault = Fault.SENDER

    def __init__(self, limit: int) -> None:
        super().__init__(f"the mail has more than {limit} bytes; channels.NAME.imap.largest allows no more")
