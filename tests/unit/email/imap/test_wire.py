"""Bytes cut into responses, and responses into values."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.email.imap.errors import ConnectionFailed
from channels.email.imap.responses import Facts, Selected, fetched, found, internal_date, listed, selected
from channels.email.imap.syntax import values
from channels.email.imap.wire import LARGEST_LITERAL, LONGEST_LINE, Line, Splitter

SAID = (
    b"* OK ready {12}\r\n"
    b'* 3 FETCH (UID 9 FLAGS (\\Seen $Junk) BODY[]<0> {14}\r\nSubject: ){3}\r RFC822.SIZE 14 INTERNALDATE "x")\r\n'
    b"* 4 FETCH (BODY[HEADER.FIELDS (TO)] {0}\r\n UID 10 BODY[] NIL)\r\n"
    b"a1 OK done {3}\r\n+ more {1}\r\n"
)
LINES = [
    (b"* OK ready {12}", ()),
    (
        b'* 3 FETCH (UID 9 FLAGS (\\Seen $Junk) BODY[]<0> {14} RFC822.SIZE 14 INTERNALDATE "x")',
        (b"Subject: ){3}\r",),
    ),
    (b"* 4 FETCH (BODY[HEADER.FIELDS (TO)] {0} UID 10 BODY[] NIL)", (b"",)),
    (b"a1 OK done {3}", ()),
    (b"+ more {1}", ()),
]


@given(st.lists(st.integers(0, len(SAID)), max_size=12))
def test_wherever_the_network_cuts_the_responses_are_the_same(cuts: list[int]) -> None:
    splitter = Splitter()
    lines: list[Line] = []
    bounds = [0, *sorted(cuts), len(SAID)]
    for begin, end in pairwise(bounds):
        lines += splitter.feed(SAID[begin:end])
    assert [(bytes(line), line.literals) for line in lines] == LINES
    assert splitter.idle


@pytest.mark.parametrize(
    "said",
    [b"* 1 FETCH (BODY[] {%d}\r\n" % (LARGEST_LITERAL + 1), b"x" * (LONGEST_LINE + 2)],
    ids=["literal", "line"],
)
def test_what_is_too_large_ends_it(said: bytes) -> None:
    with pytest.raises(ConnectionFailed):
        list(Splitter().feed(said))


def test_thousands_of_literals_in_one_response_need_no_recursion() -> None:
    said = b"* 1 FETCH (" + b" ".join(b"X%d {2}\r\nab" % number for number in range(5000)) + b")\r\n"
    (line,) = Splitter().feed(said)
    assert len(line.literals) == 5000


@pytest.mark.parametrize(
    ("text", "literals", "expected"),
    [
        (b"* 1 FETCH (UID 5)", (), [b"*", b"1", b"FETCH", [b"UID", b"5"]]),
        (b'("a \\"b\\" \\\\" NIL nil "NIL" "")', (), [[b'a "b" \\', None, None, b"NIL", b""]]),
        (b"(A {3} B ~{2})", (b")x(", b"yz"), [[b"A", b")x(", b"B", b"yz"]]),
        (b"BODY[HEADER.FIELDS (SUBJECT TO)]<0> x", (), [b"BODY[HEADER.FIELDS (SUBJECT TO)]<0>", b"x"]),
        (b"* OK [UIDNEXT 5] (())", (), [b"*", b"OK", b"[UIDNEXT 5]", [[]]]),
        (b'("{3}" {1})', (b"a",), [[b"{3}", b"a"]]),
    ],
    ids=["list", "quoted", "literals", "section", "code", "brace in quotes"],
)
def test_values(text: bytes, literals: tuple[bytes, ...], expected: object) -> None:
    assert values(Line.of(text, literals)) == expected


@pytest.mark.parametrize("text", [b"(", b")", b'"open', b"(" * 40 + b")" * 40, b"a[b"])
def test_what_is_no_value_is_refused(text: bytes) -> None:
    with pytest.raises(ConnectionFailed):
        values(Line.of(text))


@given(st.binary(max_size=60))
def test_any_line_is_either_understood_or_refused(text: bytes) -> None:
    try:
        values(Line.of(text))
        list(fetched([Line.of(b"* 1 FETCH " + text)]))
    except ConnectionFailed:
        pass


def test_facts_are_read_in_any_order_and_other_responses_passed_over() -> None:
    lines = list(Splitter().feed(SAID + b'* 5 FETCH (INTERNALDATE " 7-Jul-2026 01:00:00 +0100" uid 11 BODY[] "q")\r\n'))
    assert list(fetched(lines)) == [
        Facts(9, frozenset({"\\seen", "$junk"}), 14, None, b"Subject: ){3}\r"),
        Facts(10),
        Facts(11, received_at=1_783_382_400.0, part=b"q"),
    ]


def test_a_fetch_response_whose_names_and_values_do_not_pair_is_refused() -> None:
    with pytest.raises(ConnectionFailed):
        list(fetched([Line.of(b"* 1 FETCH (UID 4 BODY[] {2} nger)", (b"lo",))]))


def test_searches_are_read_in_order_wherever_they_are_spread() -> None:
    lines = [Line.of(text) for text in (b"* SEARCH 7 3", b"* 5 EXISTS", b"* search 9 x", b"* SEARCH")]
    assert found(lines) == [3, 7, 9]


def test_what_select_says() -> None:
    lines = [b"* 3 EXISTS", b"* OK [UIDVALIDITY 17] valid", b"* OK [UIDNEXT 9] next", b"[READ-WRITE] done"]
    assert selected(lines) == Selected(17, 9, 3)
    assert selected(lines[:2]) == Selected(17, 0, 3)
    assert selected(lines[:1]) is None


def test_folders_are_listed_by_the_names_that_people_see() -> None:
    lines = [Line.of(b'* LIST (\\Noselect) "/" "Petici&APM-n"'), Line.of(b"* LIST () NIL INBOX")]
    assert listed(lines) == ["Petición", "INBOX"]


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("17-Jul-1996 02:44:25 -0700", 837_596_665.0),
        (" 1-Jan-1970 00:00:00 +0000", 0.0),
        ("1-jan-1970 02:00:00 +0200", 0.0),
        ("32-Jan-1970 00:00:00 +0000", None),
        ("01-Ene-1970 00:00:00 +0000", None),
        ("01-Jan-0000 00:00:00 +0000", None),
        ("", None),
    ],
)
def test_internal_dates(text: str, instant: float | None) -> None:
    assert internal_date(text) == instant
