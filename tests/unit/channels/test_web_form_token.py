from hypothesis import given
from hypothesis import strategies as st

from channels.web.form_token import LIFETIME, QUICKEST, FormToken, FormTokens

KEY = b"k" * 32
TOKENS = FormTokens(KEY, "new")
TIMES = st.floats(0, 2**47 / 1000, allow_nan=False)


@given(st.binary(min_size=16, max_size=16), TIMES, st.booleans())
def test_what_is_written_is_read(nonce: bytes, at: float, asked: bool) -> None:
    token = FormToken(nonce, at, asked)
    read = TOKENS.read(TOKENS.write(token))
    assert read is not None
    assert (read.nonce, read.asked) == (nonce, asked)
    assert abs(read.issued_at - at) <= 0.001
    assert TOKENS.secret_of(read) == TOKENS.secret_of(token)


@given(st.integers(0, 51), st.sampled_from("ABCxyz019-_"), TIMES)
def test_a_changed_token_is_none(place: int, letter: str, at: float) -> None:
    written = TOKENS.write(TOKENS.fresh(at))
    changed = written[:place] + letter + written[place + 1 :]
    assert changed == written or TOKENS.read(changed) is None


@given(st.text(max_size=60))
def test_anything_else_is_none(text: str) -> None:
    assert TOKENS.read(text) is None


def test_a_token_is_good_for_its_own_form_only() -> None:
    written = TOKENS.write(TOKENS.fresh(1000.0))
    assert FormTokens(KEY, "reply 1").read(written) is None
    assert FormTokens(b"x" * 32, "new").read(written) is None


def test_a_token_is_neither_too_young_nor_too_old_for_long() -> None:
    token = TOKENS.fresh(1000.0)
    assert token.too_quick(1000.0 + QUICKEST - 0.1)
    assert not token.too_quick(1000.0 + QUICKEST)
    assert not token.expired(1000.0 + LIFETIME)
    assert token.expired(1000.0 + LIFETIME + 1)


def test_a_form_that_comes_back_stays_the_same_form() -> None:
    token = TOKENS.fresh(1000.0)
    again = token.again(90_000.0)
    assert again.form_id == token.form_id
    assert not again.too_quick(90_000.0)
    asked = token.with_question(90_000.0)
    assert asked.form_id == token.form_id
    assert TOKENS.secret_of(asked) != TOKENS.secret_of(token)
