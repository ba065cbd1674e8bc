"""How many automatic answers anybody gets: what ends a mail loop when nothing was detected (T19). Pure."""

import re
import unicodedata

PER_SUBJECT = 3
PER_SENDER = 12
WINDOW = 86_400.0
"""Seconds."""
PER_DOMAIN = 60
IN_ALL = 600
"""Whatever the senders: forged ones may all be different, and our answers would go to people who have not asked."""
SHORT_WINDOW = 3600.0
"""Seconds, for these two."""
_PREFIX = re.compile(
    r"\s*(?:re|rv|aw|sv|vs|fwd?|wg|tr|r|enc|res|ref|antw|回复|答复|返信)\s*(?:\[\d+\]|\(\d+\))?\s*[::]", re.IGNORECASE
)
_VARIABLE = re.compile(r"\d+")
_BLANKS = re.compile(r"\s+")
_LONGEST = 500
_MOST_PREFIXES = 20


def normal_address(address: str) -> str:
    """Without what a robot may vary: case, and the tag after a plus."""
    local, _, domain = address[:_LONGEST].strip().casefold().rpartition("@")
    return f"{local.partition('+')[0]}@{domain}"


def normal_subject(subject: str) -> str:
    """Without what a robot may vary: `Re:` in many languages, numbers, blanks, case."""
    text = unicodedata.normalize("NFKC", subject[:_LONGEST]).casefold()
    for _ in range(_MOST_PREFIXES):
        found = _PREFIX.match(text)
        if not found:
            break
        text = text[found.end() :]
    return _BLANKS.sub(" ", _VARIABLE.sub("0", text)).strip()
