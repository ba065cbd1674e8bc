"""Bytes from a mail server, cut into its responses (RFC 3501 section 2.2.2); nothing recurses, and all is bounded."""

import re
from collections.abc import Iterator
from typing import Self

from channels.email.imap.errors import ConnectionFailed

LONGEST_LINE = 4 * 1024 * 1024
"""Bytes; the answer to a search of half a million mails fits in."""
LARGEST_LITERAL = 2 * 1024 * 1024
"""Bytes; twice what we ever ask for."""

_LITERAL = re.compile(rb"\{([0-9]{1,10})\}\Z")
_STATUS = re.compile(rb"\* (?:OK|NO|BAD|BYE|PREAUTH)\b", re.IGNORECASE)
"""The text after it is for people, and may end like a literal's announcement."""


class Line(bytes):
    """One response as on the wire, without its line ends; the literals that it announces are beside it."""

    literals: tuple[bytes, ...]

    @classmethod
    def of(cls, text: bytes, literals: tuple[bytes, ...] = ()) -> Self:
        line = cls(text)
        line.literals = literals
        return line


class Splitter:
    """Cuts one connection's bytes into lines."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._searched = 0
        """So far there is no line end in the buffer."""
        self._awaited: int | None = None
        """Bytes of the literal that comes now."""
        self._text = b""
        self._literals: list[bytes] = []

    @property
    def idle(self) -> bool:
        """Whether nothing of a further response has come."""
        return not self._buffer and not self._text and self._awaited is None

    def feed(self, data: bytes) -> Iterator[Line]:
        """The responses that are whole now. Raises ConnectionFailed where the other side can't be speaking IMAP."""
        self._buffer += data
        while True:
            if self._awaited is not None:
                if len(self._buffer) < self._awaited:
                    return
                self._literals.append(self._take(self._awaited))
                self._awaited = None
            text = self._next_text()
            if text is None:
                return
            self._text += text
            announced = self._announced(text)
            if announced is None:
                yield Line.of(self._text, tuple(self._literals))
                self._text, self._literals = b"", []
            elif announced > LARGEST_LITERAL:
                raise ConnectionFailed(f"the mail server announced a literal of {announced} bytes")
            else:
                self._awaited = announced

    def _announced(self, text: bytes) -> int | None:
        literal = _LITERAL.search(text) if self._text.startswith(b"* ") and not _STATUS.match(self._text) else None
        return int(literal[1]) if literal else None

    def _next_text(self) -> bytes | None:
        """Up to the next line end; None where it hasn't come."""
        end = self._buffer.find(b"\r\n", self._searched)
        if end >= 0:
            text = self._take(end + 2)[:-2]
            self._searched = 0
        else:
            self._searched = max(0, len(self._buffer) - 1)
        if max(end, self._searched) + len(self._text) > LONGEST_LINE:
            raise ConnectionFailed(f"the mail server sent a line of more than {LONGEST_LINE} bytes")
        return text if end >= 0 else None

    def _take(self, length: int) -> bytes:
        taken = bytes(self._buffer[:length])
        del self._buffer[:length]
        return taken
