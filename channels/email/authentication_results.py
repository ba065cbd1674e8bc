"""The Authentication-Results field (RFC 8601), read in one pass: no text makes it raise or slow."""

from collections.abc import Iterator, Mapping

from gateway.core.values import dataclass

_LONGEST = 20_000
_SEPARATORS = ";="


@dataclass(frozen=True, slots=True)
class Result:
    """What one method found; everything in lower case but the values."""

    method: str
    result: str
    properties: Mapping[str, str]
    """By `ptype.property`, such as `header.d`; none where it isn't clear what belongs to which."""


@dataclass(frozen=True, slots=True)
class Results:
    """One field."""

    authserv_id: str
    results: tuple[Result, ...]


def parse_results(value: str) -> Results | None:
    """None where the field doesn't even begin with a server's name; results that make no sense are left out."""
    segments = list(_segments(_tokens(value[:_LONGEST])))
    head = segments[0]
    if not head or head[0] in ("", *_SEPARATORS) or "=" in head:
        return None
    found = (_result(segment) for segment in segments[1:])
    return Results(head[0], tuple(result for result in found if result is not None))


def _result(tokens: list[str]) -> Result | None:
    """`dkim=pass reason="..." header.d=example.org` in tokens."""
    pairs = [
        (tokens[at - 1].lower(), tokens[at + 1])
        for at, word in enumerate(tokens)
        if word == "=" and 0 < at < len(tokens) - 1
    ]
    if not pairs or tokens[1] != "=":
        return None
    (method, result), *properties = pairs
    named = dict(properties)
    # A word beside a pair, or a property said twice, may be a stranger's, out of what the server quotes of them.
    clear = len(tokens) == 3 * len(pairs) and len(named) == len(properties)
    return Result(method.partition("/")[0], result.lower(), named if clear else {})


def _segments(tokens: Iterator[str]) -> Iterator[list[str]]:
    segment: list[str] = []
    for word in tokens:
        if word == ";":
            yield segment
            segment = []
        else:
            segment.append(word)
    yield segment


def _tokens(text: str) -> Iterator[str]:
    """Words and separators; comments are left out. A quoted string is a word without its quotes, or the part of one:
    `"a b"@example.org` is one word, whose domain is what stands last in it."""
    at, end = 0, len(text)
    while at < end:
        character = text[at]
        if character == "(":
            at = _after_comment(text, at)
        elif character in _SEPARATORS:
            yield character
            at += 1
        elif character.isspace():
            at += 1
        else:
            word, at = _word(text, at)
            yield f'"{word}"' if word in tuple(_SEPARATORS) else word


def _word(text: str, at: int) -> tuple[str, int]:
    """The word that begins at `at`, and where what follows it begins."""
    pieces: list[str] = []
    while at < len(text) and not (text[at].isspace() or text[at] in _SEPARATORS + "("):
        if text[at] == '"':
            piece, at = _quoted(text, at + 1)
        else:
            start = at
            while at < len(text) and not (text[at].isspace() or text[at] in _SEPARATORS + '("'):
                at += 1
            piece = text[start:at]
        pieces.append(piece)
    return "".join(pieces), at


def _after_comment(text: str, at: int) -> int:
    """Comments nest; one that isn't closed takes all the rest."""
    depth = 0
    while at < len(text):
        character = text[at]
        if character == "\\":
            at += 1
        elif character == "(":
            depth += 1
        elif character == ")":
            depth -= 1
            if not depth:
                return at + 1
        at += 1
    return at


def _quoted(text: str, at: int) -> tuple[str, int]:
    """The string that begins at `at`, and where what follows it begins."""
    letters: list[str] = []
    while at < len(text) and text[at] != '"':
        if text[at] == "\\":
            at += 1
        letters.append(text[at : at + 1])
        at += 1
    return "".join(letters), at + 1
