"""From plain values to a mail's bytes: the same bytes for the same values, so that what is sent again is recognised."""

import hashlib
from datetime import UTC, datetime
from email.utils import format_datetime

from channels.email.composing.fields import field, identifier, identifiers, mailbox
from channels.email.composing.parts import file_part, multipart, text_part
from gateway.core.clock import Instant
from gateway.core.values import dataclass


@dataclass(frozen=True, slots=True)
class OutgoingFile:
    """An attachment."""

    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A mail that is to be written. Texts that stand in header fields are single lines."""

    sender: str
    """Our constant address."""
    sender_name: str
    """The organisation's."""
    recipient: str
    subject: str
    text: str
    message_id: str
    """With its angle brackets."""
    date: Instant
    html: str = ""
    files: tuple[OutgoingFile, ...] = ()
    reply_to: str = ""
    in_reply_to: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    """Of anybody's making: what is no Message-ID is left out."""
    auto_submitted: str = ""
    """`auto-replied` or `auto-generated` (RFC 3834); "" where a person wrote it."""


def compose(mail: Outgoing) -> bytes:
    """The whole mail, in ASCII unless an address is not, with lines of 998 bytes at most. For large files, call it in a
    thread. Raises ValueError for a control character in a field, and for what is no address."""
    boundaries = [_boundary(mail.message_id, use) for use in ("mixed", "alternative")]
    body = text_part("plain", mail.text)
    if mail.html:
        body = multipart("alternative", boundaries[1], [body, text_part("html", mail.html)])
    if mail.files:
        files = [file_part(each.name, each.media_type, each.content, boundaries) for each in mail.files]
        body = multipart("mixed", boundaries[0], [body, *files])
    return _head(mail).encode() + body


def _head(mail: Outgoing) -> str:
    fields = [
        mailbox("From", mail.sender_name, mail.sender),
        mailbox("To", "", mail.recipient),
        mailbox("Reply-To", mail.sender_name, mail.reply_to) if mail.reply_to else "",
        field("Subject", mail.subject),
        field("Date", format_datetime(datetime.fromtimestamp(int(mail.date), UTC))),
        identifier("Message-ID", mail.message_id),
        identifiers("In-Reply-To", mail.in_reply_to),
        identifiers("References", mail.references),
        field("Auto-Submitted", mail.auto_submitted) if mail.auto_submitted else "",
        "MIME-Version: 1.0\r\n",
    ]
    return "".join(fields)


def _boundary(message_id: str, use: str) -> str:
    """It occurs in no part: `=_` is neither quoted-printable nor base64, and mails as they are are looked through."""
    return "=_" + hashlib.sha256(f"{use} {message_id}".encode()).hexdigest()[:32]
