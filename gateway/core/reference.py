"""The ticket's reference: ten digits that can be spoken, and keyed on a phone.

Nine random digits and a check digit by H. Michael Damm's quasigroup of order ten ("Total anti-symmetrische
Quasigruppen", Marburg 2004), which finds every single wrong digit and every swap of neighbours. It identifies a
ticket and never authenticates anybody.
"""

import os

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
_LENGTH = 10
_ZERO = ord("0")


def check_digit(digits: str) -> str:
    """The Damm digit that makes `digits` followed by it valid."""
    row = 0
    for digit in digits.encode():
        row = _QUASIGROUP[row][digit - _ZERO]
    return str(row)


def new_reference() -> str:
    """A fresh reference, ten digits; whether it is taken is for the store to say."""
    # 64 random bits for thirty: what the division prefers is one reference in 2^34 too often.
    digits = f"{int.from_bytes(os.urandom(8)) % 10 ** (_LENGTH - 1):0{_LENGTH - 1}d}"
    return digits + check_digit(digits)


def parse_reference(text: str) -> str | None:
    """The plain ten digits of what a person wrote, `482-915-7360` or `482 915 7360`; None when it can't be one."""
    digits = "".join(text.split()).replace("-", "")
    if len(digits) != _LENGTH or not (digits.isascii() and digits.isdigit()):
        return None
    return digits if check_digit(digits) == "0" else None


def show_reference(reference: str) -> str:
    """`4829157360` as people read it: `482-915-7360`."""
    return f"{reference[:3]}-{reference[3:6]}-{reference[6:]}"
