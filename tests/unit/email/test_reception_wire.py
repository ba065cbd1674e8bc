"""T25: what ends a content, and what is made of everything else; for each way in which the bytes may come."""

from itertools import pairwise

import pytest

from channels.email.reception.wire import LONGEST_LINE, DataDecoder, Flaw


def decoded(wire: bytes, *cuts: int) -> tuple[bytes, bytes, Flaw | None]:
    """Content, rest and flaw of what comes in pieces cut there; what comes after the end is rest."""
    decoder = DataDecoder()
    content, edges = b"", [0, *cuts, len(wire)]
    for begin, end in pairwise(edges):
        if decoder.ended:
            return content, decoder.rest + wire[begin:], decoder.flaw
        content += decoder.feed(wire[begin:end])
    assert decoder.ended, "no end was found"
    return content, decoder.rest, decoder.flaw


@pytest.mark.parametrize(
    ("wire", "content", "rest"),
    [
        (b".\r\n", b"", b""),
        (b"\r\n.\r\n", b"\r\n", b""),
        (b"a\r\n.\r\nNOOP\r\n.\r\n", b"a\r\n", b"NOOP\r\n.\r\n"),
        (b"..\r\n...\r\n.x\r\n.\r\n", b".\r\n..\r\nx\r\n", b""),
        (b"a\r\n.\r.\r\n.\r\n", b"a\r\n .\r\n", b""),
        (b"a\r\r\n.\r\n", b"a \r\n", b""),
        (b"\r.\r\n.\r\n", b" .\r\n", b""),
        (b"a\r\n.\r\r\n.\r\n", b"a\r\n \r\n", b""),
        (b".\r\n.\r\n", b"", b".\r\n"),
    ],
    ids=repr,
)
def test_t25_however_it_is_cut(wire: bytes, content: bytes, rest: bytes) -> None:
    cuts = [(first, second) for first in range(len(wire) + 1) for second in range(first, len(wire) + 1)]
    assert {decoded(wire, *each) for each in cuts} == {(content, rest, None)}
    assert decoded(wire, *range(1, len(wire))) == (content, rest, None)


@pytest.mark.parametrize("bare", [b"\n.\n", b"\n.\r\n", b"\r\n.\n", b"\r.\n", b"\n"], ids=repr)
def test_t25_a_bare_line_feed_ends_nothing_and_is_noticed_however_it_is_cut(bare: bytes) -> None:
    wire = b"a" + bare + b"b\r\n.\r\n"
    for cut in range(len(wire) + 1):
        content, rest, flaw = decoded(wire, cut)
        assert content.endswith(b"b\r\n")
        assert (rest, flaw) == (b"", Flaw.BARE_LF)


@pytest.mark.parametrize(("length", "flaw"), [(LONGEST_LINE, None), (LONGEST_LINE + 1, Flaw.LONG_LINE)])
def test_t15_a_line_may_be_long_but_not_endless(length: int, flaw: Flaw | None) -> None:
    wire = b"a\r\n" + b"x" * length + b"\r\nb\r\n.\r\n"
    assert decoded(wire, *range(100_000, length, 100_000))[2] == flaw
