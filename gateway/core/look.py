"""The look of the public pages: the colours of both schemes, with the organisation's own among them."""

from collections.abc import Mapping
from dataclasses import dataclass

from gateway.core.colours import BLACK, WHITE, Colour, ink_on, mix, parse_colour, readable

_STRONGER = 0.25


@dataclass(frozen=True, slots=True)
class Scheme:
    """The colours that no organisation chooses, by their names in the style sheets."""

    colours: Mapping[str, str]
    brand: str
    accent: str
    """What the organisation's own colours are unless it has any."""
    stronger: Colour
    """What an accent is mixed with where it is pointed at."""

    @property
    def grounds(self) -> tuple[Colour, ...]:
        """What text in the accent's colour stands on."""
        return tuple(parse_colour(self.colours[name]) for name in ("sheet", "ground", "own"))


LIGHT = Scheme(
    {
        "ground": "#f4f6f8",
        "sheet": "#ffffff",
        "ink": "#1b222c",
        "faint": "#535e6d",
        "line": "#7d8795",
        "hairline": "#dce1e7",
        "own": "#e9f1f9",
        "good": "#1b6e3c",
        "warn": "#8a5000",
        "bad": "#b3261e",
        "bad-ground": "#fdf1f0",
        "warn-ground": "#fdf5e6",
        "good-ground": "#eef8f1",
    },
    brand="#10365c",
    accent="#0b5cad",
    stronger=BLACK,
)
DARK = Scheme(
    {
        "ground": "#11151a",
        "sheet": "#1a2028",
        "ink": "#e8ecf1",
        "faint": "#a9b3c0",
        "line": "#7b8898",
        "hairline": "#323b47",
        "own": "#1f2d3e",
        "good": "#6fcf97",
        "warn": "#f0b35a",
        "bad": "#ff9a92",
        "bad-ground": "#341d1d",
        "warn-ground": "#33270f",
        "good-ground": "#16291e",
    },
    brand="#16304b",
    accent="#7db8f5",
    stronger=WHITE,
)


@dataclass(frozen=True, slots=True)
class OwnColours:
    """An organisation's colours, where it has any."""

    brand: Colour | None = None
    accent: Colour | None = None
    brand_dark: Colour | None = None
    accent_dark: Colour | None = None


NO_COLOURS = OwnColours()


def palette(scheme: Scheme, brand: Colour | None, accent: Colour | None) -> dict[str, str]:
    """Every colour of the scheme by name; text on each can be read, whatever the organisation's colours are.

    Without an accent of its own the brand's colour serves, made darker or lighter until it can be read.
    """
    band = brand or parse_colour(scheme.brand)
    marked = accent or readable(brand or parse_colour(scheme.accent), scheme.grounds)
    strong = mix(marked, scheme.stronger, _STRONGER)
    own = {
        "brand": band,
        "on-brand": ink_on(band),
        "accent": marked,
        "accent-strong": strong,
        "on-accent": ink_on(marked),
        "on-accent-strong": ink_on(strong),
    }
    return {**scheme.colours, **{name: str(colour) for name, colour in own.items()}}


def colour_rules(own: OwnColours) -> str:
    """The style sheets' variables for both schemes, as CSS."""
    light = _variables(palette(LIGHT, own.brand, own.accent))
    dark = _variables(palette(DARK, own.brand_dark or own.brand, own.accent_dark))
    return (
        f":root{{color-scheme:light dark;{light}}}@media (prefers-color-scheme:dark){{:root{{{dark}}}}}"
    )  # fmt: skip


def _variables(colours: Mapping[str, str]) -> str:
    return "".join(f"--{name}:{value};" for name, value in colours.items())
