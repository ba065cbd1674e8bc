"""The parts of a mail: texts, files, and what holds them together (RFC 2045, RFC 2046)."""

import re
from base64 import b64encode
from binascii import b2a_qp
from collections.abc import Sequence

from channels.email.composing.fields import with_parameter

_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,63}/[a-z0-9][a-z0-9!#$&^_.+-]{0,63}")
_ANYTHING = "application/octet-stream"
_MAIL = "message/rfc822"
_STRAY = re.compile(rb"\r(?!\n)|(?<!\r)\n")
_LONG_LINE = re.compile(rb"[^\n]{999}")
_BASE64_LINE = 76
_BASE64_PIECE = 57 * 1024
"""Bytes of which each 57 make a line."""


def text_part(subtype: str, text: str) -> bytes:
    """`plain` or `html`, in whichever encoding is shorter: long lines and trailing blanks survive either way."""
    content = "\n".join(text.splitlines()).encode("utf-8", "replace") + b"\n"
    quoted = b2a_qp(content, istext=True).replace(b"\n", b"\r\n")
    encoded = _base64(content.replace(b"\n", b"\r\n"))
    name, body = ("quoted-printable", quoted) if len(quoted) <= len(encoded) else ("base64", encoded)
    head = f"Content-Type: text/{subtype}; charset=utf-8\r\nContent-Transfer-Encoding: {name}\r\n\r\n"
    return head.encode() + body


def file_part(name: str, media_type: str, content: bytes, boundaries: Sequence[str]) -> bytes:
    """An attachment. A mail stays readable as one where it may stand as it is, which RFC 2046 section 5.2.1 wants."""
    as_it_is = media_type.lower() == _MAIL and _fit_for_7_bit(content, boundaries)
    encoding = "7bit" if as_it_is else "base64"
    head = (
        with_parameter("Content-Type", _MAIL if as_it_is else _usable(media_type), "name", name)
        + with_parameter("Content-Disposition", "attachment", "filename", name)
        + f"Content-Transfer-Encoding: {encoding}\r\n\r\n"
    )
    return head.encode() + (content if as_it_is else _base64(content))


def multipart(subtype: str, boundary: str, parts: Sequence[bytes]) -> bytes:
    """`boundary` must occur in none of them."""
    head = f'Content-Type: multipart/{subtype};\r\n boundary="{boundary}"\r\n\r\n'.encode()
    between = f"\r\n--{boundary}\r\n".encode()
    return head + between[2:] + between.join(parts) + f"\r\n--{boundary}--\r\n".encode()


def _usable(media_type: str) -> str:
    """What a stranger says it is may stand there if it has the form of a type, and holds no parts of its own."""
    wanted = media_type.strip().lower()
    composite = wanted.startswith(("multipart/", "message/"))
    return wanted if _TYPE.fullmatch(wanted) and not composite else _ANYTHING


def _fit_for_7_bit(content: bytes, boundaries: Sequence[str]) -> bool:
    return (
        content.isascii()
        and b"\0" not in content
        and not _STRAY.search(content)
        and not _LONG_LINE.search(content)
        and not any(each.encode() in content for each in boundaries)
    )


def _base64(content: bytes) -> bytes:
    """Piece by piece: all lines of a large file at once would take several times its size."""
    return b"".join(
        _base64_lines(content[begin : begin + _BASE64_PIECE]) for begin in range(0, len(content), _BASE64_PIECE)
    )


def _base64_lines(piece: bytes) -> bytes:
    encoded = b64encode(piece)
    lines = [encoded[begin : begin + _BASE64_LINE] for begin in range(0, len(encoded), _BASE64_LINE)]
    return b"\r\n".join([*lines, b""])
