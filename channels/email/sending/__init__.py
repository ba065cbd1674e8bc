"""Mail on its way out: handed to a relay by SMTP, with an outcome that says what surely happened and what may have."""

from channels.email.sending.outcome import Deferred, Outcome, Refused, Sent, Unknown
from channels.email.sending.patience import Patience
from channels.email.sending.probe import probe
from channels.email.sending.relay import PasswordLogin, Relay, TokenLogin, TokenSource
from channels.email.sending.sender import Sender
from channels.email.sending.settings import SmtpAddress, SmtpServer, SmtpSettings, parse_smtp_address

__all__ = [
    "Deferred",
    "Outcome",
    "PasswordLogin",
    "Patience",
    "Refused",
    "Relay",
    "Sender",
    "Sent",
    "SmtpAddress",
    "SmtpServer",
    "SmtpSettings",
    "TokenLogin",
    "TokenSource",
    "Unknown",
    "parse_smtp_address",
    "probe",
]
