"""The mail channel: what it is made of, and how that is started and stopped."""

import asyncio
import socket
from collections.abc import Mapping
from importlib.util import find_spec

from channels.channel import Backstage, Channel, ChannelContext
from channels.email.accounts import Accounts
from channels.email.answering import Answers, MailPost, Outbox
from channels.email.identity import THREADS, MailIdentity
from channels.email.incoming.handler import incoming_mails
from channels.email.keeping import MailKeeper
from channels.email.mailboxes import FollowedMailbox
from channels.email.reading.readers import MailReaders
from channels.email.reception.listener import MailListener
from channels.email.sending.patience import Patience
from channels.email.sending.relay import Relay
from channels.email.sending.sender import Sender
from channels.email.sending.settings import SmtpSettings
from channels.email.settings import EmailSettings
from channels.email.troubles import MailTroubles
from channels.forgetting import forget_old
from gateway.core.delivery import Case, Kind
from gateway.core.errors import ConfigError, StartError, StoreFailed
from gateway.core.ports import DeliveryHandler
from gateway.core.post import Post
from gateway.core.settings import Listen


class EmailChannel(Channel):
    """Mail in by mailboxes and a listener, mail out by relays. Raises ConfigError for a certificate, or a file with
    authorities, that can't be used."""

    def __init__(self, settings: EmailSettings, context: ChannelContext, backstage: Backstage) -> None:
        self._settings = settings
        self._context = context
        self._backstage = backstage
        self._troubles = MailTroubles(context.name, backstage.store, context.clock)
        self._accounts = Accounts(context.clock, self._troubles.noticed)
        self._identity = MailIdentity(
            context.name,
            settings.address,
            settings.reply_address,
            context.signer.derived_key(THREADS),
            self._desks,
            [*context.mail_addresses, settings.mail_addresses],
        )
        self._take_in(MailKeeper(backstage, context.blobs, context.clock))
        self._send_out()

    def _take_in(self, keeper: MailKeeper) -> None:
        settings, context, backstage = self._settings, self._context, self._backstage
        self._mailboxes = [
            FollowedMailbox(each, keeper, context, backstage, self._troubles, alone=len(settings.imap) == 1)
            for each in settings.imap
        ]
        self._listener = (
            MailListener(
                context.name,
                settings.listener,
                keeper,
                context.clock,
                addresses=[settings.address],
                reply_pattern=settings.reply_pattern,
            )
            if settings.listener
            else None
        )
        self._readers = MailReaders(settings.parsers, within=settings.parse_within, memory=settings.parse_memory)
        self._ready = asyncio.Event()
        self._incoming = incoming_mails(settings, context, backstage, self._identity, self._readers)

    def _send_out(self) -> None:
        settings, context, backstage = self._settings, self._context, self._backstage
        relays = [each for each in (settings.smtp, settings.backup_smtp) if each is not None]
        self._senders = [self._sender(each) for each in relays]
        self._answers: Answers | None = None
        self._post: MailPost | None = None
        if self._senders:
            outbox = Outbox(context.name, self._senders, backstage.measurements, self._troubles)
            self._answers = Answers(settings, context, backstage, self._identity, outbox)
            self._post = MailPost(settings, context, backstage, self._identity, outbox, self._troubles)
            backstage.answers.listen(self._heard)

    def _sender(self, settings: SmtpSettings) -> Sender:
        tokens = self._accounts.tokens(settings.oauth, settings.user)
        try:
            relay = Relay.of(settings, socket.gethostname(), tokens)
        except OSError as error:
            why = error.strerror or error
            raise ConfigError(f"channels.{self._context.name}: {settings.ca_file} can't be used: {why}") from error
        return Sender(relay, connections=settings.connections, patience=Patience(step=settings.timeout))

    @property
    def listens_on(self) -> Listen | None:
        """Where a mail server delivers; None where nobody does."""
        return self._listener.address if self._listener else None

    def handlers(self) -> Mapping[Kind, DeliveryHandler]:
        handlers: dict[Kind, DeliveryHandler] = {Kind.MAIL: self._read}
        if self._answers is not None:
            handlers[Kind.ACKNOWLEDGEMENT] = self._answers.acknowledgement
            handlers[Kind.ANSWER] = self._answers.answer
        return handlers

    def post(self) -> Post | None:
        return self._post

    async def start(self) -> None:
        if self._settings.check_dkim and find_spec("dkim") is None:
            raise StartError(f"channels.{self._context.name}.check_dkim needs the extra: pip install 'relevo[dkim]'")
        await self._readers.start()
        self._ready.set()
        if self._listener is not None:
            await self._listener.start()

    async def run(self) -> None:
        context = self._context
        try:
            async with asyncio.TaskGroup() as parts:
                for mailbox, settings in zip(self._mailboxes, self._settings.imap, strict=True):
                    tokens = self._accounts.tokens(settings.oauth, settings.user)
                    for follower in mailbox.followers(tokens):
                        parts.create_task(follower.run(), name=f"mailbox of {context.name}")
                for source in self._accounts:
                    parts.create_task(source.run(), name=f"tokens of {context.name}")
                forget_mails = self._backstage.store.forget_mails
                forgetting = forget_old(forget_mails, context.name, self._settings.keep_raw, context.clock)
                parts.create_task(forgetting, name=f"old mails of {context.name}")
        except* StoreFailed as failures:
            self._backstage.failed(_first(failures))

    async def stop(self, grace: float) -> None:
        if self._listener is not None:
            await self._listener.stop(grace)

    async def close(self) -> None:
        if self._ready.is_set():
            await self._readers.close()
        if self._post is not None:
            await self._post.close()
        for sender in self._senders:
            await sender.close()
        await self._troubles.close()

    async def _read(self, case: Case) -> None:
        await self._ready.wait()
        await self._incoming.handle(case)

    def _desks(self) -> list[str]:
        return [contact.provider for contact in self._backstage.desks()]

    def _heard(self, provider: str, unique: str, reference: str) -> None:
        if self._post is not None and unique:
            self._post.heard(provider, unique, reference)
        elif self._post is not None:
            self._post.heard_of(provider, reference)


def _first(failures: BaseExceptionGroup[StoreFailed]) -> StoreFailed:
    first = failures.exceptions[0]
    return _first(first) if isinstance(first, BaseExceptionGroup) else first
