"""Files in the midst of a text, as mail had them before MIME: `begin 644 name`, lines, `end`. Linear."""

import binascii
import re

from gateway.core.values import dataclass

_BEGIN = re.compile(r"begin(?:-base64)? [0-7]{3,4} ?(.{0,255})")
_BEGIN_BYTES = re.compile(rb"^begin [0-7]{3,4}[^\n]*\n", re.MULTILINE)
_SHORT_LINE = 100


@dataclass(frozen=True, slots=True)
class Uuencoded:
    name: str
    content: bytes


def take_files_out(text: str) -> tuple[str, list[Uuencoded]]:
    """The text without its uuencoded files, and those. What only looks like one stays in the text."""
    if "\nend" not in text or "begin " not in text:
        return text, []
    lines = text.split("\n")
    kept: list[str] = []
    files: list[Uuencoded] = []
    number = 0
    while number < len(lines):
        begin = _BEGIN.fullmatch(lines[number])
        content, after = _file(lines, number + 1) if begin else (None, number + 1)
        if begin and content is not None:
            files.append(Uuencoded(begin[1].strip(), content))
        else:
            kept += lines[number:after]
        number = after
    return "\n".join(kept), files


def _file(lines: list[str], number: int) -> tuple[bytes | None, int]:
    """The content up to `end`, and the line after that; None where a line comes that is none of it, and that line."""
    pieces: list[bytes] = []
    while number < len(lines):
        line = lines[number].rstrip("\r")
        if line.strip() == "end" and pieces:
            return b"".join(pieces), number + 1
        piece = _line(line.encode("latin_1", "replace")) if len(line) <= _SHORT_LINE else None
        if piece is None:
            return None, number
        pieces.append(piece)
        number += 1
    return None, number


def _line(line: bytes) -> bytes | None:
    """A line's bytes; None where it can't be one. Some encoders leave too much at its end."""
    if not line.strip():
        return b""
    if not 32 <= line[0] <= 96:
        return None
    length = (line[0] - 32) & 63
    needed = 1 + (length * 8 + 5) // 6
    if len(line) < needed - 2 or len(line) > needed + 6:
        return None
    try:
        return binascii.a2b_uu(line[: 1 + (length + 2) // 3 * 4])
    except binascii.Error:
        return None


def decode_uuencoded(content: bytes) -> bytes:
    """The first file in a content that was declared as uuencoded; the content itself where there is none."""
    begin = _BEGIN_BYTES.search(content)
    if begin is None:
        return content
    lines = content[begin.end() :].decode("latin_1").split("\n")
    decoded, _ = _file(lines, 0)
    return content if decoded is None else decoded
