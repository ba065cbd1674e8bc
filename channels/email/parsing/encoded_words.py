"""RFC 2047 encoded words as senders write them: split within a character, in quotes, half broken. Linear."""

import binascii
import re

from channels.email.parsing.charsets import codec_of, decode
from channels.email.parsing.cleaning import clean_line

_START = re.compile(r"=\?([A-Za-z0-9_.:*()+-]{0,60})\?([BbQq])\?")
_NOT_BASE64 = re.compile(r"[^A-Za-z0-9+/]")
_ESCAPE = re.compile(rb"=([0-9A-Fa-f]{2})")


def decode_words(text: str) -> str:
    """The text with its encoded words decoded. Those next to each other in one charset are decoded as one, since
    many senders split a character between two; the space between them is no text (RFC 2047, 6.2). None of them brings a
    control character in."""
    if "=?" not in text:
        return text
    pieces: list[str] = []
    waiting = _Run()
    done = 0
    starts = list(_START.finditer(text))
    for number, start in enumerate(starts):
        following = starts[number + 1].start() if number + 1 < len(starts) else len(text)
        end = text.find("?=", start.end(), following)
        if end < 0:
            continue
        between = text[done : start.start()]
        if between.strip(" \t\r\n") or not waiting:
            pieces += [waiting.flush(), between]
        content = _content(text[start.end() : end], start[2])
        pieces.append(waiting.take(start[1].partition("*")[0], content))
        done = end + 2
    return "".join([*pieces, waiting.flush(), text[done:]])


class _Run:
    """Encoded words in one charset, so far."""

    def __init__(self) -> None:
        self._charset = ""
        self._parts: list[bytes] = []

    def __bool__(self) -> bool:
        return bool(self._parts)

    def take(self, charset: str, content: bytes) -> str:
        """What was waiting, decoded, if this word is in another charset."""
        before = ""
        if self._parts and (codec_of(charset), charset.lower()) != (codec_of(self._charset), self._charset.lower()):
            before = self.flush()
        self._charset = charset
        self._parts.append(content)
        return before

    def flush(self) -> str:
        text, _ = decode(b"".join(self._parts), self._charset)
        self._parts.clear()
        return clean_line(text)


def _content(encoded: str, encoding: str) -> bytes:
    if encoding in "Bb":
        return base64_leniently(encoded)
    plain = encoded.replace("_", " ").encode("utf-8", "replace")
    return _ESCAPE.sub(lambda escape: bytes.fromhex(escape[1].decode()), plain)


def base64_leniently(encoded: str) -> bytes:
    """Without what isn't base64, and without a last group that isn't a whole byte."""
    letters = _NOT_BASE64.sub("", encoded)
    if len(letters) % 4 == 1:
        letters = letters[:-1]
    return binascii.a2b_base64(letters + "=" * (-len(letters) % 4))
