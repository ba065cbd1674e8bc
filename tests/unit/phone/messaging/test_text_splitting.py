"""Long texts in short messages: nothing is lost, nothing is too long, and no character falls apart."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.phone.messaging.splitting import LONGEST, MOST_PARTS, cut, length, numbered_parts

_words = st.text(st.sampled_from("aé \n.👍👨‍👩‍👧\u0301"), min_size=1, max_size=60)
_long = st.builds(lambda piece, times: piece * times, _words, st.integers(1, 400))


def _bare(parts: list[str]) -> str:
    return "".join(part.partition(") ")[2] if len(parts) > 1 else part for part in parts)


@given(_long)
def test_the_parts_have_every_character_and_each_fits(text: str) -> None:
    parts = numbered_parts(text)
    if parts is None:
        assert length(text) > (MOST_PARTS - 1) * LONGEST / 2
        return
    assert all(length(part) <= LONGEST for part in parts)
    assert "".join(_bare(parts).split()) == "".join(text.split())


@given(_long, st.integers(10, 2000))
def test_what_is_cut_fits_and_is_the_beginning(text: str, room: int) -> None:
    shown = cut(text, room)
    assert length(shown) <= room
    assert text.strip().startswith(shown.removesuffix("…"))
    assert shown == text.strip() or shown.endswith("…")


def test_a_text_that_fits_is_left_alone() -> None:
    assert numbered_parts("x" * LONGEST) == ["x" * LONGEST]
    assert cut("Hola.", 5) == "Hola."


def test_parts_say_which_they_are_and_end_between_sentences() -> None:
    sentence = "Reinicie el equipo y pruebe otra vez con la contraseña nueva. "
    parts = numbered_parts(sentence * 50)
    assert parts is not None
    assert [part[:6] for part in parts] == ["(1/2) ", "(2/2) "]
    assert all(part.endswith("nueva.") for part in parts)


def test_too_long_a_text_has_no_parts() -> None:
    assert numbered_parts("x" * (MOST_PARTS * LONGEST)) is None


@pytest.mark.parametrize("together", ["e\u0301", "👨‍👩‍👧", "👍\ufe0f"], ids=["accent", "family", "variation"])
def test_what_belongs_together_stays_together(together: str) -> None:
    for room in range(40, 60):
        assert cut("x" + together * 200, room).removeprefix("x").removesuffix("…").replace(together, "") == ""


def test_emoji_count_twice() -> None:
    assert length("👍") == 2
    assert numbered_parts("👍" * (LONGEST // 2)) == ["👍" * (LONGEST // 2)]
