"""A text message as the message that intake takes. Nothing in it sets a category, a priority or a reference. Pure."""

from collections.abc import Iterator

from channels.phone.messaging.acknowledgements import Acknowledgements
from channels.phone.messaging.files import Fetched
from channels.phone.messaging.incoming import ADDRESS, NUMBER, Incoming
from channels.phone.messaging.service import Service, service_of
from channels.phone.settings import TextSettings
from channels.shown import one_line, plain_text
from channels.text_language import language_of_text
from gateway.core.texts import Language, Texts, mark
from gateway.core.ticket import DedupeKey, InboundMessage, Priority, Requester

MOST_MESSAGES = 200
"""Of a requester in one ticket; what is more opens another, so that nothing is lost and none grows for ever."""
_SUBJECT_LENGTH = 80
_BODY_LENGTH = 10_000
_PARTY_LENGTH = 100
_SCOPE = "text"
_PRIORITIES = {priority.label: priority for priority in Priority}

_NO_TEXT = mark("(This message has no text.)")
_ONLY_FILES = mark("Message with files")
_NO_WORDS = mark("Message without text")
_HERE = mark("[The sender is here: {place}]")
_COMING = mark("[Files of this message that have not come yet: {count}. They follow.]")
_LOST = mark("[Files of this message that could not be fetched: {count}.]")
_LATE_FILES = mark("[Files of an earlier message.]")


class Words:
    """Makes the messages of the channel `name`."""

    def __init__(self, name: str, settings: TextSettings, texts: Texts, acknowledgements: Acknowledgements) -> None:
        self._name = name
        self._settings = settings
        self._texts = texts
        self._acknowledgements = acknowledgements

    def language_of(self, incoming: Incoming) -> Language:
        """That it is answered in: its own, where that can be told."""
        return self._texts.get(language_of_text(incoming.body) or self._settings.language)

    def first(self, incoming: Incoming, fetched: Fetched, linked: str | None) -> InboundMessage:
        """Of a new ticket; `linked` is the reference of another that was named in vain, or is full."""
        say, phone = self.language_of(incoming), incoming.phone
        answerable = phone if phone not in self._settings.numbers else None  # we don't write to ourselves
        return InboundMessage(
            channel=self._name,
            body=_body(incoming, fetched, say),
            subject=_subject(incoming, say),
            requester=Requester(name=incoming.name, phone=phone),
            language=say.code,
            category=self._settings.category,
            priority=_PRIORITIES[self._settings.priority],
            metadata=_metadata(incoming, linked),
            attachments=fetched.attachments,
            dedupe=_key(incoming.sid),
            received_at=incoming.at,
            answer_by=self._name if answerable else None,
            acknowledge=self._acknowledgements.of(answerable, service_of(incoming.sender)) if answerable else (),
        )

    def further(self, incoming: Incoming, fetched: Fetched, ticket_id: str) -> InboundMessage:
        """Of the ticket that it continues."""
        return InboundMessage(
            channel=self._name,
            body=_body(incoming, fetched, self.language_of(incoming)),
            requester=Requester(name=incoming.name, phone=incoming.phone),
            attachments=fetched.attachments,
            dedupe=_key(incoming.sid),
            ticket_id=ticket_id,
            most_messages=MOST_MESSAGES,
            received_at=incoming.at,
        )

    def late_files(self, incoming: Incoming, fetched: Fetched, ticket_id: str) -> InboundMessage:
        """Of files that could not be had when their message was taken in."""
        say = self.language_of(incoming)
        remarks = [say(_LATE_FILES), *([say(_LOST, count=fetched.lost)] if fetched.lost else [])]
        return InboundMessage(
            channel=self._name,
            body="\n\n".join(remarks),
            requester=Requester(name=incoming.name, phone=incoming.phone),
            attachments=fetched.attachments,
            dedupe=_key(f"{incoming.sid} files"),
            ticket_id=ticket_id,
        )


def _key(key: str) -> DedupeKey:
    """Twilio's name of a message is enough: it is the same message, whatever tells of it, and in whatever words."""
    return DedupeKey(_SCOPE, key, "")


def _subject(incoming: Incoming, say: Language) -> str:
    first = next((line for line in incoming.body.splitlines() if line.strip()), "")
    return one_line(first, _SUBJECT_LENGTH) or say(_ONLY_FILES if incoming.files else _NO_WORDS)


def _body(incoming: Incoming, fetched: Fetched, say: Language) -> str:
    return "\n\n".join([plain_text(incoming.body, _BODY_LENGTH) or say(_NO_TEXT), *_remarks(incoming, fetched, say)])


def _remarks(incoming: Incoming, fetched: Fetched, say: Language) -> Iterator[str]:
    if incoming.place:
        yield say(_HERE, place=incoming.place)
    if fetched.coming:
        yield say(_COMING, count=fetched.coming)
    if fetched.lost:
        yield say(_LOST, count=fetched.lost)


def _metadata(incoming: Incoming, linked: str | None) -> dict[str, str]:
    """Facts for operations and desks."""
    service = service_of(incoming.sender)
    usual = service.written(incoming.phone or "")
    facts = {
        NUMBER: one_line(incoming.recipient, _PARTY_LENGTH),
        ADDRESS: "" if incoming.sender == usual else one_line(incoming.sender, _PARTY_LENGTH),
        # WhatsApp has had its users prove their numbers; a network's can be forged (T37).
        "sender": "not proved" if service is Service.SMS else "",
        "linked": linked or "",
    }
    return {name: value for name, value in facts.items() if value}
