"""Message-IDs and lists of them (RFC 5322, 3.6.4), as they stand in real headers."""

import re

_BRACKETED = re.compile(r"<([^<>]*)>")
_SPACES = re.compile(r"\s+")
_BARE = re.compile(r"[^\s<>@,;]+@[^\s<>@,;]+")


def parse_identifiers(text: str) -> tuple[str, ...]:
    """Each identifier in its angle brackets, in order. Folding within one is no part of it; where nothing has brackets,
    what looks like an identifier gets them."""
    bracketed = [_SPACES.sub("", match[1]) for match in _BRACKETED.finditer(text)]
    found = [identifier for identifier in bracketed if identifier]
    if not found and "<" not in text:
        found = [word for word in text.split() if _BARE.fullmatch(word)]
    return tuple(f"<{identifier}>" for identifier in found)


def parse_identifier(text: str) -> str:
    """The first identifier, or the only word; "" where there is none."""
    found = parse_identifiers(text)
    if found:
        return found[0]
    word = text.strip().strip("<>")
    return f"<{word}>" if word and _SPACES.search(word) is None else ""
