"""Values with parameters, as of Content-Type and Content-Disposition: RFC 2045, 2231, and what senders make of it."""

import re
from urllib.parse import unquote_to_bytes

from channels.email.parsing.charsets import decode
from channels.email.parsing.encoded_words import decode_words
from gateway.core.values import dataclass

_SEPARATORS = re.compile(r"[\s;]*")
_NAME = re.compile(r"([^\s=;\"<>@,/:]{1,100})\s*=\s*")
_QUOTED = re.compile(r'"([^"\\]*(?:\\.[^"\\]*)*)"', re.DOTALL)
_NEXT_PARAMETER = re.compile(r"\s[^\s=;\"]{1,100}\s*=(?!\?)|;")
_VALUE = re.compile(r"\s*([^\s;]*)")
_SECTION = re.compile(r"([^*]+)(?:\*(\d{1,4}))?(\*)?")
_ENDS_COMMENT = re.compile(r"\s*(?:;|$)")
_ESCAPED = re.compile(r"\\([\\\"])")
"""What senders escape. Any character may be (RFC 5322, 3.2.4), but before others a backslash is of a Windows path."""
_MOST_PARAMETERS = 1000


@dataclass(frozen=True, slots=True)
class Parameterised:
    value: str
    """In lower case, without comments."""
    parameters: dict[str, str]
    """Decoded, by name in lower case; the first of a name counts."""

    def get(self, name: str) -> str:
        return self.parameters.get(name, "")


def parse_parameters(text: str) -> Parameterised:
    """Never fails: what is no parameter is skipped, a missing semicolon or closing quote is thought to be there."""
    text = _without_comments(text)
    value = _VALUE.match(text)
    position = value.end() if value else 0
    plain: dict[str, str] = {}
    sections: dict[str, dict[int, tuple[str, bool]]] = {}
    for name, content in _pairs(text, position):
        section = _SECTION.fullmatch(name)
        if section is None or not (section[2] or section[3]):
            plain.setdefault(name, decode_words(content))
        else:
            pieces = sections.setdefault(section[1], {})
            pieces.setdefault(int(section[2] or 0), (content, bool(section[3])))
    extended = {name: _joined(pieces) for name, pieces in sections.items()}
    return Parameterised(value[1].lower() if value else "", {**plain, **extended})


def _pairs(text: str, position: int) -> list[tuple[str, str]]:
    """Names in lower case and raw contents, quotes taken off."""
    found: list[tuple[str, str]] = []
    while position < len(text) and len(found) < _MOST_PARAMETERS:
        if separators := _SEPARATORS.match(text, position):
            position = separators.end()
        name = _NAME.match(text, position)
        if name is None:
            position = _next(text, position)
            continue
        position = name.end()
        if quoted := _QUOTED.match(text, position):
            content = _ESCAPED.sub(r"\1", quoted[1])
            position = quoted.end()
        elif text.startswith('"', position):
            content, position = _unclosed(text, position)
        else:
            content, position = _unquoted(text, position)
        found.append((name[1].lower(), content))
    return found


def _next(text: str, position: int) -> int:
    semicolon = text.find(";", position)
    return len(text) if semicolon < 0 else semicolon + 1


def _unclosed(text: str, position: int) -> tuple[str, int]:
    """A quote that is never closed ends at the next semicolon."""
    end = text.find(";", position)
    end = len(text) if end < 0 else end
    return text[position + 1 : end].strip(), end


def _unquoted(text: str, position: int) -> tuple[str, int]:
    """A token, or a name with spaces that should have been quoted: up to a semicolon or what looks like a parameter."""
    end = _NEXT_PARAMETER.search(text, position)
    return text[position : end.start() if end else len(text)].strip(), end.start() if end else len(text)


def _joined(pieces: dict[int, tuple[str, bool]]) -> str:
    """RFC 2231: sections in order, up to the first that is missing; the first says the charset."""
    charset = ""
    content = b""
    for number in range(len(pieces)):
        if number not in pieces:
            break
        text, encoded = pieces[number]
        if number == 0 and encoded and text.count("'") >= 2:
            charset, _, text = text.split("'", 2)
        content += unquote_to_bytes(text) if encoded else text.encode("utf-8", "replace")
    text, _ = decode(content, charset)
    return decode_words(text)


def _without_comments(text: str) -> str:
    """Comments outside quotes taken out. Parentheses within a name that should have been quoted are text."""
    if "(" not in text:
        return text
    kept: list[str] = []
    depth = start = 0
    quoted = escaped = False
    done = 0
    for position, char in enumerate(text):
        if escaped:
            escaped = False
        elif char == "\\":
            escaped = True
        elif char == '"' and not depth:
            quoted = not quoted
        elif char == "(" and not quoted:
            if not depth:
                start = position
            depth += 1
        elif char == ")" and depth:
            depth -= 1
            if not depth and _ENDS_COMMENT.match(text, position + 1):
                kept += [text[done:start], " "]
                done = position + 1
    return "".join([*kept, text[done:]])
