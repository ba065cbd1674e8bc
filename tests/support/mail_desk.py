"""A help desk that is reached by mail: its provider, the mail channel that it goes by, and its own SMTP server."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from channels.email.sending.relay import PasswordLogin, Relay
from channels.email.sending.sender import Sender
from gateway.core.links import AttachmentLinks
from gateway.core.post import Post
from routing.providers.context import ProviderContext
from routing.providers.email.adapter import EmailProvider
from routing.providers.email.settings import EmailDeskSettings
from tests.support.answering import WayOut, parsed
from tests.support.smtp_peers import Script, SmtpPeer, smtp_peer

PASSWORD = "canary-8d1f5be0c2"
LINKS = AttachmentLinks(b"k" * 32, "https://help.example.org", None)  # type: ignore[arg-type]  # never asked


def desk_settings(**given: Any) -> EmailDeskSettings:
    return EmailDeskSettings.model_validate({"via": "mail", "address": "desk@sur.example", **given})


def make_provider(settings: EmailDeskSettings, posts: Mapping[str, Post], way: WayOut) -> EmailProvider:
    return EmailProvider(settings, ProviderContext("sur", way.clock, LINKS, posts))


@dataclass
class MailDesk:
    """What of it a test looks at."""

    provider: EmailProvider
    way: WayOut
    peer: SmtpPeer
    timeout: float = 0.6
    search_timeout: float = 0.0
    secret: str = PASSWORD

    @property
    def script(self) -> Script:
        return self.peer.script

    async def still_without_mail(self) -> str | None:
        return None if self.script.mails else "a letter"

    def subjects(self) -> dict[str, str]:
        """Of the letters that the desk has, by Message-ID: a copy of one is no other letter."""
        mails = (parsed(each.content) for each in self.script.mails)
        return {str(each["Message-ID"]): str(each["Subject"]) for each in mails}


@asynccontextmanager
async def mail_desk(script: Script | None = None, **settings: Any) -> AsyncIterator[MailDesk]:
    """Up, and its server is the channel's relay, too."""
    script = script or Script()
    script.password = PASSWORD
    async with smtp_peer(script) as peer:
        relay = Relay("127.0.0.1", peer.port, "gateway.example.org", login=PasswordLogin("help", PASSWORD))
        sender = Sender(relay)
        way = WayOut((sender,))
        health = {"smtp": f"127.0.0.1:{peer.port}", "allow_private": True}
        provider = make_provider(
            desk_settings(**{"timeout": 0.6, "health": health, **settings}), {"mail": way.post}, way
        )
        try:
            yield MailDesk(provider, way, peer)
        finally:
            await provider.close()
            await sender.close()
            await way.troubles.said()
