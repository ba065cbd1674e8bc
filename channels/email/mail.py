"""A mail as its parser understood it: decoded text and honest facts, nothing believed. Pure data, cheap to send between
processes."""

from dataclasses import field
from enum import StrEnum

from gateway.core.values import dataclass


@dataclass(frozen=True, slots=True)
class Address:
    """One mailbox of a header; `address` is "" where the header has none that could be mailed to. A bare word is a
    name; in angle brackets (`<root>`) it is an address on some host."""

    name: str
    address: str
    group: str = ""
    """The RFC 5322 group that it stands in, if any."""


@dataclass(frozen=True, slots=True)
class Header:
    """One field as it stood, unfolded, its encoded words decoded."""

    name: str
    """As written."""
    value: str


class Signed(StrEnum):
    """Which kind of signature a mail bears; whether it holds is nobody's claim here."""

    SMIME = "smime"
    PGP = "pgp"


@dataclass(frozen=True, slots=True)
class File:
    """An attachment, an inline image, a calendar part, or what a winmail.dat had in it."""

    name: str
    """As the sender called it, decoded; "" where it has no name."""
    media_type: str
    """As declared, in lower case without parameters."""
    content: bytes
    """Decoded."""
    inline: bool = False
    content_id: str = ""
    """Without angle brackets."""


@dataclass(frozen=True, slots=True)
class Part:
    """A node of the MIME structure, in the order in which it came."""

    media_type: str
    headers: tuple[Header, ...] = ()
    content: bytes = b""
    """Decoded from its transfer encoding; empty for multiparts with parts, and for mails within."""
    charset: str = ""
    """As declared."""
    name: str = ""
    parts: tuple["Part", ...] = ()
    """Of a multipart, or the one within: message/rfc822's mail, and what an S/MIME envelope has in it."""


@dataclass(frozen=True, slots=True)
class Mail:
    """A whole mail. Names of headers are compared without regard to case; `headers` has every one, in order."""

    headers: tuple[Header, ...]
    root: Part
    subject: str = ""
    sender: tuple[Address, ...] = ()
    """Every mailbox of every From: more or less than one is nobody in particular (T26)."""
    reply_to: tuple[Address, ...] = ()
    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    message_id: str = ""
    """With its angle brackets; "" where there is none."""
    in_reply_to: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    date: float | None = None
    """Seconds since the epoch; None where the header is absent or makes no sense."""
    text: str = ""
    """The body for people, whole: from the plain parts, else made of the HTML."""
    html: str = ""
    """Sanitised; "" where there was none."""
    reply: str = ""
    """What of `text` is new: without quoted history and signature; never "" unless `text` is."""
    quoted: str = ""
    signature: str = ""
    files: tuple[File, ...] = ()
    signed: Signed | None = None
    flaws: tuple[str, ...] = field(default=())
    """What was wrong and mended, or cut at a cap: codes, as `channels/email/parsing/flaws.py` has them."""

    def all(self, name: str) -> list[str]:
        """The values of every header of that name, in order."""
        wanted = name.lower()
        return [header.value for header in self.headers if header.name.lower() == wanted]
