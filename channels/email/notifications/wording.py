"""What a mail server's words mean."""

import re
from functools import lru_cache

from channels.email.notifications.phrases import PHRASES, STOCK_PHRASE
from channels.email.notifications.reasons import Reason

_LINK = re.compile(r"https?://([^/\s]{0,255})\S{0,2000}")
_ADDRESS = re.compile(r"<[^<>\s]{0,320}>|[^\s<>@:\[]{1,64}@[^\s<>@:\]]{1,255}")
_BLANKS = re.compile(r"\s+")
_PATTERNS = tuple((reason, re.compile("|".join(phrases))) for reason, phrases in PHRASES)
_STOCK_PHRASE = re.compile(STOCK_PHRASE)


def plain_words(text: str) -> str:
    """A server's words as they are compared: lower case, one line, an @ for each address and of links only the host,
    since names and paths say anything."""
    return _BLANKS.sub(" ", _ADDRESS.sub(" @ ", _LINK.sub(r" \1 ", text.lower())))


@lru_cache(maxsize=32)
def reason_of_words(plain: str) -> Reason:
    """What words made plain say; UNKNOWN where they say nothing that we know. One notice is asked about for
    each of its recipients."""
    return next((reason for reason, pattern in _PATTERNS if pattern.search(plain)), Reason.UNKNOWN)


def denies_by_stock_phrase(plain: str) -> bool:
    """Whether the recipient is denied in the words that servers also use for mail that they don't like."""
    return bool(_STOCK_PHRASE.search(plain))
