"""Letters to help desks, as mails."""

from collections.abc import Sequence
from datetime import datetime
from itertools import zip_longest

from channels.channel import ChannelContext
from channels.email.answering.desk_tag import tag_of
from channels.email.answering.files import Enclosed
from channels.email.answering.writing import Writer
from channels.email.composing import Told, Written, mail_templates
from channels.email.identity import MailIdentity
from channels.email.settings import EmailSettings
from channels.email.threading.tokens import Party
from gateway.core.clock import Instant
from gateway.core.errors import RelevoError
from gateway.core.post import Letter, Purpose
from gateway.core.reference import CANARY_REFERENCE
from gateway.core.ticket import Ticket


class NoTicket(RelevoError):
    """The ticket that a letter is about is not there any more."""


class LetterWriter:
    """Writes them. A person's request stands in a ticket's and a message's letter, and a canary must be acknowledged:
    none is marked as automatic, or the desk's system would keep silent."""

    def __init__(self, settings: EmailSettings, context: ChannelContext, identity: MailIdentity) -> None:
        """Raises ConfigError for a layout of the organisation's own that can't be filled."""
        organisation = context.organisation
        self._language = settings.language
        self._reads = context.reads
        self._clock = context.clock
        self._zone = organisation.zone
        self._identity = identity
        self._templates = mail_templates(organisation.name, organisation.texts).letters
        self._writer = Writer(identity, settings.name or organisation.name)

    async def write(self, letter: Letter, enclosed: Sequence[Enclosed]) -> bytes:
        """The whole mail; `enclosed` is what of each of its messages' files goes along, of those beyond it nothing
        does. Raises NoTicket, StoreUnavailable, StoreFailed."""
        party = Party(letter.to.provider)
        if letter.purpose is Purpose.CANARY:
            words, reference, at = self._templates.canary(self._language), CANARY_REFERENCE, self._clock.now()
            first = []
        else:
            ticket = letter.ticket or await self._ticket_of(letter)
            words, reference, at = self._words(letter, ticket, enclosed), ticket.reference, _date(letter)
            first = self._first(letter, reference, party)
        return await self._writer.write(
            words,
            recipient=letter.to.address,
            reference=reference,
            unique=letter.unique,
            at=at,
            party=party,
            answers=first,
            references=first,
            files=[file for each in enclosed for file in each.files],
        )

    async def _ticket_of(self, letter: Letter) -> Ticket:
        case = await self._reads.ticket(letter.handoff.ticket_id) if letter.handoff else None
        if case is None or case.ticket is None:
            raise NoTicket("the ticket is gone")
        return case.ticket

    def _first(self, letter: Letter, reference: str, party: Party) -> list[str]:
        """The Message-ID of the letter that began the thread; none where this is it."""
        if letter.handoff is None or letter.handoff.id == letter.unique:
            return []
        return [self._identity.message_id(reference, letter.handoff.id, party)]

    def _words(self, letter: Letter, ticket: Ticket, enclosed: Sequence[Enclosed]) -> Written:
        language = ticket.language or self._language
        tag = tag_of(letter.to.ticket_number, letter.handoff.provider_reference if letter.handoff else None)
        told = self._told(letter, enclosed)
        if letter.purpose is Purpose.WITHDRAWAL:
            return self._templates.withdrawal(language, ticket, tag)
        if letter.purpose is Purpose.MESSAGE:
            return self._templates.message(language, ticket, told[0], tag)
        return self._templates.ticket(language, ticket, told, self._shown(ticket.received_at))

    def _told(self, letter: Letter, enclosed: Sequence[Enclosed]) -> list[Told]:
        told = []
        for message, with_it in zip_longest(letter.messages, enclosed):
            every = [each.name for each in message.attachments]
            files = [each.name for each in with_it.files] if with_it else []
            left_out = with_it.left_out if with_it else every
            told.append(Told(message, self._shown(message.at), files, left_out))
        return told

    def _shown(self, at: Instant) -> str:
        return datetime.fromtimestamp(at, self._zone).strftime("%Y-%m-%d %H:%M %Z")


def _date(letter: Letter) -> Instant:
    """The same on every try."""
    if letter.messages:
        return letter.messages[-1].at
    handoff = letter.handoff
    return (handoff.answered_at or handoff.started_at) if handoff else 0.0
