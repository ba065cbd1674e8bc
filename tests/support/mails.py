"""Mails for tests of what decides about them: made from fields, or out of raw bytes by the standard library."""

import email
import email.utils
from email.header import decode_header, make_header
from email.message import Message

from channels.email.mail import Address, Header, Mail, Part


def mail(
    *fields: tuple[str, str], text: str = "", sender: str = "ana@example.org", root: Part | None = None, **other: object
) -> Mail:
    """A mail with these header fields; what a parser would derive of them is derived."""
    headers = tuple(Header(name, value) for name, value in fields)
    names = {header.name.lower() for header in headers}
    if sender and "from" not in names:
        headers = (Header("From", sender), *headers)
    return _derived(headers, root or Part("text/plain", headers, text.encode(), "utf-8"), text, **other)


def parsed(raw: bytes) -> Mail:
    """What the standard library makes of a raw mail."""
    message = email.message_from_bytes(raw)
    root = _part(message)
    return _derived(root.headers, root, "\n".join(_texts(root)))


def _derived(headers: tuple[Header, ...], root: Part, text: str, **other: object) -> Mail:
    def values(name: str) -> list[str]:
        return [header.value for header in headers if header.name.lower() == name]

    facts = {
        "subject": (values("subject") or [""])[0],
        "sender": _addresses(values("from")),
        "reply_to": _addresses(values("reply-to")),
        "to": _addresses(values("to")),
        "cc": _addresses(values("cc")),
        "message_id": (values("message-id") or [""])[0].strip(),
        "in_reply_to": tuple(" ".join(values("in-reply-to")).split()),
        "references": tuple(" ".join(values("references")).split()),
        "text": text,
        "reply": text,
    }
    return Mail(headers, root, **{**facts, **other})  # type: ignore[arg-type]


def _addresses(values: list[str]) -> tuple[Address, ...]:
    return tuple(Address(name, address) for name, address in email.utils.getaddresses(values))


def _part(message: Message) -> Part:
    headers = tuple(Header(name, _decoded(value)) for name, value in message.items())
    media_type = message.get_content_type()
    charset = message.get_content_charset() or ""
    inner = message.get_payload()
    if isinstance(inner, list) and "delivery-status" in media_type:
        blocks = b"\n".join(each.as_bytes() for each in inner if isinstance(each, Message))
        return Part(media_type, headers, blocks, charset)
    if isinstance(inner, list):
        return Part(media_type, headers, parts=tuple(_part(each) for each in inner if isinstance(each, Message)))
    content = message.get_payload(decode=True)
    return Part(media_type, headers, bytes(content) if isinstance(content, bytes) else b"", charset)


def _decoded(value: object) -> str:
    try:
        return " ".join(str(make_header(decode_header(str(value)))).split())
    except (ValueError, LookupError):
        return " ".join(str(value).split())


def _texts(part: Part) -> list[str]:
    if part.media_type.startswith("message/"):
        return []
    if part.parts:
        return [text for each in part.parts for text in _texts(each)]
    return [_text(part)] if part.media_type in ("text/plain", "multipart/report") else []


def _text(part: Part) -> str:
    try:
        return part.content.decode(part.charset or "utf-8", "replace")
    except LookupError:
        return part.content.decode("latin-1")
