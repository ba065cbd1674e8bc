"""Thread tokens: they prove that their bearer was given them, for one ticket and in one role.

22 characters of base32 (a-z, 2-7), so that they survive case and any mail system: the nine digits of the ticket's
reference that are its own (30 bits) and 80 bits of HMAC-SHA256. The role is not in the token but in the MAC, so that a
desk's never serves the requester or another desk. A guess can be tried only by mailing it.
"""

import hmac
from collections.abc import Collection
from enum import StrEnum

from gateway.core.reference import check_digit, parse_reference
from gateway.core.values import dataclass

LENGTH = 22
"""Characters of a token."""
_ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"
_VALUES = {letter: value for value, letter in enumerate(_ALPHABET)}
_MAC_BITS = 80
_REFERENCE_DIGITS = 9
_KEY_BYTES = 32


class Purpose(StrEnum):
    """Where a token stands; each has its own, so that none can be moved."""

    ADDRESS = "reply address"
    MESSAGE_ID = "message id"


@dataclass(frozen=True, slots=True)
class Party:
    """To whom a token is given: a desk by its provider's name, or the requester."""

    desk: str = ""
    """"" for the requester."""


REQUESTER = Party()


@dataclass(frozen=True, slots=True)
class Proof:
    """What a token proves."""

    reference: str
    party: Party


class ThreadTokens:
    """Makes and reads tokens with a secret key of at least 32 bytes (`TokenSigner.derived_key` gives one), for the
    requester and the desks of those names. Raises ValueError for a shorter key."""

    def __init__(self, key: bytes, desks: Collection[str] = ()) -> None:
        if len(key) < _KEY_BYTES:
            raise ValueError(f"a signing key needs at least {_KEY_BYTES} bytes")
        self._key = key
        self._parties = (REQUESTER, *(Party(desk) for desk in desks))

    def make(self, purpose: Purpose, reference: str, party: Party = REQUESTER) -> str:
        """The token of a ticket's plain reference for that party: always the same. Raises ValueError for what is no
        reference."""
        if parse_reference(reference) != reference:
            raise ValueError("not a reference")
        number = int(reference[:_REFERENCE_DIGITS]) << _MAC_BITS | self._mac(purpose, reference, party)
        return "".join(_ALPHABET[number >> 5 * place & 31] for place in reversed(range(LENGTH)))

    def read(self, purpose: Purpose, token: str) -> Proof | None:
        """What a token proves, in any case of letters; None for anything that `make` did not make."""
        number = _number(token)
        if number is None:
            return None
        digits = f"{number >> _MAC_BITS:0{_REFERENCE_DIGITS}d}"
        if len(digits) != _REFERENCE_DIGITS:
            return None
        reference = digits + check_digit(digits)
        mac = (number & (1 << _MAC_BITS) - 1).to_bytes(_MAC_BITS // 8, "big")
        for party in self._parties:
            expected = self._mac(purpose, reference, party).to_bytes(_MAC_BITS // 8, "big")
            if hmac.compare_digest(mac, expected):
                return Proof(reference, party)
        return None

    def _mac(self, purpose: Purpose, reference: str, party: Party) -> int:
        plain = "\x00".join((purpose.value, reference, party.desk))
        digest = hmac.digest(self._key, plain.encode(), "sha256")
        return int.from_bytes(digest[: _MAC_BITS // 8], "big")


def _number(token: str) -> int | None:
    if len(token) != LENGTH:
        return None
    number = 0
    for letter in token.lower():
        value = _VALUES.get(letter)
        if value is None:
            return None
        number = number << 5 | value
    return number
