"""The values in a response: atoms, quoted texts, literals, and lists of them (RFC 3501 section 4)."""

import re
from typing import TypeAlias

from channels.email.imap.errors import ConnectionFailed
from channels.email.imap.wire import Line

Value: TypeAlias = "bytes | list[Value] | None"
"""None is NIL."""

_DEEPEST = 16
_TOKEN = re.compile(
    rb"\s*(?:"
    rb"(?P<open>\()|(?P<close>\))"
    rb'|"(?P<quoted>(?:[^"\\]|\\.)*)"'
    rb"|(?P<literal>~?\{[0-9]+\})"
    rb'|(?P<atom>[^\s()"{\[]+(?:\[[^\]]*\][^\s()"{]*)?|\[[^\]]*\])'
    rb")"
)
_ESCAPED = re.compile(rb"\\(.)")


def values(line: Line) -> list[Value]:
    """Everything in the line. Raises ConnectionFailed for what isn't of that form."""
    literals = iter(line.literals)
    outer: list[Value] = []
    lists = [outer]
    position, end = 0, len(line.rstrip())
    while position < end:
        token = _TOKEN.match(line, position)
        if token is None:
            raise _nonsense(line)
        position = token.end()
        if token["open"]:
            inner: list[Value] = []
            lists[-1].append(inner)
            lists.append(inner)
        elif token["close"]:
            lists.pop()
        else:
            lists[-1].append(next(literals, None) if token["literal"] else _single(token))
        if not 0 < len(lists) <= _DEEPEST:
            raise _nonsense(line)
    if len(lists) != 1:
        raise _nonsense(line)
    return outer


def _single(token: re.Match[bytes]) -> bytes | None:
    if token["quoted"] is not None:
        return _ESCAPED.sub(rb"\1", token["quoted"])
    atom: bytes = token["atom"]
    return None if atom.upper() == b"NIL" else atom


def _nonsense(line: Line) -> ConnectionFailed:
    return ConnectionFailed(f"the mail server's answer makes no sense: {bytes(line[:60])!r}")
