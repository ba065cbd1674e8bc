"""The words of texts that go out. Pure."""

from pathlib import Path

from channels.phone.messaging.splitting import LONGEST, cut, length, numbered_parts
from channels.shown import one_line, plain_text
from gateway.core.reference import show_reference
from gateway.core.texts import Language, Texts, mark
from gateway.core.ticket import Message, Ticket

TEXTS_FOLDER = Path(__file__).parent / "texts"
_LONGEST_ANSWER = 50_000
_NAMES = 300

_RECEIVED = mark("{organisation}: we have received your message. Your reference is {reference}.")
_FOLLOW = mark("You can follow it here: {page}")
_HOW_TO_STOP = mark("Reply STOP for no more messages.")
_REFERENCE = mark("Reference {reference}")
_GOES_ON = mark("It goes on here: {page}")
_FILES = mark("Its files ({count}) are here: {page}")
_GOES_ON_WITH_FILES = mark("The rest and the files ({count}) are here: {page}")
_NO_FILES = mark("It has files that can't be sent in a text message: {names}")


class Wording:
    """In the organisation's name; its own catalogues replace ours."""

    def __init__(self, organisation: str, own_texts: Path | None) -> None:
        self._organisation = organisation
        self._texts = Texts(TEXTS_FOLDER, own_texts)

    def acknowledgement(self, ticket: Ticket, language: str, page: str | None) -> str:
        """The ticket is safe with us."""
        say = self._texts.get(language)
        told = [say(_RECEIVED, organisation=self._organisation, reference=show_reference(ticket.reference))]
        if page is not None:
            told.append(say(_FOLLOW, page=page))
        return " ".join([*told, say(_HOW_TO_STOP)])

    def answer(self, ticket: Ticket, message: Message, language: str, page: str | None) -> list[str] | None:
        """What a desk wrote: in one message, a long one cut where the requester has a page to read the rest on, else in
        several. None where it would be too many."""
        say = self._texts.get(language)
        body = plain_text(message.body, _LONGEST_ANSWER)
        reference = say(_REFERENCE, reference=show_reference(ticket.reference))
        whole = _paragraphs(body, _about_files(say, message, page), reference)
        if page is None or length(whole) <= LONGEST:
            return numbered_parts(whole)
        rest = _paragraphs(_about_the_rest(say, message, page), reference)
        return [_paragraphs(cut(body, LONGEST - length(rest) - 2), rest)]


def _about_files(say: Language, message: Message, page: str | None) -> str:
    if not message.attachments:
        return ""
    if page is not None:
        return say(_FILES, count=len(message.attachments), page=page)
    return say(_NO_FILES, names=one_line(", ".join(each.name for each in message.attachments), _NAMES))


def _about_the_rest(say: Language, message: Message, page: str) -> str:
    if message.attachments:
        return say(_GOES_ON_WITH_FILES, count=len(message.attachments), page=page)
    return say(_GOES_ON, page=page)


def _paragraphs(*texts: str) -> str:
    return "\n\n".join(each for each in texts if each)
