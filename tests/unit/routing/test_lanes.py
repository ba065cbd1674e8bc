"""A provider's lane: its window, its rate, and who is next."""

import asyncio
from functools import partial

from gateway.core.ticket import Priority
from routing.delivery.lanes import Lane, Turn
from tests.support.virtual_time import run


def test_no_more_in_flight_than_the_window() -> None:
    async def scenario() -> None:
        lane = Lane(window=2, rate=1000)
        lane.take()
        lane.take()
        assert not lane.room()
        turn = lane.turn()
        assert not turn.done()
        lane.give()
        assert turn.done()
        assert not lane.room(), "the place was taken on behalf of the one who waited"

    run(scenario())


def test_a_rate_is_kept_over_any_ten_seconds() -> None:
    async def scenario() -> None:
        loop = asyncio.get_running_loop()
        lane = Lane(window=1000, rate=50)
        starts = []
        for _ in range(600):
            await lane.turn()
            starts.append(loop.time())
            lane.give()
        for index in range(len(starts) - 500):
            assert starts[index + 500] - starts[index] >= 10.0 - 0.1 - 1e-6
        assert starts[-1] - starts[0] <= 600 / 50 + 0.1

    run(scenario())


def test_new_and_rescued_tickets_take_turns() -> None:
    async def scenario() -> None:
        lane = Lane(window=1, rate=1000)
        lane.take()
        served: list[str] = []
        for number in range(3):
            lane.turn(rescue=True).add_done_callback(partial(_note, served, f"rescued {number}"))
            lane.turn().add_done_callback(partial(_note, served, f"new {number}"))
        for _ in range(6):
            lane.give()
            await asyncio.sleep(0.01)
        assert served == ["new 0", "rescued 0", "new 1", "rescued 1", "new 2", "rescued 2"]

    run(scenario())


def test_urgent_ones_are_served_first_and_else_as_they_came() -> None:
    async def scenario() -> None:
        lane = Lane(window=1, rate=1000)
        lane.take()
        served: list[str] = []
        for number, priority in enumerate((Priority.LOW, Priority.NORMAL, Priority.URGENT, Priority.NORMAL)):
            lane.turn(priority).add_done_callback(partial(_note, served, f"{priority.label} {number}"))
        for _ in range(4):
            lane.give()
            await asyncio.sleep(0.01)
        assert served == ["urgent 2", "normal 1", "normal 3", "low 0"]

    run(scenario())


def _note(served: list[str], name: str, _: Turn) -> None:
    served.append(name)


def test_who_steps_out_of_the_line_is_passed_over() -> None:
    async def scenario() -> None:
        lane = Lane(window=1, rate=1000)
        lane.take()
        first, second = lane.turn(), lane.turn()
        assert first.cancel()
        lane.give()
        assert second.done()
        assert not second.cancel(), "whoever got its turn must use it or give it back"
        lane.give()
        await asyncio.sleep(0.01)
        assert lane.room()

    run(scenario())
