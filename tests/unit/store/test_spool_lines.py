"""The spool's lines: whatever a crash or a bad disk does to the last one, or to some, the others stay."""

from hypothesis import given
from hypothesis import strategies as st

from gateway.store.spool.lines import line_of, lines_in

contents = st.lists(st.binary(max_size=30).filter(lambda content: b"\n" not in content), max_size=8)


@given(contents)
def test_what_was_written_is_read(written: list[bytes]) -> None:
    found = lines_in(b"".join(map(line_of, written)))
    assert [line.content for line in found] == written


@given(contents, st.data())
def test_a_cut_anywhere_costs_what_was_being_written_and_nothing_before_it(
    written: list[bytes], data: st.DataObject
) -> None:
    whole = b"".join(map(line_of, written))
    cut = data.draw(st.integers(0, len(whole)))
    found = lines_in(whole[:cut])
    ends = [line.offset + len(line.text) for line in lines_in(whole)]
    assert [line.content for line in found] == written[: sum(end <= cut for end in ends)]


@given(contents.filter(bool), st.data())
def test_damage_to_one_line_is_seen_and_leaves_the_others(written: list[bytes], data: st.DataObject) -> None:
    lines = [line_of(content) for content in written]
    hit = data.draw(st.integers(0, len(lines) - 1))
    place = data.draw(st.integers(0, len(lines[hit]) - 2))
    damaged = bytearray(lines[hit])
    damaged[place] ^= data.draw(st.integers(1, 255).filter(lambda bits: damaged[place] ^ bits != ord("\n")))
    found = lines_in(b"".join([*lines[:hit], bytes(damaged), *lines[hit + 1 :]]))
    assert [line.content for line in found] == [*written[:hit], None, *written[hit + 1 :]]


@given(contents.filter(lambda written: len(written) > 1), st.data())
def test_two_lines_that_became_one_are_damaged_and_no_other_is(written: list[bytes], data: st.DataObject) -> None:
    lines = [line_of(content) for content in written]
    hit = data.draw(st.integers(0, len(lines) - 2))
    found = lines_in(b"".join([*lines[:hit], lines[hit][:-1] + b" ", *lines[hit + 1 :]]))
    assert [line.content for line in found] == [*written[:hit], None, *written[hit + 2 :]]


def test_every_line_says_where_it_is() -> None:
    whole = b"".join(map(line_of, [b"one", b"", b"three"]))
    assert all(whole[line.offset :].startswith(line.text) for line in lines_in(whole))
