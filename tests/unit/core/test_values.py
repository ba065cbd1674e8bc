"""Values: dataclasses that are cheap to make and to copy."""

import dataclasses

import pytest

from gateway.core.values import dataclass, replace


@dataclass(frozen=True, slots=True)
class _Point:
    x: int
    y: int = 0
    name: str | None = None


def test_a_copy_differs_in_what_was_given_and_leaves_the_first_as_it_was() -> None:
    point = _Point(1, 2, "a")
    assert replace(point, y=3) == dataclasses.replace(point, y=3) == _Point(1, 3, "a")
    assert replace(point) == point == _Point(1, 2, "a")
    assert replace(point) is not point
    assert hash(replace(point, y=2)) == hash(point)


def test_a_field_that_there_is_not_is_refused() -> None:
    with pytest.raises(AttributeError, match="z"):
        replace(_Point(1), z=1)  # type: ignore[call-arg]
