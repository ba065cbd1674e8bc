"""Header fields as they are written (RFC 5322, 2047, 2231): folded, in ASCII, and none can begin another (T23)."""

import re
from base64 import b64encode
from collections.abc import Iterable, Iterator
from urllib.parse import quote

from channels.email.mailable import mailable

_CONTROL = re.compile(r"[\x00-\x1f\x7f\x80-\x9f\u2028\u2029]")
_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]+")
_IDENTIFIER = re.compile(r"<[!-;=?-~]{1,200}@[!-;=?-~]{1,200}>")
_LINE = 78
_LONGEST_WORD = 70
_BYTES_A_WORD = 42
"""Of text in an encoded word: with its frame it has 72 characters then."""
_BYTES_A_PIECE = 54
"""Of an encoded parameter."""
_MOST_IDENTIFIERS = 20


def field(name: str, value: str) -> str:
    """An unstructured field, such as Subject. Raises ValueError for control characters."""
    return _folded(name, _words(_checked(value)))


def mailbox(name: str, shown: str, address: str) -> str:
    """A field with one mailbox, such as From: what is shown of it, and its address. Raises ValueError."""
    text = _checked(shown)
    if not text:
        words = []
    elif _ATOMS.fullmatch(text) and "=?" not in text:
        words = text.split()
    elif text.isascii() and len(text) < _LONGEST_WORD and "=?" not in text:
        words = ['"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"']
    else:
        words = list(_encoded(text))
    return _folded(name, [*words, f"<{mailable(address)}>" if words else mailable(address)])


def identifier(name: str, message_id: str) -> str:
    """A field with one Message-ID. Raises ValueError for what is none."""
    if not _IDENTIFIER.fullmatch(message_id):
        raise ValueError("not a Message-ID")
    return _folded(name, [message_id])


def identifiers(name: str, message_ids: Iterable[str]) -> str:
    """Those that are Message-IDs: others come from anybody's mail, and are left out. The first and the newest stay, as
    RFC 5322 wishes of a shortened list. "" where there is none."""
    found = list(dict.fromkeys(each for each in message_ids if _IDENTIFIER.fullmatch(each)))
    kept = found if len(found) <= _MOST_IDENTIFIERS else [found[0], *found[1 - _MOST_IDENTIFIERS :]]
    return _folded(name, kept) if kept else ""


def with_parameter(name: str, value: str, parameter: str, given: str) -> str:
    """A field such as `Content-Disposition: attachment; filename="a.txt"`. What can mislead in a name is left out."""
    text = _CONTROL.sub("", given).encode("utf-8", "replace").decode()
    if text.isascii() and len(text) < _LONGEST_WORD - len(parameter) and not set(text) & set('"\\'):
        pieces = [f'{parameter}="{text}"']
    else:
        pieces = _continued(parameter, list(_percent_encoded(text)))
    words = [f"{each};" for each in (value, *pieces)]
    return _folded(name, [*words[:-1], words[-1].removesuffix(";")])


def _checked(value: str) -> str:
    if _CONTROL.search(value):
        raise ValueError("a header field can't hold control characters")
    return " ".join(value.encode("utf-8", "replace").decode().split())


def _words(text: str) -> list[str]:
    words = text.split(" ")
    plain = text.isascii() and "=?" not in text and all(len(each) <= _LONGEST_WORD for each in words)
    return words if plain else list(_encoded(text))


def _encoded(text: str) -> Iterator[str]:
    """Encoded words, each with whole characters; a reader joins them without the space between."""
    return (f"=?utf-8?b?{b64encode(piece).decode()}?=" for piece in _pieces(text, _BYTES_A_WORD))


def _percent_encoded(text: str) -> Iterator[str]:
    return (quote(piece, safe="") for piece in _pieces(text, _BYTES_A_PIECE // 3))


def _continued(parameter: str, pieces: list[str]) -> list[str]:
    """RFC 2231 sections 3 and 4: what fits in one piece has no number, which more programs understand."""
    if len(pieces) == 1:
        return [f"{parameter}*=utf-8''{pieces[0]}"]
    charset = ["utf-8''", *[""] * (len(pieces) - 1)]
    return [f"{parameter}*{number}*={charset[number]}{piece}" for number, piece in enumerate(pieces)]


def _pieces(text: str, size: int) -> Iterator[bytes]:
    """Of at most so many bytes, never amid a character."""
    piece = b""
    for character in text:
        encoded = character.encode()
        if len(piece) + len(encoded) > size:
            yield piece
            piece = b""
        piece += encoded
    yield piece


def _folded(name: str, words: list[str]) -> str:
    lines, line = [], f"{name}:"
    for word in words:
        if len(line) + 1 + len(word) > _LINE and line != f"{name}:":
            lines.append(line)
            line = ""
        line += f" {word}"
    return "\r\n".join([*lines, line]) + "\r\n"
