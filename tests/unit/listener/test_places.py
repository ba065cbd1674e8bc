"""Who gives way when all places are taken."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.listener.places import Place, Places
from tests.support.places import Nobody


def taken(places: Places, *addresses: str) -> list[Place]:
    """Half-open places, one for each address."""
    made = [Place(address, Nobody()) for address in addresses]
    for place in made:
        places.take(place)
    return made


def kept(places: Places, *addresses: str) -> list[Place]:
    """Places of connections that have had an answer."""
    made = taken(places, *addresses)
    for place in made:
        places.owe(place)
        places.answered(place)
    return made


@pytest.fixture
def places() -> Places:
    return Places(8, 4)


def test_the_address_with_most_half_open_connections_loses_its_oldest(places: Places) -> None:
    _, first_of_b, *_ = taken(places, "a", "b", "b", "c")
    assert places.first_to_go() is first_of_b


def test_of_addresses_with_as_many_the_oldest_loses(places: Places) -> None:
    first, *_ = taken(places, "a", "b", "c")
    assert places.first_to_go() is first


def test_half_open_connections_go_before_many_kept_ones(places: Places) -> None:
    kept(places, "office", "office", "office")
    (half_open,) = taken(places, "b")
    assert places.first_to_go() is half_open


def test_of_kept_connections_the_one_idle_longest_goes(places: Places) -> None:
    first, second = kept(places, "a", "a")
    places.owe(first)
    places.answered(first)
    assert places.first_to_go() is second


def test_nobody_goes_while_an_answer_is_owed(places: Places) -> None:
    first, second = kept(places, "a", "a")
    places.owe(first)
    assert places.first_to_go() is second
    places.owe(second)
    assert places.first_to_go() is None
    assert places.first_to_go_of("a") is None


def test_who_is_slow_goes_last_and_is_no_longer_slow_after_the_answer(places: Places) -> None:
    slow, other = kept(places, "a", "b")
    places.owe(slow)
    places.slow(slow)
    assert places.first_to_go() is other
    places.owe(other)
    assert places.first_to_go() is slow
    places.answered(slow)
    places.answered(other)
    assert places.first_to_go() is slow
    assert list(places) == [slow, other]


def test_an_address_gives_way_to_its_own(places: Places) -> None:
    taken(places, "a", "a", "a")
    (b,) = kept(places, "b")
    assert places.first_to_go_of("b") is b
    assert places.first_to_go_of("c") is None


def test_places_are_counted_in_all_and_by_address(places: Places) -> None:
    mine = taken(places, "a", "a", "a", "a")
    assert places.full_for("a")
    assert not places.full_for("b")
    assert not places.full()
    taken(places, "b", "b", "c", "c")
    assert places.full()
    assert places.leave(mine[0])
    assert not places.leave(mine[0])
    assert not places.full()
    assert not places.full_for("a")
    assert len(places) == 7


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(["take", "leave", "owe", "answered", "slow"]))))
def test_whatever_happens_the_sums_are_right_and_who_may_go_is_found(steps: list[tuple[str, str]]) -> None:
    places = Places(4, 2)
    owed: set[Place] = set()
    there: dict[str, list[Place]] = {"a": [], "b": [], "c": []}
    for address, step in steps:
        if step == "take":
            there[address] += taken(places, address)
        elif there[address]:
            place = there[address][0]
            getattr(places, step)(place)
            owed = owed | {place} if step == "owe" else owed - {place}
            if step == "leave":
                del there[address][0]
        everyone = [place for each in there.values() for place in each]
        assert len(places) == len(everyone)
        assert all(places.full_for(name) == (len(each) >= 2) for name, each in there.items())
        first = places.first_to_go()
        assert (first in everyone and first not in owed) if set(everyone) - owed else first is None
        for name, each in there.items():
            first, may = places.first_to_go_of(name), set(each) - owed
            assert (first in may) if may else first is None
