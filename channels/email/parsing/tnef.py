"""winmail.dat: the files and the body that Outlook hid in it ([MS-OXTNEF]).

A reader of our own: tnefparse copies the rest of the data for each attribute, and follows mails within mails as deep as
they go (T16)."""

import struct
from dataclasses import field

from channels.email.mail import File
from channels.email.parsing.charsets import decode
from channels.email.parsing.cleaning import clean_line
from channels.email.parsing.compressed_rtf import decompress
from channels.email.parsing.flaws import Flaw, Flaws
from channels.email.parsing.structure import Scanner
from channels.email.parsing.tnef_properties import UNICODE, read_properties
from gateway.core.attachments import UNKNOWN_TYPE, declared_type
from gateway.core.values import dataclass

_SIGNATURE = b"\x78\x9f\x3e\x22"
_ATTRIBUTE = struct.Struct("<BHHI")
_CHECKSUM = 2
_TITLE, _DATA, _RENDERING, _MAIL_PROPERTIES, _ATTACHMENT, _CODEPAGE = 0x8010, 0x800F, 0x9002, 0x9003, 0x9005, 0x9007
_BODY, _HTML, _RTF, _INTERNET_CODEPAGE = 0x1000, 0x1013, 0x1009, 0x3FDE
_SHORT_NAME, _LONG_NAME, _DISPLAY_NAME, _CONTENT, _MIME_TYPE, _CONTENT_ID = (
    0x3704,
    0x3707,
    0x3001,
    0x3701,
    0x370E,
    0x3712,
)
_MAIL_WITHIN = bytes.fromhex("0703020000000000c000000000000046")
"""The interface IMessage, before a mail that is attached as an object."""
_DEEPEST = 10


@dataclass(slots=True)
class _Attached:
    title: str = ""
    long_name: str = ""
    display_name: str = ""
    media_type: str = ""
    content_id: str = ""
    content: bytes = b""

    def file(self) -> File:
        name = clean_line(self.long_name or self.title or self.display_name)
        return File(name, self.media_type or UNKNOWN_TYPE, self.content, content_id=self.content_id)


@dataclass(slots=True)
class Tnef:
    """What a winmail.dat has in it."""

    text: str = ""
    html: str = ""
    files: list[File] = field(default_factory=list)


def is_tnef(media_type: str, content: bytes) -> bool:
    return "ms-tnef" in media_type or (media_type == UNKNOWN_TYPE and content.startswith(_SIGNATURE))


def read_tnef(content: bytes, scanner: Scanner, flaws: Flaws) -> Tnef:
    """The files in order, those of mails within after them, then the bodies in HTML and RTF as files.

    What can be read of a broken one is. Raises `Unparsable` beyond the cap on parts."""
    found = Tnef()
    waiting = [(content, 0)]
    while waiting:
        data, depth = waiting.pop(0)
        reader = _Reader(found, scanner, wants_mail=not depth)
        try:
            reader.read(data)
        except (struct.error, ValueError):
            flaws.add(Flaw.BROKEN_TNEF)
        for attached in reader.attached:
            if attached.content.startswith(_MAIL_WITHIN) and depth < _DEEPEST:
                attached.content = attached.content[len(_MAIL_WITHIN) :]
                waiting.append((attached.content, depth + 1))
            found.files.append(attached.file())
        found.files += reader.bodies
    return found


class _Reader:
    """Reads one stream of attributes."""

    def __init__(self, found: Tnef, scanner: Scanner, *, wants_mail: bool) -> None:
        self.attached: list[_Attached] = []
        self.bodies: list[File] = []
        self._found = found
        self._scanner = scanner
        self._wants_mail = wants_mail
        self._charset = ""

    def read(self, data: bytes) -> None:
        if not data.startswith(_SIGNATURE):
            raise ValueError("no winmail.dat")
        here = len(_SIGNATURE) + 2
        while here + _ATTRIBUTE.size < len(data):
            _, name, _, length = _ATTRIBUTE.unpack_from(data, here)
            here += _ATTRIBUTE.size
            self._attribute(name, data[here : here + length])
            here += length + _CHECKSUM

    def _attribute(self, name: int, content: bytes) -> None:
        if name == _CODEPAGE:
            self._charset = f"cp{int.from_bytes(content[:4], 'little')}"
        elif name == _RENDERING:
            self._scanner.count_part()
            self.attached.append(_Attached())
        elif name == _MAIL_PROPERTIES and self._wants_mail:
            self._wants_mail = False
            self._mail(content)
        elif self.attached:
            self._attachment(self.attached[-1], name, content)

    def _attachment(self, attached: _Attached, name: int, content: bytes) -> None:
        if name == _TITLE:
            attached.title = self._text(content)
        elif name == _DATA:
            attached.content = content
        elif name == _ATTACHMENT:
            for identifier, kind, value in read_properties(content):
                self._property(attached, identifier, kind, value)

    def _property(self, attached: _Attached, identifier: int, kind: int, value: bytes) -> None:
        if identifier == _LONG_NAME:
            attached.long_name = self._text(value, kind)
        elif identifier == _SHORT_NAME:
            attached.title = attached.title or self._text(value, kind)
        elif identifier == _DISPLAY_NAME:
            attached.display_name = self._text(value, kind)
        elif identifier == _MIME_TYPE:
            attached.media_type = declared_type(self._text(value, kind))
        elif identifier == _CONTENT_ID:
            attached.content_id = clean_line(self._text(value, kind)).strip("<>")
        elif identifier == _CONTENT:
            attached.content = value

    def _mail(self, content: bytes) -> None:
        html = rtf = b""
        charset = ""
        for identifier, kind, value in read_properties(content):
            if identifier == _INTERNET_CODEPAGE:
                charset = f"cp{int.from_bytes(value[:4], 'little')}"
            elif identifier == _BODY:
                self._found.text = self._text(value, kind)
            elif identifier == _HTML:
                html = html or value
            elif identifier == _RTF:
                rtf = rtf or value
        if html:
            self.bodies.append(File("body.html", "text/html", html))
            self._found.html = decode(html, charset)[0]
        if rtf:
            self.bodies.append(File("body.rtf", "text/rtf", decompress(rtf)))

    def _text(self, content: bytes, kind: int = 0) -> str:
        text, _ = decode(content, "utf-16-le" if kind == UNICODE else self._charset)
        return text.rstrip("\x00")
