"""What we answer a peer, and how often."""

import re
from collections.abc import Callable

from channels.email.reception.incoming import ContentRefused
from channels.email.reception.wire import Flaw
from gateway.core.errors import ContentTooLarge, StoreFailed, StoreUnavailable

DONE = "250 2.0.0 done"
TRY_LATER = "451 4.3.0 this can't be kept now, try again later"
TOO_SLOW = "421 4.4.2 too slow"
TOO_MUCH = "421 4.7.0 too many commands without a mail"
STOPPING = "421 4.3.2 we stop for now, try again later"

_MOST_FOR_NOTHING = 1000
_COSTS = {"2": 1, "3": 1, "4": 20, "5": 20}
_ENHANCED = re.compile(r"[245]\d\d[ -][245]\.\d{1,3}\.\d{1,3}\b")
_UNSEEN = re.compile(r"[\x00-\x1f\x7f]")


class Allowance:
    """How much a peer may talk before a mail is kept: a thousand commands, of which a wrong one counts as twenty."""

    def __init__(self) -> None:
        self._left = _MOST_FOR_NOTHING

    def spend(self, reply: str) -> bool:
        """One more reply; False where it is one too many."""
        self._left -= _COSTS.get(reply[:1], 1)
        return self._left >= 0

    def renew(self) -> None:
        self._left = _MOST_FOR_NOTHING


def enhanced(reply: str) -> str:
    """The reply with an enhanced status code (RFC 2034), which LMTP demands; the greeting has none. It is one line,
    whatever is quoted in it."""
    line = _UNSEEN.sub("?", reply)
    if line.startswith(("220", "354")) or _ENHANCED.match(line):
        return line
    detail = {"2": "0.0", "4": "0.0", "5": "5.0"}[line[0]]
    return f"{line[:4]}{line[0]}.{detail} {line[4:]}"


def of_failure(error: Exception) -> str:
    """What the peer is told of a mail that was not kept."""
    return next(
        (say(error) for kind, say in _FAILURES if isinstance(error, kind)),
        TRY_LATER,
    )


def _of_content(error: Exception) -> str:
    flaw = error.flaw if isinstance(error, ContentRefused) else Flaw.LONG_LINE
    return f"554 5.6.0 {flaw}"


_FAILURES: tuple[tuple[type[Exception], Callable[[Exception], str]], ...] = (
    (StoreUnavailable, lambda _: "452 4.3.1 there is no room for this now, try again later"),
    (StoreFailed, lambda _: "451 4.3.0 our storage has failed, try again later"),
    (ContentTooLarge, lambda _: "552 5.3.4 the mail is too large"),
    (ContentRefused, _of_content),
)
