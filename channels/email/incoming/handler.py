"""Reads the raw mails of one channel, one delivery of kind MAIL at a time."""

from collections.abc import AsyncIterable, AsyncIterator
from contextlib import asynccontextmanager

from channels.channel import Backstage, ChannelContext
from channels.email.identity import MailIdentity
from channels.email.incoming.allowances import Allowances
from channels.email.incoming.bodies import TEXTS_FOLDER
from channels.email.incoming.clues import find_clues
from channels.email.incoming.desks import Desks
from channels.email.incoming.effects import Done, Effects, Hold
from channels.email.incoming.facts import authenticated
from channels.email.incoming.files import MailFiles
from channels.email.incoming.messages import Messages
from channels.email.incoming.sorting import answered_by_desk, sort
from channels.email.incoming.tickets import ClaimedTickets
from channels.email.reading.readers import MailReaders
from channels.email.reading.reading import Question, Reading, Unreadable
from channels.email.settings import EmailSettings
from channels.email.threading.decision import sole_sender
from gateway.core.clock import Instant
from gateway.core.delivery import Case, Defer, Lease, Quarantine
from gateway.core.errors import BlobMissing, StoreUnavailable
from gateway.core.raw_mail import MailRead, RawMail
from gateway.core.texts import Texts

_AGAIN_AFTER = 5.0
"""Seconds until a mail is read again that nothing but this machine or its store stood in the way of."""
_GONE = "its content isn't kept any more"


class IncomingMails:
    """`handle` is the DeliveryHandler."""

    def __init__(
        self,
        settings: EmailSettings,
        context: ChannelContext,
        backstage: Backstage,
        identity: MailIdentity,
        readers: MailReaders,
        effects: Effects,
    ) -> None:
        self._settings = settings
        self._context = context
        self._backstage = backstage
        self._identity = identity
        self._readers = readers
        self._effects = effects
        self._tickets = ClaimedTickets(backstage.store, context.reads)

    async def handle(self, case: Case) -> None:
        """Ends the lease in every case but that of a store that is away."""
        delivery = case.delivery
        lease = Lease(delivery.id, delivery.epoch)
        try:
            done, read = await self._read(str(delivery.payload["mail"]), lease, delivery.created_at)
        except Hold as held:
            [kept] = await self._backstage.store.quarantine([Quarantine(lease, str(held), self._context.clock.now())])
            if kept:
                self._backstage.measurements.mail_read(self._context.name, "quarantined")
        except StoreUnavailable as error:
            await self._put_off(lease, f"can't be read now: {error}")
        else:
            if await self._backstage.store.mail_read(read):
                self._backstage.measurements.mail_read(self._context.name, done.outcome)
            else:
                # Somebody else has the lease, or the message is in a spool still.
                await self._put_off(lease, "what has become of it isn't in the store yet")

    async def _put_off(self, lease: Lease, reason: str) -> None:
        await self._backstage.store.defer([Defer(lease, self._context.clock.now() + _AGAIN_AFTER, reason)])

    async def _read(self, mail_id: str, lease: Lease, kept_at: Instant) -> tuple[Done, MailRead]:
        """What the mail has become, and the last word on it. Raises Hold, and the store's errors."""
        raw = await self._backstage.store.raw_mail(mail_id)
        if raw is None:
            raise Hold(_GONE)
        before = await self._backstage.store.read_before(raw)
        if before is not None:
            again = MailRead(lease, mail_id, self._context.clock.now(), before.message_id, before.header_id)
            return Done("duplicate", before.message_id), again
        try:
            async with (
                self._content(raw) as content,
                self._readers.read(self._question(raw), content, raw.size) as reading,
            ):
                done = await self._settle(raw, reading, kept_at)
                header_id, sender = reading.mail.message_id or None, authenticated(reading.authentication)
        except Unreadable as error:
            raise Hold(f"{error.code}: {error.text}") from error
        except BlobMissing as error:
            raise Hold(_GONE) from error
        now = self._context.clock.now()
        return done, MailRead(lease, mail_id, now, done.message_id, header_id, sender, done.events)

    async def _settle(self, raw: RawMail, reading: Reading, kept_at: Instant) -> Done:
        desks = Desks(self._backstage.desks())
        clues = find_clues(reading.mail, reading.notification, raw.origin.recipients, self._identity, desks)
        found = await self._tickets.find(clues.all_claims)
        done = await self._effects.follow(sort(reading, clues, found, desks), reading, raw.id, kept_at)
        for each in answered_by_desk(clues, sole_sender(reading.mail), reading.authentication, desks):
            self._backstage.answers.tell(each.provider, each.unique, each.reference)
        return done

    def _question(self, raw: RawMail) -> Question:
        settings = self._settings
        own = self._identity.own_addresses
        return Question(raw.origin.sender, own, settings.authserv_id, settings.check_dkim)

    @asynccontextmanager
    async def _content(self, raw: RawMail) -> AsyncIterator[AsyncIterable[bytes]]:
        if raw.content is not None:
            yield _at_once(raw.content)
        elif raw.digest is not None:
            async with self._context.blobs.open(raw.digest) as pieces:
                yield pieces
        else:
            raise Hold(_GONE)


async def _at_once(content: bytes) -> AsyncIterator[bytes]:
    yield content


def incoming_mails(
    settings: EmailSettings,
    context: ChannelContext,
    backstage: Backstage,
    identity: MailIdentity,
    readers: MailReaders,
) -> IncomingMails:
    """With all that it is made of."""
    texts = Texts(TEXTS_FOLDER)
    # One key for all channels: whoever writes to several of them is one person.
    allowances = Allowances(context.signer.derived_key("mail allowances"))
    messages = Messages(settings, identity, allowances, texts)
    files = MailFiles(context.blobs, settings.most_files)
    effects = Effects(context, backstage, messages, files, texts, settings.language)
    return IncomingMails(settings, context, backstage, identity, readers, effects)
