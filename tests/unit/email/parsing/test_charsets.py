"""Texts in the charset they say, in another, in none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.email.parsing.charsets import codec_of, decode
from tests.support.examples import examples


@pytest.mark.parametrize(
    ("declared", "text", "encoding"),
    [
        ("ISO-8859-1", "“ñ” €", "cp1252"),
        ("us-ascii", "ñ", "cp1252"),
        ("iso-8859-15", "€", "iso8859_15"),
        ("windows-1251", "Привет", "cp1251"),
        ("KOI8-R", "Привет", "koi8_r"),
        ("gb2312", "镕基", "gb18030"),
        ("big5", "中文", "big5"),
        ("big5", "㗎", "big5hkscs"),
        ("ks_c_5601-1987", "똠방각하", "cp949"),
        ("shift_jis", "髙①", "cp932"),
        ("euc-jp", "世界", "euc_jp"),
        ("iso-2022-jp", "世界", "iso2022_jp"),
        ("iso-2022-kr", "세계", "iso2022_kr"),
        ("utf-7", "añó", "utf_7"),
        ("utf-16le", "añó", "utf_16_le"),
        ("utf-16", "añó", "utf_16"),
        ("x-mac-roman", "añó", "mac_roman"),
        ("x-mac-cyrillic", "Привет", "mac_cyrillic"),
        ("tis-620", "สวัสดี", "cp874"),
        ("iso-8859-8-i", "שלום", "iso8859_8"),
        ("hz-gb-2312", "中文", "hz"),
        ("cp850", "añó", "cp850"),
    ],
    ids=lambda value: ascii(value)[1:-1],
)
def test_charsets_mean_what_senders_mean(declared: str, text: str, encoding: str) -> None:
    assert decode(text.encode(encoding), declared) == (text, True)


def test_utf8_comes_before_a_charset_in_which_anything_is_good() -> None:
    assert decode("añó".encode(), "iso-8859-1") == ("añó", True)
    assert decode("añó".encode(), "") == ("añó", True)


def test_what_isnt_as_declared_is_read_and_told() -> None:
    assert decode("añó".encode("cp1252"), "utf-8") == ("añó", False)
    assert decode("añó".encode("cp1252"), "no-such-charset") == ("añó", False)
    assert decode(b"plain words", "utf-16") == ("plain words", False)
    assert decode("añó".encode("utf-16"), "") == ("añó", False)


def test_utf8_with_a_broken_byte_stays_utf8() -> None:
    assert decode("año nuevo".encode() + b"\xff!", "utf-8") == ("año nuevo\ufffd!", False)


def test_characters_of_japanese_vendors() -> None:
    assert decode(b"\x1b$B-!\x1b(B", "iso-2022-jp") == ("①", True)


def test_half_a_character_in_utf7_is_none() -> None:
    assert decode(b"+2AA-", "utf-7")[0] == "\ufffd"


def test_the_mark_of_byte_order_is_no_text() -> None:
    assert decode(b"\xef\xbb\xbfx", "")[0] == "x"


@pytest.mark.parametrize(
    "name", ["unicode_escape", "punycode", "idna", "hex", "base64", "rot13", "undefined", "x" * 200]
)
def test_only_codecs_of_text_are_known(name: str) -> None:
    assert codec_of(name) is None


@examples(50)
@given(
    st.binary(max_size=60), st.sampled_from(["utf-7", "gb2312", "iso-2022-jp", "euc-kr", "utf-16", "koi8-r", "x", ""])
)
def test_any_bytes_are_some_text(data: bytes, declared: str) -> None:
    decode(data, declared)[0].encode()


@examples(50)
@given(st.text(st.characters(codec="utf-8", exclude_characters="\ufeff"), min_size=1))
def test_utf8_comes_back(text: str) -> None:
    assert decode(text.encode(), "utf-8") == (text, True)
