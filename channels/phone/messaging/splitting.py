"""Long texts in short messages. Pure.

Twilio takes 1600 characters in one message and refuses a longer one (its error 21617). They are counted as UTF-16
does, in which an emoji is two: rather too many than too few.
"""

import unicodedata

LONGEST = 1600
"""Characters of one message."""
MOST_PARTS = 5
_BREAKS = ("\n\n", "\n", ". ", " ")
"""Where a text is best divided, the best first."""
_JOINERS = frozenset("\u200d\ufe0e\ufe0f")
_NUMBERED = len("(1/5) ")
_ELLIPSIS = "…"


def length(text: str) -> int:
    """As Twilio counts."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def cut(text: str, room: int) -> str:
    """As much of its beginning as fits into `room`, with an ellipsis where that isn't all."""
    text = text.strip()
    return text if length(text) <= room else text[: _end(text, room - len(_ELLIPSIS))].rstrip() + _ELLIPSIS


def numbered_parts(text: str) -> list[str] | None:
    """The whole of it in one message, or in several that say `(1/3)`; None where that would be too many."""
    text = text.strip()
    if length(text) <= LONGEST:
        return [text]
    parts: list[str] = []
    while text:
        if len(parts) == MOST_PARTS:
            return None
        end = _end(text, LONGEST - _NUMBERED)
        parts.append(text[:end].rstrip())
        text = text[end:].lstrip()
    return [f"({number}/{len(parts)}) {part}" for number, part in enumerate(parts, start=1)]


def _end(text: str, room: int) -> int:
    """Where the first piece ends that fits into `room`: at a break in its second half, else inside a word."""
    most = _that_fit(text, room)
    if most == len(text):
        return most
    for each in _BREAKS:
        place = text.rfind(each, most // 2, most + 1)
        if place > 0:
            return place + len(each.rstrip())
    while most > room // 2 and _belongs_to_the_one_before(text, most):
        most -= 1
    return most


def _that_fit(text: str, room: int) -> int:
    """How many of its first code points are no longer than `room`."""
    units = 0
    for place, character in enumerate(text):
        units += 2 if character > "\uffff" else 1
        if units > room:
            return place
    return len(text)


def _belongs_to_the_one_before(text: str, place: int) -> bool:
    here, before = text[place], text[place - 1]
    return here in _JOINERS or before == "\u200d" or unicodedata.combining(here) != 0
