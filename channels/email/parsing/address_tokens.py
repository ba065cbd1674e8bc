"""An address list cut into tokens. Linear: what isn't closed is found out once, and not looked for again."""

import re
from collections.abc import Iterator
from enum import Enum, auto

from gateway.core.values import dataclass

_SPACES = re.compile(r"\s+")
_ENCODED_WORD = re.compile(r"=\?[^?\s]{0,60}\?[BbQq]\?[^?\s]{0,1000}\?=")
_WORD = re.compile(r"(?:[^\s\"(),:;<>\[]|\[[^\s\"(),;<>\[\]]*\]?)+")
_QUOTED = re.compile(r'"([^"\\]*(?:\\.[^"\\]*)*)"', re.DOTALL)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_ANGLE = re.compile(r"<([^<>]*)(>?)")
_PARENTHESIS = re.compile(r"[()\\]")


class Kind(Enum):
    WORD = auto()
    QUOTED = auto()
    COMMENT = auto()
    ANGLE = auto()
    COMMA = auto()
    SEMICOLON = auto()
    COLON = auto()


_SIGNS = {",": Kind.COMMA, ";": Kind.SEMICOLON, ":": Kind.COLON}


@dataclass(frozen=True, slots=True)
class Token:
    kind: Kind
    text: str
    """Without quotes, parentheses or angle brackets."""
    spaced: bool
    """Whether there is space before it."""


def tokens(text: str) -> Iterator[Token]:
    """The tokens in order; a sign that stands alone where it makes no sense is left out."""
    position = 0
    unclosed: set[str] = set()
    while position < len(text):
        space = _SPACES.match(text, position)
        if space:
            position = space.end()
            if position == len(text):
                return
        kind, content, position = _token(text, position, unclosed)
        if kind is not None:
            yield Token(kind, content, space is not None)


def _token(text: str, here: int, unclosed: set[str]) -> tuple[Kind | None, str, int]:
    """The token that begins here, and where the next one does; no kind for a sign that makes no sense."""
    sign = text[here]
    if sign in _SIGNS:
        return _SIGNS[sign], sign, here + 1
    if sign == "<":
        return _angle(text, here)
    if sign in '"(' and sign not in unclosed:
        end = _quoted_end(text, here) if sign == '"' else _comment_end(text, here)
        if end is None:
            unclosed.add(sign)
            return None, "", here + 1
        content = text[here + 1 : end - 1]
        kind = Kind.QUOTED if sign == '"' else Kind.COMMENT
        return kind, _ESCAPED.sub(r"\1", content), end
    word = _ENCODED_WORD.match(text, here) or _WORD.match(text, here)
    return (Kind.WORD, word[0], word.end()) if word else (None, "", here + 1)


def _angle(text: str, here: int) -> tuple[Kind | None, str, int]:
    match = _ANGLE.match(text, here)
    if match is None:
        return None, "", here + 1
    content, closed = match[1], bool(match[2])
    comma = -1 if closed else content.find(",")
    address = content[:comma].strip() if comma >= 0 else content.strip()
    kind = Kind.ANGLE if address or closed else None
    return kind, address, here + 1 + comma if comma >= 0 else match.end()


def _quoted_end(text: str, here: int) -> int | None:
    match = _QUOTED.match(text, here)
    return match.end() if match else None


def _comment_end(text: str, here: int) -> int | None:
    """After the parenthesis that closes the one here: comments nest."""
    depth = 0
    position = here
    while match := _PARENTHESIS.search(text, position):
        position = match.end()
        if match[0] == "\\":
            position += 1
        elif match[0] == "(":
            depth += 1
        else:
            depth -= 1
            if not depth:
                return position
    return None
