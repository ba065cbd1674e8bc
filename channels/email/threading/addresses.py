"""The reply addresses of tickets: `help+TOKEN@example.org`, or another pattern where the mail server has no plus
addressing."""

import re
from collections.abc import Iterable, Iterator

from channels.email.threading.tokens import LENGTH

_SLOT = "{token}"
_LONGEST_LOCAL_PART = 64
_LONGEST = 320


class ReplyAddresses:
    """Addresses of the form of `pattern`, which has `{token}` once, left of its @; those of the form of one of `others`
    are read, too. Raises ValueError for another pattern, and where the local part would exceed RFC 5321's 64
    characters."""

    def __init__(self, pattern: str, others: Iterable[str] = ()) -> None:
        self._pattern = pattern
        self._read = [_reader(each) for each in dict.fromkeys([pattern, *others])]

    def address(self, token: str) -> str:
        return self._pattern.replace(_SLOT, token)

    def tokens(self, addresses: Iterable[str]) -> Iterator[str]:
        """What stands in the place of a token in those of the addresses that have this form."""
        for address in addresses:
            plain = address.strip().strip("<>")[:_LONGEST]
            found = next((found for each in self._read if (found := each.fullmatch(plain))), None)
            if found:
                yield found[1]


def _reader(pattern: str) -> re.Pattern[str]:
    local, _, domain = pattern.rpartition("@")
    if local.count(_SLOT) != 1 or _SLOT in domain or not domain:
        raise ValueError("the pattern of reply addresses needs {token} once, left of its @")
    if len(local) - len(_SLOT) + LENGTH > _LONGEST_LOCAL_PART:
        raise ValueError(f"with a token of {LENGTH} characters the local part would exceed {_LONGEST_LOCAL_PART}")
    before, after = (re.escape(each) for each in pattern.split(_SLOT))
    return re.compile(f"{before}([a-z2-7]{{{LENGTH}}}){after}", re.IGNORECASE)


def plus_addressing(address: str) -> str:
    """The pattern of `help@example.org` with plus addressing. Raises ValueError for what is no address."""
    local, at, domain = address.rpartition("@")
    if not (local and at and domain):
        raise ValueError("not an address")
    return f"{local}+{_SLOT}@{domain}"
