"""The seal under everything that a client brings back to us."""

import base64

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gateway.core.seal import Seal

KEY = b"k" * 32
SEAL = Seal(KEY, b"this")


@given(st.binary(max_size=200))
@example(b"")
def test_what_was_sealed_is_read_again_and_by_nobody_else(plain: bytes) -> None:
    text = SEAL.write(plain)
    assert SEAL.read(text) == plain
    assert Seal(KEY, b"that").read(text) is None
    assert Seal(KEY[:-1] + b"l", b"this").read(text) is None


@given(st.text(max_size=60))
@example("=" * 40)
def test_t31_no_text_is_sealed_by_chance(text: str) -> None:
    assert SEAL.read(text) is None


def test_t31_there_is_one_way_to_write_it() -> None:
    """Base64 has spare bits at its end, and readers that pass over what they don't know."""
    text = SEAL.write(b"plain")
    last = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    others = [text[:-1] + letter for letter in last if letter != text[-1]]
    for spoilt in (*others, text + "=", text + "\n", " " + text, text[:4] + "!" + text[4:], text + "A"):
        assert SEAL.read(spoilt) is None


def test_t33_a_mac_fits_nothing_else() -> None:
    mac = base64.urlsafe_b64decode(SEAL.write(b"mine") + "=" * 4)[4:]
    assert SEAL.read(base64.urlsafe_b64encode(b"hers" + mac).rstrip(b"=").decode()) is None


def test_a_short_key_is_refused() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        Seal(b"short")
