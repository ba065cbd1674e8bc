"""In which language a mail's writer would be answered best: Spanish, English, or nobody knows. Pure, linear."""

import re

from channels.email.mail import Mail
from channels.text_language import Language, answered_in, language_of_text

_LONGEST_TAG = 40
_TAG = re.compile(r"\s*([a-z]{2,3})(?:-[a-z0-9-]*)?\s*(?:;|$)", re.IGNORECASE)


def language_of(mail: Mail) -> Language | None:
    """`es`, `en` or None. By what is new in the text, if that is clear: the fields tell the language of the program,
    which many leave as it was installed. Else by Content-Language, then by Accept-Language (RFC 3282)."""
    return language_of_text(mail.reply) or _of_fields(mail, "content-language") or _of_fields(mail, "accept-language")


def _of_fields(mail: Mail, name: str) -> Language | None:
    """The first language in the fields of that name."""
    for value in mail.all(name):
        tag = _TAG.match(value.partition(",")[0][:_LONGEST_TAG])
        if tag:
            return answered_in(tag[1].lower())
    return None
