"""Content-Transfer-Encoding undone (RFC 2045, 6), as far as what was sent allows. Linear."""

import binascii
import re

from channels.email.parsing.flaws import Flaw, Flaws
from channels.email.parsing.uuencode import decode_uuencoded

_ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_SPACE = b" \t\r\n\x0b\x0c\x00"
_NOT_BASE64 = bytes(set(range(256)) - set(_ALPHABET))
_NOT_BASE64_NOR_PADDING = bytes(set(_NOT_BASE64) - {ord("=")})
_MOST_BLOCKS = 400_000
_NOTHING_TO_DO = frozenset(
    {"", "7bit", "8bit", "binary", "none", "identity", "7bits", "8bits", "6bit", "7-bit", "8-bit"}
)
_UUENCODED = frozenset({"x-uuencode", "x-uue", "uuencode", "uue", "x-uu"})
_TRAILING_SPACE = re.compile(rb"[ \t]\r?\n")


def is_encoded(encoding: str) -> bool:
    return encoding in ("base64", "quoted-printable") or encoding in _UUENCODED


def decode_transfer(content: bytes, encoding: str, flaws: Flaws) -> bytes:
    """The content as it was before it was encoded; as it stands where that can't be told."""
    if encoding == "base64":
        return _base64(content, flaws)
    if encoding == "quoted-printable":
        return _quoted_printable(content)
    if encoding in _UUENCODED:
        return decode_uuencoded(content)
    if encoding not in _NOTHING_TO_DO and encoding.partition(" ")[0] not in ("7", "8", *_NOTHING_TO_DO):
        flaws.add(Flaw.UNKNOWN_ENCODING)
    return content


def _base64(content: bytes, flaws: Flaws) -> bytes:
    stripped = content.lstrip(_SPACE)
    if _rubbish_in(stripped[:1000].partition(b"\n")[0]):
        flaws.add(Flaw.BROKEN_BASE64)
        return content
    first, padding, rest = stripped.partition(b"=")
    letters = first.translate(None, _NOT_BASE64)
    if _rubbish_in(first):
        flaws.add(Flaw.BROKEN_BASE64)
    decoded = _whole_bytes(letters)
    if padding and rest.strip(_SPACE + b"="):
        return decoded + _after_padding(rest, flaws)
    return decoded


def _after_padding(rest: bytes, flaws: Flaws) -> bytes:
    """More base64 that was encoded piece by piece; nothing where it is rubbish, as the footer of a mailing list is."""
    if _rubbish_in(rest):
        flaws.add(Flaw.BROKEN_BASE64)
        return b""
    blocks = rest.translate(None, _NOT_BASE64_NOR_PADDING).split(b"=", _MOST_BLOCKS)
    return b"".join(_whole_bytes(block) for block in blocks[:_MOST_BLOCKS] if block)


def _rubbish_in(content: bytes) -> bool:
    return bool(content.translate(None, _ALPHABET + _SPACE + b"="))


def _whole_bytes(letters: bytes) -> bytes:
    """The bytes of a block whose padding may be missing; six bits alone are no byte."""
    if len(letters) % 4 == 1:
        letters = letters[:-1]
    return binascii.a2b_base64(letters + b"=" * (-len(letters) % 4))


def _quoted_printable(content: bytes) -> bytes:
    """Space at the end of a line was added on the way (RFC 2045, 6.7, rule 3), also after the `=` of a soft break."""
    if _TRAILING_SPACE.search(content):
        content = b"\n".join(_without_trailing_space(line) for line in content.split(b"\n"))
    return binascii.a2b_qp(content)


def _without_trailing_space(line: bytes) -> bytes:
    if line.endswith(b"\r"):
        return line[:-1].rstrip(b" \t") + b"\r"
    return line.rstrip(b" \t")
