import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.web.content import parse_form, parse_object
from gateway.core.problems import Problem
from gateway.core.texts import Language

ENGLISH = Language("en", {})
NAMES = st.text(st.characters(codec="utf-8"), max_size=8)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | NAMES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=10,
)


def told(content: bytes) -> str:
    with pytest.raises(Problem) as caught:
        parse_object(content, ENGLISH)
    return caught.value.detail or ""


@given(st.dictionaries(NAMES, VALUES, max_size=5), st.booleans())
def test_what_has_no_repeated_name_is_parsed_as_it_is(document: dict[str, Any], ascii_only: bool) -> None:
    text = json.dumps(document, ensure_ascii=ascii_only)
    assert parse_object(text.encode(), ENGLISH) == document


@given(NAMES, VALUES, VALUES)
def test_a_repeated_name_is_always_found(name: str, first: Any, second: Any) -> None:
    one, other = ({name: value} for value in (first, second))
    content = (json.dumps(one)[:-1] + "," + json.dumps(other)[1:]).encode()
    with pytest.raises(Problem):
        parse_object(content, ENGLISH)


def test_a_repeated_name_is_named_also_inside_of_an_object() -> None:
    assert "“email” more than once" in told(b'{"requester": {"email": "a:b\\":", "email": "c"}}')


def test_a_repeated_name_written_in_two_ways_is_found() -> None:
    assert "“body”" in told(rb'{"body": "x", "\u0062ody": "y"}')


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "line 1, column 1"),
        (b'{"a":\n  tru}', "line 2, column 3"),
        (b'{"a": NaN}', "line 1"),
        (b'{"a": "\xff"}', "UTF-8, from byte 8"),
        (b'{"a": "\\ud800"}', "not valid JSON"),
        (b"[" * 100_000, "not valid JSON"),
        (b'"text"', "JSON object"),
        (b"{" + b",".join(b'"%d":1' % number for number in range(30_000)) + b"}", "more members"),
        (b'{"a":' + b"[" * 1000 + b"]" * 1000 + b',"a":1}', "more than once"),
    ],
)
def test_mistakes_are_told_with_their_place(content: bytes, words: str) -> None:
    assert words in told(content)


@pytest.mark.parametrize("content", [b"a=%ff", b"\xff=1", b"&".join(b"a=1" for _ in range(100))])
def test_what_is_no_form_is_refused(content: bytes) -> None:
    with pytest.raises(Problem):
        parse_form(content, ENGLISH)


def test_a_form_is_decoded() -> None:
    assert parse_form(b"a=+b%C3%B1+&c=", ENGLISH) == {"a": "bñ", "c": ""}
