"""What a ticket shows of a mail's words: bounded, in one piece with our remarks. Pure."""

from collections.abc import Iterable
from pathlib import Path

from channels.email.incoming.files import Taken
from channels.email.mail import Mail
from channels.shown import one_line, plain_text
from gateway.core.texts import Language, mark

TEXTS_FOLDER = Path(__file__).parent / "texts"
SUBJECT_LENGTH = 200
BODY_LENGTH = 50_000
"""Characters. Of a longer mail the whole text is a file."""
NAME_LENGTH = 200
WHOLE_TEXT = "mail.txt"

_NO_SUBJECT = mark("(no subject)")
_NO_TEXT = mark("(This mail has no text.)")
_ENCRYPTED = mark("(This mail is encrypted: what it says is in its files.)")
_ENCRYPTED_TYPES = frozenset({"multipart/encrypted", "application/pkcs7-mime", "application/x-pkcs7-mime"})
_CUT = mark("[This mail is longer: all of its text is in the file {name}.]")
_LEFT_OUT = mark("[Files of this mail that were not taken, since it has too many: {count}.]")
_NO_SENDER = mark("[It isn't clear who sent this mail: it names no sender, or several. It can't be answered by mail.]")


def subject_of(mail: Mail, language: Language) -> str:
    """Never empty."""
    return one_line(mail.subject, SUBJECT_LENGTH) or language(_NO_SUBJECT)


def is_long(text: str) -> bool:
    """Whether a ticket shows only its beginning."""
    return len(text) > BODY_LENGTH


def is_encrypted(mail: Mail) -> bool:
    """Of one whose words could not be read."""
    return mail.root.media_type in _ENCRYPTED_TYPES


def body_of(text: str, taken: Taken, language: Language, *, clear_sender: bool = True, encrypted: bool = False) -> str:
    """The mail's text for people, and what they have to know of it; never empty."""
    remarks = list(_remarks(text, taken, language, clear_sender=clear_sender))
    instead = _ENCRYPTED if encrypted else _NO_TEXT
    return "\n\n".join([plain_text(text, BODY_LENGTH) or language(instead), *remarks])


def _remarks(text: str, taken: Taken, language: Language, *, clear_sender: bool) -> Iterable[str]:
    if is_long(text):
        yield language(_CUT, name=WHOLE_TEXT)
    if taken.left_out:
        yield language(_LEFT_OUT, count=taken.left_out)
    if not clear_sender:
        yield language(_NO_SENDER)
