from hypothesis import given
from hypothesis import strategies as st

from gateway.core.buckets import Buckets


def test_a_bucket_fills_drains_and_never_overflows() -> None:
    buckets = Buckets(rate=1.0, most=3, keys=10)
    assert [buckets.add("a", 0.0) for _ in range(5)] == [1, 2, 3, 4, 4]
    assert buckets.add("a", 1.0) == 3
    assert buckets.add("b", 1.0) == 1
    assert buckets.add("a", 1000.0) == 1


def test_the_longest_unused_is_forgotten_first() -> None:
    buckets = Buckets(rate=0.001, most=10, keys=2)
    for key in ("a", "b", "a", "c"):
        buckets.add(key, 0.0)
    assert len(buckets) == 2
    assert buckets.add("a", 0.0) == 3
    assert buckets.add("b", 0.0) == 1


@given(st.lists(st.tuples(st.sampled_from("abcde"), st.floats(0, 10)), max_size=60))
def test_levels_stay_between_nothing_and_the_most(steps: list[tuple[str, float]]) -> None:
    buckets, now = Buckets(rate=0.5, most=4, keys=3), 0.0
    for key, pause in steps:
        now += pause
        assert 1 <= buckets.add(key, now) <= 5
        assert len(buckets) <= 3
