"""Mail that an MTA hands us by SMTP or LMTP: answered 250 only once it is on disk."""

from channels.email.reception.listener import MailListener
from channels.email.reception.settings import ListenerSettings, TlsSettings

__all__ = ["ListenerSettings", "MailListener", "TlsSettings"]
