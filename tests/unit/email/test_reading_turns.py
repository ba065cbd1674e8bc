"""Of mails that wait to be read the smallest is next, and a turn that nobody takes isn't lost."""

import asyncio

from channels.email.reading.turns import Turns


async def waiting(turns: Turns, size: int, order: list[int]) -> asyncio.Task[None]:
    async def read() -> None:
        async with turns.turn(size):
            order.append(size)
            await asyncio.sleep(0)

    task = asyncio.create_task(read())
    await asyncio.sleep(0)
    return task


async def test_the_smallest_is_next_and_of_equals_the_first() -> None:
    turns, order = Turns(1), list[int]()
    async with turns.turn(1):
        tasks = [await waiting(turns, size, order) for size in (30, 10, 20, 10)]
        assert order == []
    await asyncio.gather(*tasks)
    assert order == [10, 10, 20, 30]


async def test_so_many_at_once() -> None:
    turns, order = Turns(2), list[int]()
    async with turns.turn(1), turns.turn(1):
        task = await waiting(turns, 5, order)
        assert order == []
    await task
    async with turns.turn(1), turns.turn(1):
        pass


async def test_who_gives_up_takes_nobodys_turn() -> None:
    turns, order = Turns(1), list[int]()
    async with turns.turn(1):
        given_up, next_one = [await waiting(turns, size, order) for size in (1, 2)]
        given_up.cancel()
        await asyncio.sleep(0)
    await next_one
    assert order == [2]


async def test_who_is_cancelled_with_the_turn_in_hand_passes_it_on() -> None:
    turns, order = Turns(1), list[int]()
    async with turns.turn(1):
        given_up, next_one = [await waiting(turns, size, order) for size in (1, 2)]
    given_up.cancel()  # in the moment in which it was given the turn, before it runs
    await next_one
    assert order == [2]
    async with asyncio.timeout(1), turns.turn(1):
        pass
