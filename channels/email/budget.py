"""How many automatic answers anybody gets: what ends a mail loop when nothing was detected (T19). Pure, driven by the
caller's clock, bounded in memory."""

import re
import unicodedata

from gateway.core.buckets import Buckets
from gateway.core.clock import Instant

PER_SUBJECT = 3
PER_SENDER = 12
WINDOW = 86_400.0
"""Seconds in which so many answers drain away."""
SENDERS = 20_000
"""That are remembered; the one longest silent is forgotten first."""
_PREFIX = re.compile(
    r"\s*(?:re|rv|aw|sv|vs|fwd?|wg|tr|r|enc|res|ref|antw|回复|答复|返信)\s*(?:\[\d+\]|\(\d+\))?\s*[::]", re.IGNORECASE
)
_VARIABLE = re.compile(r"\d+")
_BLANKS = re.compile(r"\s+")
_LONGEST = 500
_MOST_PREFIXES = 20


class Budget:
    """Answers that each sender has left: `per_subject` for one subject, `per_sender` for all of theirs, in a window of
    seconds that slides."""

    def __init__(
        self,
        per_subject: int = PER_SUBJECT,
        per_sender: int = PER_SENDER,
        window: float = WINDOW,
        senders: int = SENDERS,
    ) -> None:
        self._per_subject = per_subject
        self._per_sender = per_sender
        self._subjects = Buckets(per_subject / window, per_subject, senders)
        self._senders = Buckets(per_sender / window, per_sender, senders)

    def spend(self, sender: str, subject: str, now: Instant) -> bool:
        """Takes one answer to that sender under that subject; False where there is none left."""
        address = normal_address(sender)
        return (
            self._subjects.add(f"{address}\n{normal_subject(subject)}", now) <= self._per_subject
            and self._senders.add(address, now) <= self._per_sender
        )


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
