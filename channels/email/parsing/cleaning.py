"""Text without what no store and no page wants: control characters, and halves of characters."""

import re

_UNWANTED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_BREAKS = re.compile(r"[\t\r\n]+")


def clean(text: str) -> str:
    """With newlines as lines end."""
    return _UNWANTED.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def clean_line(text: str) -> str:
    """In one line."""
    return _UNWANTED.sub("", _BREAKS.sub(" ", text))
