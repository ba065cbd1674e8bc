"""A header's fields as they stand: where they begin and end, mended where a line is no field. Linear."""

import re

from channels.email.mail import Header
from channels.email.parsing.charsets import decode
from channels.email.parsing.cleaning import clean_line
from channels.email.parsing.encoded_words import decode_words
from channels.email.parsing.flaws import Flaw, Flaws
from channels.email.parsing.limits import Limits, Unparsable
from gateway.core.values import dataclass

_FIELD = re.compile(rb"([\x21-\x39\x3b-\x7e\x80-\xff]{1,998})[ \t]*:")
_KNOWN_FIELD = re.compile(
    rb"^(?:from|sender|to|cc|bcc|reply-to|subject|date|message-id|references|in-reply-to|received|return-path|"
    rb"mime-version|content-(?:type|transfer-encoding|disposition|id)|x-[!-9;-~]{1,60})[ \t]*:",
    re.IGNORECASE | re.MULTILINE,
)
_BLANK_LINE = re.compile(rb"\n\r?\n")
_LINE_ENDS = re.compile(rb"[\r\n]+")
_ENVELOPE_LINE = (b"From ", b">From ")


@dataclass(frozen=True, slots=True)
class Field:
    name: str
    raw: bytes
    """The value, unfolded, without the space around it."""

    def text(self, charset: str = "") -> str:
        """The value as text, its encoded words as they stand: UTF-8, else the charset, else Windows-1252."""
        return decode(self.raw, charset)[0]

    def header(self, charset: str = "") -> Header:
        return Header(self.name, decode_words(clean_line(self.text(charset))))


@dataclass(frozen=True, slots=True)
class Fields:
    """A header, and where its body begins."""

    fields: tuple[Field, ...]
    body: int

    def last(self, name: str) -> Field | None:
        return next((field for field in reversed(self.fields) if field.name.lower() == name), None)

    def every(self, name: str) -> list[Field]:
        return [field for field in self.fields if field.name.lower() == name]


def read_fields(raw: bytes, start: int, end: int, limits: Limits, flaws: Flaws) -> Fields:
    """The header that begins at `start`, its body at `end` at the latest.

    Raises `Unparsable` where it is bigger than the cap."""
    fields: list[Field] = []
    name, value = "", [b""]
    last_known: int | None = None
    here = start
    body = end
    while here < end:
        if here - start > limits.header_size:
            raise too_big(limits)
        after = _line_end(raw, here, end)
        line = raw[here:after].rstrip(b"\r\n")
        if not line:
            body = after
            break
        blank = not line.strip()
        if blank and not _goes_on(raw, after, end):
            body = after
            break
        if blank or (name and line[:1] in (b" ", b"\t")):
            value.append(line)
        elif match := _FIELD.match(line):
            _finish(fields, name, value)
            name, value = match[1].decode("utf-8", "replace"), [line[match.end() :]]
        elif not (here == start and line.startswith(_ENVELOPE_LINE)):
            if last_known is None:
                last_known = _last_known_field(raw, here, min(end, start + limits.header_size))
            if line.startswith(b"--") or last_known < here:
                flaws.add(Flaw.MISSING_BLANK_LINE)
                body = here
                break
            flaws.add(Flaw.STRAY_HEADER_LINE)
        here = after
    _finish(fields, name, value)
    return Fields(tuple(fields), body)


def too_big(limits: Limits) -> Unparsable:
    return Unparsable("header_too_big", f"a header has more than {limits.header_size} bytes")


def _finish(fields: list[Field], name: str, lines: list[bytes]) -> None:
    if name:
        fields.append(Field(name, _LINE_ENDS.sub(b" ", b"".join(lines)).strip()))


def _line_end(raw: bytes, here: int, end: int) -> int:
    found = raw.find(b"\n", here, end)
    return end if found < 0 else found + 1


def _goes_on(raw: bytes, here: int, end: int) -> bool:
    """Whether what follows a line of spaces is still header: such lines are allowed in old folding (RFC 5322, 4.2),
    and editors leave them where the blank line should be."""
    return raw[here : min(end, here + 1)] in (b" ", b"\t") or _KNOWN_FIELD.match(raw, here, end) is not None


def _last_known_field(raw: bytes, here: int, end: int) -> int:
    """Where the last well-known field of this header begins; -1 for none. A line that is no field is rubbish within a
    header before such a field, and else the body that came without a blank line."""
    blank = _BLANK_LINE.search(raw, here, end)
    last = -1
    for match in _KNOWN_FIELD.finditer(raw, here, blank.start() + 1 if blank else end):
        last = match.start()
    return last
