"""References: those that anybody may draw, and those that one gateway alone gives out."""

from gateway.core.reference import BLOCKS, ReservedReferences, block_bounds, new_reference, parse_reference


def test_what_anybody_draws_is_in_no_block() -> None:
    assert not any(new_reference().startswith("9") for _ in range(1_000))


def test_a_blocks_references_are_well_formed_within_its_bounds_and_given_once() -> None:
    first, last = block_bounds(42)
    reserved = ReservedReferences(42, ())
    drawn = [reserved.draw() or "" for _ in range(1_000)]
    assert len(set(drawn)) == 1_000
    assert all(parse_reference(each) == each and first <= each <= last for each in drawn)
    assert all(each.startswith("942") for each in drawn)


def test_blocks_do_not_overlap() -> None:
    bounds = [bound for block in range(BLOCKS) for bound in block_bounds(block)]
    assert bounds == sorted(set(bounds))


def test_what_was_given_is_not_given_again() -> None:
    drawn = [digits + "0" for digits in map(str, range(900_000_000, 900_899_990))]
    reserved = ReservedReferences(0, drawn[:-1])
    reserved.exclude(drawn[-1])
    assert len(reserved) == 10
    given = {each[:-1] for each in drawn}
    assert not any((reserved.draw() or "")[:-1] in given for _ in range(10))
    assert reserved.draw() is None
