"""Content-Transfer-Encoding undone, also where it broke."""

import binascii
from base64 import encodebytes

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.email.parsing.flaws import Flaws
from channels.email.parsing.transfer import decode_transfer
from tests.support.examples import examples


def decoded(content: bytes, encoding: str) -> tuple[bytes, tuple[str, ...]]:
    flaws = Flaws()
    return decode_transfer(content, encoding, flaws), flaws.codes()


@pytest.mark.parametrize(
    ("content", "expected", "flaws"),
    [
        (b"YcOx\r\nw7M=\r\n", "añó".encode(), ()),
        (b"YcOxw7M", "añó".encode(), ()),
        (b"YcOx\nw!7M=", "añó".encode(), ("broken_base64",)),
        (b"YQ==\nYg==\n", b"ab", ()),
        (b"YQ==\n_____\nlist@example.org\n", b"a", ("broken_base64",)),
        (b"This is no base64, is it?\n", b"This is no base64, is it?\n", ("broken_base64",)),
        (b"", b"", ()),
        (b"Y", b"", ()),
    ],
    ids=["clean", "no-padding", "rubbish", "pieces", "footer", "words", "empty", "six-bits"],
)
def test_base64(content: bytes, expected: bytes, flaws: tuple[str, ...]) -> None:
    assert decoded(content, "base64") == (expected, flaws)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"a=C3=B1o", "año".encode()),
        (b"soft =\r\nbreak", b"soft break"),
        (b"soft=  \r\nbreak", b"softbreak"),
        (b"space   \r\nat the end \n", b"space\r\nat the end\n"),
        (b"kept=20\n", b"kept \n"),
        (b"100 =ZZ %=", b"100 =ZZ %"),
        (b"=c3=b1", "ñ".encode()),
    ],
    ids=["bytes", "soft", "soft-with-space", "trailing", "kept", "broken", "lower"],
)
def test_quoted_printable(content: bytes, expected: bytes) -> None:
    assert decoded(content, "quoted-printable") == (expected, ())


@pytest.mark.parametrize("encoding", ["7bit", "8bit", "binary", "", "8 bit", "7bits", "6bit"])
def test_what_is_no_encoding_is_left(encoding: str) -> None:
    assert decoded(b"a=20", encoding) == (b"a=20", ())


def test_an_unknown_encoding_is_left_and_told() -> None:
    assert decoded(b"x", "x-gzip64") == (b"x", ("unknown_encoding",))


def test_uuencoded_content() -> None:
    lines = binascii.b2a_uu(b"contents").decode()
    assert decoded(f"begin 644 a\n{lines}`\nend\n".encode(), "x-uuencode") == (b"contents", ())
    assert decoded(b"no begin", "x-uuencode") == (b"no begin", ())


@examples(50)
@given(st.binary(max_size=500))
def test_what_was_encoded_comes_back(content: bytes) -> None:
    assert decoded(encodebytes(content), "base64") == (content, ())
    assert decoded(binascii.b2a_qp(content, istext=False), "quoted-printable") == (content, ())
