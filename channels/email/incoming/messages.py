"""A mail as the message that intake takes. What it may carry into a ticket is all here: nothing in it sets a category,
a priority or a reference (T22), and nobody but its sole From is the requester (T07, T26). Pure."""

from collections.abc import Mapping

from channels.email.authentication import NotAuthenticated, Why
from channels.email.automatic import Kind
from channels.email.desk_words import DeskWords, desk_words
from channels.email.identity import MailIdentity
from channels.email.incoming.allowances import Allowances
from channels.email.incoming.bodies import NAME_LENGTH, body_of, is_encrypted, subject_of
from channels.email.incoming.bounds import most_messages
from channels.email.incoming.facts import AUTHENTICATED, LONGEST, authenticated
from channels.email.incoming.files import Taken
from channels.email.incoming.tickets import Claimed
from channels.email.mail import Address, Mail
from channels.email.mailable import mailable
from channels.email.reading.reading import Reading
from channels.email.settings import EmailSettings
from channels.email.threading.decision import sole_sender
from channels.shown import one_line
from gateway.core.clock import Instant
from gateway.core.post import DeskContact
from gateway.core.texts import Texts
from gateway.core.ticket import Allowance, DedupeKey, InboundMessage, Priority, Requester

_PRIORITIES = {priority.label: priority for priority in Priority}


class Messages:
    """Makes the messages of one channel."""

    def __init__(self, settings: EmailSettings, identity: MailIdentity, allowances: Allowances, texts: Texts) -> None:
        self._settings = settings
        self._identity = identity
        self._allowances = allowances
        self._texts = texts

    def first(
        self, reading: Reading, taken: Taken, dedupe: DedupeKey, linked: str | None, kept_at: Instant
    ) -> InboundMessage:
        """Of a new ticket; `linked` is the reference of one that was claimed in vain."""
        mail = reading.mail
        code = reading.language or self._settings.language
        language = self._texts.get(code)
        requester = self._requester(mail)
        email = requester.email if self._settings.smtp is not None else None
        return InboundMessage(
            channel=self._identity.name,
            body=body_of(
                mail.text, taken, language, clear_sender=bool(sole_sender(mail)), encrypted=is_encrypted(mail)
            ),
            subject=subject_of(mail, language),
            requester=requester,
            language=code,
            category=self._settings.category,
            priority=_PRIORITIES[self._settings.priority],
            metadata=self._metadata(reading, linked),
            attachments=taken.attachments,
            dedupe=dedupe,
            received_at=kept_at,
            answer_by=self._identity.name if email else None,
            acknowledge=self._acknowledgement(reading, email) if email else (),
        )

    def further(
        self, reading: Reading, taken: Taken, dedupe: DedupeKey, claimed: Claimed, kept_at: Instant
    ) -> InboundMessage:
        """Of the ticket that the mail has proved to continue."""
        language = self._texts.get(claimed.ticket.language or self._settings.language)
        return InboundMessage(
            channel=self._identity.name,
            body=body_of(new_words(reading.mail), taken, language, encrypted=is_encrypted(reading.mail)),
            requester=Requester(name=self._requester(reading.mail).name or claimed.ticket.requester.name),
            attachments=taken.attachments,
            dedupe=dedupe,
            ticket_id=claimed.ticket.id,
            most_messages=most_messages(claimed.case.messages, kept_at),
            received_at=kept_at,
        )

    def of_desk(self, reading: Reading, desk: DeskContact, reference: str) -> DeskWords:
        """What a desk says, as the requester of that plain reference gets it."""
        return desk_words(reading.mail, new_words(reading.mail), reading.files, desk, self._identity, reference)

    def _requester(self, mail: Mail) -> Requester:
        """Nobody, where From names more or less than one."""
        if not sole_sender(mail):
            return Requester()
        sender = mail.sender[0]
        return Requester(one_line(sender.name, NAME_LENGTH) or None, self._answerable(sender))

    def _answerable(self, sender: Address) -> str | None:
        """The address, unless it is none, or one of our own: we don't write to ourselves."""
        if self._identity.is_ours(sender.address):
            return None
        try:
            mailable(sender.address)
        except ValueError:
            return None
        return sender.address

    def _own_sender(self, mail: Mail) -> str:
        """One of our own addresses, where somebody writes from it: nobody would get an answer to it."""
        sender = sole_sender(mail)
        return one_line(sender, LONGEST) if sender and self._identity.is_ours(sender) else ""

    def _acknowledgement(self, reading: Reading, email: str) -> tuple[Allowance, ...]:
        """None for robots, nor where it would go to somebody whose domain says that the mail isn't theirs."""
        disowned = reading.authentication == NotAuthenticated(Why.FAILED)
        if not self._settings.acknowledge or not reading.outcome.may_answer or disowned:
            return ()
        return self._allowances.of(email, reading.mail.subject)

    def _metadata(self, reading: Reading, linked: str | None) -> Mapping[str, str]:
        """Facts for operations and desks."""
        mail, kind = reading.mail, reading.outcome.kind
        facts = {
            AUTHENTICATED: authenticated(reading.authentication),
            "mail": kind.value if kind is not Kind.PERSON else "",
            "linked": linked or "",
            "reply_to": _reply_to(mail),
            "from": "" if sole_sender(mail) else one_line(", ".join(mail.all("from")), LONGEST),
            "from_ourselves": self._own_sender(mail),
        }
        return {name: value for name, value in facts.items() if value}


def new_words(mail: Mail) -> str:
    """What a further mail says that the ticket doesn't have yet."""
    return mail.reply or mail.text


def _reply_to(mail: Mail) -> str:
    """Where the mail wants answers, if that isn't where it is from. It is shown, and never used."""
    wanted = [each.address for each in mail.reply_to if each.address]
    return "" if [each.lower() for each in wanted] == [sole_sender(mail)] else one_line(", ".join(wanted), LONGEST)
