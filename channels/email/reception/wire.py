"""How bytes come in by SMTP: lines that end with CRLF, and a content that ends with CRLF.CRLF, and nothing else (T25).
Whatever else a sender tries is content still, whichever server before us took it for an end.

A bare LF is refused: no mail server sends one (RFC 5321 section 2.3.8 forbids it), and smuggled commands are made of
it. A bare CR, which old servers hand on from people's mail, becomes a space: no parser takes it for a line's end then.
"""

import asyncio
import re
from enum import StrEnum
from typing import Any

_END = b"\r\n.\r\n"
_BARE_CR = re.compile(rb"\r(?!\n)")
LONGEST_LINE = 1024 * 1024
"""Bytes; robots write HTML in lines of hundreds of kilobytes, so that only what is endless is refused."""


class Flaw(StrEnum):
    """Why a content can't be taken."""

    BARE_LF = "lines end with CRLF; there is a bare LF"
    LONG_LINE = "a line is too long"


class WireReader(asyncio.StreamReader):
    """A stream that can be given back what was read too much of it."""

    async def readuntil(self, separator: Any = b"\r\n") -> bytes:
        """Commands end with CRLF too."""
        return await super().readuntil(separator)

    def put_back(self, data: bytes) -> None:
        self._buffer[:0] = data

    def forget(self) -> None:
        """What came before a TLS handshake was said by anybody (RFC 3207 section 4.2)."""
        self._buffer.clear()

    _buffer: bytearray


class DataDecoder:
    """Finds the end of a content, and undoes dot-stuffing (RFC 5321 section 4.5.2)."""

    def __init__(self) -> None:
        self.ended = False
        self.rest = b""
        """What came after the end."""
        self.flaw: Flaw | None = None
        self._held = b"\r\n"  # the line of DATA itself ends with it
        self._skip = len(self._held)
        self._line = 0

    def feed(self, data: bytes) -> bytes:
        """The content in these bytes, so far as it is certain, at most 1 MiB of them. Never after the end."""
        data = self._held + data
        end = data.find(_END)
        if end >= 0:
            self.ended, self.rest = True, data[end + len(_END) :]
            data = data[: end + 2]
        else:
            held = _beginning_of_end(data)
            self._held, data = data[len(data) - held :], data[: len(data) - held]
        return self._content(data)

    def _content(self, data: bytes) -> bytes:
        data = data.replace(b"\r\n.", b"\r\n")
        line_ends = data.count(b"\r\n")
        if data.count(b"\n") != line_ends:
            self.flaw = self.flaw or Flaw.BARE_LF
        if data.count(b"\r") != line_ends:
            data = _BARE_CR.sub(b" ", data)
        self._measure(data)
        skip, self._skip = min(self._skip, len(data)), max(0, self._skip - len(data))
        return data[skip:]

    def _measure(self, data: bytes) -> None:
        first = data.find(b"\r\n")
        if self._line + (first if first >= 0 else len(data)) > LONGEST_LINE:
            self.flaw = self.flaw or Flaw.LONG_LINE
        self._line = len(data) - data.rfind(b"\r\n") - 2 if first >= 0 else self._line + len(data)


def _beginning_of_end(data: bytes) -> int:
    """How many of the last bytes may be the beginning of the end."""
    return next((length for length in (4, 3, 2, 1) if data.endswith(_END[:length])), 0)
