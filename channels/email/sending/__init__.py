"""Mail on its way out: handed to a relay by SMTP, with an outcome that says what surely happened and what may have."""

from channels.email.sending.patience import Patience
from channels.email.sending.probe import probe
from channels.email.sending.relay import PasswordLogin, Relay, TokenLogin, TokenSource
from channels.email.sending.sender import Sender
from channels.email.sending.settings import SmtpSettings

__all__ = ["PasswordLogin", "Patience", "Relay", "Sender", "SmtpSettings", "TokenLogin", "TokenSource", "probe"]
