"""Colours, and whether text can be read on them: WCAG 2.2's relative luminance and contrast ratio."""

import re
from collections.abc import Iterable
from typing import NamedTuple

TEXT_CONTRAST = 4.5
"""What text needs against its ground (WCAG 2.2, success criterion 1.4.3, level AA)."""
_WRITTEN = re.compile(r"#([0-9a-fA-F]{2})([0-9a-fA-F]{2})([0-9a-fA-F]{2})")
_STEPS = 64


class Colour(NamedTuple):
    """An sRGB colour, each part from 0 to 255."""

    red: int
    green: int
    blue: int

    def __str__(self) -> str:
        return f"#{self.red:02x}{self.green:02x}{self.blue:02x}"

    @property
    def luminance(self) -> float:
        """From 0, black, to 1, white."""
        red, green, blue = map(_linear, self)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue


BLACK = Colour(0, 0, 0)
WHITE = Colour(255, 255, 255)


def _linear(part: int) -> float:
    share = part / 255
    return share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4


def parse_colour(written: str) -> Colour:
    """`#0b5cad`. Raises ValueError."""
    match = _WRITTEN.fullmatch(written)
    if match is None:
        raise ValueError('a colour is needed, such as "#0b5cad"')
    return Colour(*(int(part, 16) for part in match.groups()))


def contrast(one: Colour, other: Colour) -> float:
    """From 1, the same, to 21, black and white."""
    darker, lighter = sorted((one.luminance, other.luminance))
    return (lighter + 0.05) / (darker + 0.05)


def ink_on(ground: Colour) -> Colour:
    """The colour of text on `ground`: white where that can be read, else black, which then always can."""
    return WHITE if contrast(WHITE, ground) >= TEXT_CONTRAST else BLACK


def reads_on(colour: Colour, grounds: Iterable[Colour]) -> bool:
    """Can text of this colour be read on each of the grounds?"""
    return all(contrast(colour, ground) >= TEXT_CONTRAST for ground in grounds)


def readable(colour: Colour, grounds: tuple[Colour, ...]) -> Colour:
    """`colour`, or what comes nearest to it on the way to black (on light grounds) or white and can be read."""
    end = ink_on(max(grounds, key=lambda ground: min(ground.luminance, 1 - ground.luminance)))
    for step in range(_STEPS + 1):
        mixed = mix(colour, end, step / _STEPS)
        if reads_on(mixed, grounds):
            return mixed
    return end


def mix(one: Colour, other: Colour, share: float) -> Colour:
    """`one` with `share` of `other` in it."""
    return Colour(*(round(a + (b - a) * share) for a, b in zip(one, other, strict=True)))
