"""RFC 2047, and what senders make of it."""

from email.header import Header

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.email.parsing.encoded_words import decode_words
from tests.support.examples import examples


@pytest.mark.parametrize(
    ("text", "decoded"),
    [
        ("=?UTF-8?Q?a=C3?= =?utf-8?Q?=A9b?=", "aéb"),
        ("=?UTF-8?B?w6k?=", "é"),
        ("=?utf-8?B?w6k=?= and =?utf-8?Q?=C3=B3?=", "é and ó"),
        ("=?utf-8?Q?one?=\n =?iso-8859-1?Q?=E9?=", "oneé"),
        ("=?utf-8*es?Q?a=C3=B1o?=", "año"),
        ("=?iso-8859-1?q?Hello World?=", "Hello World"),
        ("=?utf-8?Q?a?=b=?utf-8?Q?c?=", "abc"),
        ("=?unknown?Q?a=E9?=", "aé"),
        ("=?utf-8?Q?=E9?=", "é"),
        ("=?utf-8?B?!!!?=", ""),
        ("=?utf-8?Q?=ZZ=?=", "=ZZ="),
        ("=?utf-8?Q?open", "=?utf-8?Q?open"),
        ("=?utf-8?Q?open =?utf-8?Q?closed?=", "=?utf-8?Q?open closed"),
        ("=?ISO-2022-JP?B?GyRCLSEbKEI=?=", "①"),
        ("=?gb2312?B?1tDOxA==?=", "中文"),
        ("a = b ? c =? d", "a = b ? c =? d"),
        ("=?utf-8?Q?one=0D=0ABcc:_x=00=1B=7F?=", "one Bcc: x"),
    ],
    ids=lambda value: ascii(value)[1:-1],
)
def test_words_are_decoded(text: str, decoded: str) -> None:
    assert decode_words(text) == decoded


@examples(50)
@given(st.text(st.characters(exclude_categories=("C", "Z")), min_size=1, max_size=80))
def test_what_was_encoded_comes_back(text: str) -> None:
    encoded = Header(text, "utf-8", maxlinelen=40).encode()
    assert decode_words(encoded.replace("\n", "")) == text
