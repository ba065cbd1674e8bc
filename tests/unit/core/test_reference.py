"""References: those that anybody may draw, and those that one gateway alone gives out."""

import os

import pytest

from gateway.core.reference import (
    BLOCKS,
    CANARY_REFERENCE,
    ReservedReferences,
    block_bounds,
    new_reference,
    parse_reference,
)


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


@pytest.mark.costly
def test_what_was_given_is_not_given_again() -> None:
    first, free = 900_000_000, 900_899_990
    reserved = ReservedReferences(0, [f"{digits}0" for digits in range(first, free - 1)])
    reserved.exclude(f"{free - 1}0")
    assert len(reserved) == 10
    drawn = [reserved.draw() or "" for _ in range(10)]
    assert all(each >= str(free) for each in drawn)
    assert reserved.draw() is None


def test_nobody_draws_the_canarys(monkeypatch: pytest.MonkeyPatch) -> None:
    assert parse_reference(CANARY_REFERENCE) == CANARY_REFERENCE
    monkeypatch.setattr(os, "urandom", bytes)  # nothing but zeros
    monkeypatch.setattr("gateway.core.reference._drawn", [])  # nor are any left for other tests
    assert CANARY_REFERENCE not in {new_reference() for _ in range(600)}
