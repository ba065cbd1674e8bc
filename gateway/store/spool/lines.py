"""The spool's files: a line for each request, with a checksum before it. Pure.

A line that was being written when the power went is the last one, and has no end: it was never answered with yes. What
has an end and is wrong all the same was damaged later, and is nobody's to throw away.
"""

import zlib
from typing import NamedTuple

_END = b"\n"
_SUM = 8
"""Hexadecimal digits of the checksum (CRC-32); a space follows."""


class Line(NamedTuple):
    """A line that was found."""

    offset: int
    """Bytes before it."""
    text: bytes
    """All of it, its end included."""

    @property
    def content(self) -> bytes | None:
        """None where it is damaged."""
        content = self.text[_SUM + 1 : -1]
        return content if self.text == line_of(content) else None


def line_of(content: bytes) -> bytes:
    """The line of a content, in which no line may end."""
    return b"%08x %b%b" % (zlib.crc32(content), content, _END)


def lines_in(data: bytes) -> list[Line]:
    """Every line of a file that has an end, in their order."""
    found: list[Line] = []
    offset = 0
    for text in data.split(_END)[:-1]:
        found.append(Line(offset, text + _END))
        offset += len(text) + len(_END)
    return found
