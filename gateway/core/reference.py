"""The ticket's reference: ten digits that can be spoken, and keyed on a phone.

Nine random digits and a check digit by H. Michael Damm's quasigroup of order ten ("Total anti-symmetrische
Quasigruppen", Marburg 2004), which finds every single wrong digit and every swap of neighbours. It identifies a
ticket and never authenticates anybody.

Those that begin with 9 are set apart, in blocks of a million: a gateway that has reserved a block gives references out
of it while the store is away, and nobody else does.
"""

import os
import random
import struct
from collections.abc import Collection

_QUASIGROUP = (
    (0, 3, 1, 7, 5, 9, 8, 6, 4, 2),
    (7, 0, 9, 2, 1, 5, 4, 8, 6, 3),
    (4, 2, 0, 6, 8, 7, 1, 3, 5, 9),
    (1, 7, 5, 0, 9, 8, 3, 4, 2, 6),
    (6, 1, 2, 3, 0, 4, 5, 9, 7, 8),
    (3, 6, 7, 4, 2, 0, 9, 5, 8, 1),
    (5, 8, 6, 9, 7, 2, 0, 1, 3, 4),
    (8, 9, 4, 5, 3, 6, 2, 0, 1, 7),
    (9, 4, 3, 8, 6, 1, 7, 2, 0, 5),
    (2, 5, 8, 1, 4, 3, 6, 7, 9, 0),
)
_PAIRS = tuple(
    tuple(_QUASIGROUP[_QUASIGROUP[row][tens]][ones] for tens in range(10) for ones in range(10)) for row in range(10)
)
"""Where two digits at once lead from each row."""
_LENGTH = 10
_ZERO = ord("0")
_SET_APART = 9 * 10 ** (_LENGTH - 2)
"""The first nine digits from which on references are given out by those who reserved them."""
CANARY_REFERENCE = "0" * _LENGTH
"""No ticket's: canaries bear it, the letters that only ask for a sign of life."""
BLOCKS = 100
BLOCK_SIZE = 10**6
_AT_ONCE = 256
_drawn: list[int] = []
_MOST_GIVEN = BLOCK_SIZE * 9 // 10
"""Beyond this it takes long to find one at random that is free."""


def check_digit(digits: str) -> str:
    """The Damm digit that makes `digits` followed by it valid."""
    row = 0
    for digit in digits.encode():
        row = _QUASIGROUP[row][digit - _ZERO]
    return str(row)


def new_reference() -> str:
    """A fresh reference, ten digits; whether it is taken is for the store to say."""
    # 64 random bits for thirty: what the division prefers is one reference in 2^34 too often. Zero is the canary's.
    return _reference(1 + _random_number() % (_SET_APART - 1))


def _random_number() -> int:
    """64 bits of the system's randomness, fetched for many at once: safe in any thread, since a list's ends are."""
    while True:
        try:
            return _drawn.pop()
        except IndexError:
            _drawn.extend(struct.unpack(f"{_AT_ONCE}Q", os.urandom(8 * _AT_ONCE)))


def block_bounds(block: int) -> tuple[str, str]:
    """The first and the last reference of a block, `0 <= block < BLOCKS`."""
    first = _SET_APART + block * BLOCK_SIZE
    return _reference(first), _reference(first + BLOCK_SIZE - 1)


class ReservedReferences:
    """A block of references that nobody else gives out. `given` are those that were, by anybody."""

    def __init__(self, block: int, given: Collection[str]) -> None:
        self.block = block
        self._first = _SET_APART + block * BLOCK_SIZE
        self._given = {int(reference[:-1]) for reference in given}

    def __len__(self) -> int:
        """How many it can still give."""
        return max(0, _MOST_GIVEN - len(self._given))

    def exclude(self, reference: str) -> None:
        """This one, perhaps of another block, is given too."""
        self._given.add(int(reference[:-1]))

    def draw(self) -> str | None:
        """A random one of those that are left; None where there are too few."""
        if not len(self):
            return None
        while (digits := self._first + random.randrange(BLOCK_SIZE)) in self._given:
            continue
        self._given.add(digits)
        return _reference(digits)


def _reference(digits: int) -> str:
    """As `check_digit`, two digits at a time: one is drawn for every request."""
    row = _PAIRS[0][digits // 10**8]
    row = _PAIRS[row][digits // 10**6 % 100]
    row = _PAIRS[row][digits // 10**4 % 100]
    row = _PAIRS[row][digits // 100 % 100]
    row = _PAIRS[row][digits % 100]
    return str(digits * 10 + row).zfill(_LENGTH)


def parse_reference(text: str) -> str | None:
    """The plain ten digits of what a person wrote, `482-915-7360` or `482 915 7360`; None when it can't be one."""
    digits = "".join(text.split()).replace("-", "")
    if len(digits) != _LENGTH or not (digits.isascii() and digits.isdigit()):
        return None
    return digits if check_digit(digits) == "0" else None


def show_reference(reference: str) -> str:
    """`4829157360` as people read it: `482-915-7360`."""
    return f"{reference[:3]}-{reference[3:6]}-{reference[6:]}"
