"""Blocks of header fields inside a text: of a status part, of headers returned, of a mail quoted in a notice."""

import re
from collections.abc import Iterable

from channels.email.mail import Header, Part

_FIELD = re.compile(r"([A-Za-z][A-Za-z0-9-]{0,76})[ \t]*:[ \t]*(.*)")
MOST = 200_000
"""Characters that are looked at."""


def field(line: str) -> Header | None:
    """The header field that a line begins; None where it begins none."""
    found = _FIELD.fullmatch(line)
    return Header(found[1], found[2].strip()) if found else None


def block(lines: Iterable[str]) -> tuple[Header, ...]:
    """The fields that lines hold, unfolded; what is no field is passed over."""
    fields: list[list[str]] = []
    for line in lines:
        begun = field(line)
        if begun is not None:
            fields.append([begun.name, begun.value])
        elif line[:1] in (" ", "\t") and fields and line.strip():
            fields[-1].append(line.strip())
    return tuple(Header(name, " ".join(values)) for name, *values in fields)


def blocks(text: str) -> list[tuple[Header, ...]]:
    """The blocks of fields between empty lines; those without any field are left out."""
    found: list[tuple[Header, ...]] = []
    lines: list[str] = []
    for line in [*text[:MOST].splitlines(), ""]:
        if line.strip():
            lines.append(line)
        elif lines:
            found.append(block(lines))
            lines = []
    return [each for each in found if each]


def value(headers: Iterable[Header], *names: str) -> str:
    """The first field of the first of those names that there is; "" where there is none."""
    known = {header.name.lower(): header.value for header in reversed(tuple(headers))}
    return next((known[name] for name in names if name in known), "")


def content_text(part: Part) -> str:
    """A part's content as text; bytes that aren't UTF-8 are read as Latin-1, which always works."""
    content = part.content[: 4 * MOST]
    try:
        return content.decode()
    except UnicodeDecodeError:
        return content.decode("latin-1")
