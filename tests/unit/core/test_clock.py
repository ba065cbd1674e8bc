"""Time never jumps, and a clock that follows another comes nearer to it without anybody noticing."""

import itertools

import pytest

from gateway.core.clock import SystemClock


class Machine:
    """A machine whose time the test makes pass."""

    def __init__(self) -> None:
        self.monotonic = 50.0
        self.wall = 1_000_000.0

    def clock(self) -> SystemClock:
        return SystemClock(lambda: self.monotonic, lambda: self.wall)

    def passes(self, seconds: float) -> None:
        self.monotonic += seconds
        self.wall += seconds


def test_a_wall_clock_that_is_put_right_moves_nothing() -> None:
    machine = Machine()
    clock = machine.clock()
    machine.wall += 3_600
    machine.passes(5)
    assert clock.now() == 1_000_005
    assert clock.drift() == 3_600


def test_the_first_time_it_is_set_by_the_clock_that_it_follows() -> None:
    clock = Machine().clock()
    clock.follow(900_000.0)
    assert clock.now() == 900_000.0
    assert clock.drift() == 100_000.0


@pytest.mark.parametrize("behind", [30.0, -30.0])
def test_afterwards_it_comes_nearer_by_a_hundredth_of_the_time_that_passes(behind: float) -> None:
    machine = Machine()
    clock = machine.clock()
    clock.follow(1_000_000.0)
    machine.passes(100)
    clock.follow(machine.wall + behind)
    assert clock.now() == pytest.approx(machine.wall + behind / 30)
    for _ in range(40):
        machine.passes(100)
        clock.follow(machine.wall + behind)
    assert clock.now() == pytest.approx(machine.wall + behind)


def test_it_never_goes_back() -> None:
    machine = Machine()
    clock = machine.clock()
    clock.follow(1_000_000.0)
    seen = []
    for _ in range(50):
        machine.passes(1)
        seen.append(clock.now())
        clock.follow(machine.wall - 60)
        seen.append(clock.now())
        machine.passes(0.001)
        seen.append(clock.now())
    assert all(later >= earlier for earlier, later in itertools.pairwise(seen))
