"""The mail that came back with a notification: as a part, as its headers, or as text below the notice."""

from channels.email.mail import Header, Mail, Part
from channels.email.notifications.fields import MOST, block, content_text, field, value
from channels.email.notifications.notification import Original
from channels.email.part_walk import walk

_MAILS = ("message/rfc822", "message/global")
_HEADERS = ("text/rfc822-headers", "message/rfc822-headers", "message/global-headers")
_TRACE = {"received", "return-path", "message-id", "dkim-signature", "x-received", "delivered-to"}
_KNOWN = _TRACE | {"from", "to", "subject", "date", "mime-version", "content-type", "reply-to", "sender", "x-mailer"}
_ENOUGH = 3


def returned(mail: Mail, quoted: list[str]) -> Original | None:
    """`quoted` are the lines from where a mail begins inside the notice's text."""
    for part in list(walk(mail.root, into_mails=True))[1:]:
        headers = _headers(part)
        if headers:
            return Original(_message_id(headers), headers)
    headers = block(_until_empty(quoted))
    return Original(_message_id(headers), headers) if headers else None


def start_of_mail(lines: list[str]) -> int:
    """The index of the line at which a mail begins: a run of fields that mails have, one of them of their trace, or
    From; the number of lines where there is none."""
    start, names = 0, set[str]()
    for at, line in enumerate(lines):
        begun = field(line)
        if begun is not None:
            if not names:
                start = at
            names.add(begun.name.lower())
            if len(names & _KNOWN) >= _ENOUGH and names & (_TRACE | {"from"}):
                return start
        elif not (names and line[:1] in (" ", "\t") and line.strip()):
            names.clear()
    return len(lines)


def _headers(part: Part) -> tuple[Header, ...]:
    if part.media_type in _MAILS:
        return part.parts[0].headers if part.parts else block(_until_empty(_lines(part)))
    if part.media_type in _HEADERS:
        return block(_lines(part))
    # some gateways forget the part's own header, so that the mail's stands in its place
    return part.headers if value(part.headers, "message-id") else ()


def _lines(part: Part) -> list[str]:
    return content_text(part)[:MOST].splitlines()


def _until_empty(lines: list[str]) -> list[str]:
    end = next((at for at, line in enumerate(lines) if not line.strip()), len(lines))
    return lines[:end]


def _message_id(headers: tuple[Header, ...]) -> str:
    return value(headers, "message-id").strip()
