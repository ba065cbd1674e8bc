"""The channel types there are: the only place that names them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from channels.channel import Backstage, Channel, ChannelContext, MailAddresses
from channels.email.channel import EmailChannel
from channels.email.settings import EmailSettings
from channels.email.trial import try_out
from channels.trial import Trial
from channels.web.channel import WebChannel
from channels.web.settings import WebSettings
from gateway.core.settings import Settings


@dataclass(frozen=True, slots=True)
class ChannelType:
    """A type's settings, and what makes a channel of them."""

    settings: type[Settings]
    make: Callable[[Any, ChannelContext, Backstage], Channel]
    start: str | None = None
    """The path of the page that people start at, where it has one."""
    trial: Trial | None = None
    """Tries what it needs of others, where it needs anything."""
    mail_addresses: Callable[[Any], MailAddresses] | None = None
    """Where mails for it come in, where any do."""


CHANNEL_TYPES = {
    "email": ChannelType(
        EmailSettings, EmailChannel, trial=try_out, mail_addresses=lambda settings: settings.mail_addresses
    ),
    "web": ChannelType(WebSettings, lambda settings, context, _: WebChannel(settings, context), start="/"),
}
