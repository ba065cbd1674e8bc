"""Who is cut off where too much is left unread."""

from gateway.listener.places import Place
from gateway.listener.unread import crowding
from tests.support.places import Nobody


def test_nobody_as_long_as_there_is_memory_for_it() -> None:
    assert crowding({Place("a", Nobody()): 50, Place("b", Nobody()): 50}, 100) == []


def test_the_address_with_most_unread_loses_its_largest_until_the_rest_fits() -> None:
    one_of_many, largest_of_many, third = (Place("many", Nobody()) for _ in range(3))
    alone = Place("alone", Nobody())
    unread = {alone: 50, one_of_many: 20, largest_of_many: 40, third: 10}
    assert crowding(unread, 110) == [largest_of_many]
    assert crowding(unread, 60) == [largest_of_many, one_of_many]
    assert crowding(unread, 10) == [largest_of_many, one_of_many, third, alone]
