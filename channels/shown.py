"""A stranger's words as a ticket shows them: bounded, and without what would mislead whoever reads them. Pure."""

import re

from gateway.core.unseen import UNSEEN

_NOT_IN_A_LINE = re.compile(rf"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff{UNSEEN}]+")
_NOT_IN_A_TEXT = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


def one_line(text: str, length: int) -> str:
    """The text in one line without tricks, of so many characters at most."""
    line = " ".join(_NOT_IN_A_LINE.sub(" ", text[: 4 * length]).split())
    return line if len(line) <= length else f"{line[: length - 1].rstrip()}…"


def plain_text(text: str, length: int) -> str:
    """The beginning of the text, so many characters of it, with newlines as lines end; "" where it only has blanks."""
    shown = _NOT_IN_A_TEXT.sub("", text[:length].replace("\r\n", "\n").replace("\r", "\n")).strip("\n")
    return shown if shown.strip() else ""
