"""The channel types there are: the only place that makes them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from channels.channel import Backstage, Channel, ChannelContext, MailAddresses
from channels.email.settings import EmailSettings
from channels.phone.settings import AccountSettings, TextSettings, VoiceSettings
from channels.trial import Trial, Tried
from channels.web.settings import WebSettings
from gateway.core.clock import Clock
from gateway.core.settings import Settings


@dataclass(frozen=True, slots=True)
class ChannelType:
    """A type's settings, and what makes a channel of them."""

    settings: type[Settings]
    make: Callable[[Any, ChannelContext, Backstage], Channel]
    start: str | None = None
    """The path of the page that people start at, where it has one."""
    spoken: bool = False
    """People speak by it, and don't write."""
    trial: Trial | None = None
    """Tries what it needs of others, where it needs anything."""
    mail_addresses: Callable[[Any], MailAddresses] | None = None
    """Where mails for it come in, where any do."""


# What a type consists of is imported when it is wanted: a start that takes longer makes every bound longer.


def _email(settings: EmailSettings, context: ChannelContext, backstage: Backstage) -> Channel:
    from channels.email.channel import EmailChannel

    return EmailChannel(settings, context, backstage)


async def _try_twilio(settings: AccountSettings, clock: Clock, report: Callable[[Tried], None]) -> bool:
    from channels.phone.trial import try_out

    return await try_out(settings, clock, report)


async def _try_email(settings: EmailSettings, clock: Clock, report: Callable[[Tried], None]) -> bool:
    from channels.email.trial import try_out

    return await try_out(settings, clock, report)


def _sms(settings: TextSettings, context: ChannelContext, backstage: Backstage) -> Channel:
    from channels.phone.messaging.channel import TextChannel
    from channels.phone.messaging.service import Service

    return TextChannel(settings, Service.SMS, context, backstage)


def _voice(settings: VoiceSettings, context: ChannelContext, backstage: Backstage) -> Channel:
    from channels.phone.channel import VoiceChannel

    return VoiceChannel(settings, context, backstage)


def _whatsapp(settings: TextSettings, context: ChannelContext, backstage: Backstage) -> Channel:
    from channels.phone.messaging.channel import TextChannel
    from channels.phone.messaging.service import Service

    return TextChannel(settings, Service.WHATSAPP, context, backstage)


def _web(settings: WebSettings, context: ChannelContext, _: Backstage) -> Channel:
    from channels.web.channel import WebChannel

    return WebChannel(settings, context)


CHANNEL_TYPES = {
    "email": ChannelType(
        EmailSettings, _email, trial=_try_email, mail_addresses=lambda settings: settings.mail_addresses
    ),
    "sms": ChannelType(TextSettings, _sms, trial=_try_twilio),
    "voice": ChannelType(VoiceSettings, _voice, spoken=True, trial=_try_twilio),
    "web": ChannelType(WebSettings, _web, start="/"),
    "whatsapp": ChannelType(TextSettings, _whatsapp, trial=_try_twilio),
}
