import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.colours import (
    BLACK,
    TEXT_CONTRAST,
    WHITE,
    Colour,
    contrast,
    ink_on,
    parse_colour,
    readable,
    reads_on,
)
from gateway.core.look import DARK, LIGHT, OwnColours, Scheme, colour_rules, palette

PARTS = st.integers(0, 255)
COLOURS = st.builds(Colour, PARTS, PARTS, PARTS)
SCHEMES = st.sampled_from([LIGHT, DARK])
TEXT_ON = {
    "sheet": ("ink", "faint", "accent", "accent-strong", "good", "warn", "bad"),
    "ground": ("ink", "faint", "accent", "accent-strong", "good", "warn"),
    "own": ("ink", "faint", "accent", "accent-strong"),
    "bad-ground": ("ink", "bad"),
    "warn-ground": ("ink", "faint"),
    "good-ground": ("ink",),
    "brand": ("on-brand",),
    "accent": ("on-accent",),
    "accent-strong": ("on-accent-strong",),
}
"""Which text stands on which ground in the style sheets."""


def test_contrast_is_as_the_standard_has_it() -> None:
    assert contrast(BLACK, WHITE) == 21
    assert contrast(WHITE, WHITE) == 1
    assert round(contrast(parse_colour("#777777"), WHITE), 2) == 4.48
    assert round(contrast(parse_colour("#0000ff"), WHITE), 2) == 8.59


@pytest.mark.parametrize("written", ["", "red", "#fff", "#12345", "#1234567", "#12345g", " #123456"])
def test_anything_else_is_no_colour(written: str) -> None:
    with pytest.raises(ValueError, match="a colour is needed"):
        parse_colour(written)


@given(COLOURS)
def test_a_colour_is_read_as_it_is_written(colour: Colour) -> None:
    assert parse_colour(str(colour).upper()) == colour


@given(COLOURS)
def test_there_is_an_ink_for_every_ground(ground: Colour) -> None:
    assert contrast(ink_on(ground), ground) >= TEXT_CONTRAST


@given(COLOURS, SCHEMES)
def test_any_colour_becomes_readable_and_a_readable_one_stays(colour: Colour, scheme: Scheme) -> None:
    made = readable(colour, scheme.grounds)
    assert reads_on(made, scheme.grounds)
    assert readable(made, scheme.grounds) == made


@given(SCHEMES, COLOURS | st.none())
def test_text_can_be_read_everywhere_whatever_the_brand(scheme: Scheme, brand: Colour | None) -> None:
    colours = {name: parse_colour(value) for name, value in palette(scheme, brand, None).items()}
    for ground, texts in TEXT_ON.items():
        for text in texts:
            assert contrast(colours[text], colours[ground]) >= TEXT_CONTRAST, (text, ground)


@pytest.mark.parametrize("scheme", [LIGHT, DARK])
def test_the_edges_of_fields_can_be_seen(scheme: Scheme) -> None:
    colours = palette(scheme, None, None)
    assert contrast(parse_colour(colours["line"]), parse_colour(colours["sheet"])) >= 3


def test_both_schemes_have_the_same_names() -> None:
    assert palette(LIGHT, None, None).keys() == palette(DARK, None, None).keys()
    rules = colour_rules(OwnColours(brand=parse_colour("#7a0019")))
    assert rules.count("--brand:#7a0019;--on-brand:#ffffff;") == 2
