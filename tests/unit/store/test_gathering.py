"""How calls come together before the writer, on a loop whose time is driven."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from gateway.core.errors import StoreUnavailable
from gateway.store.gathering import Gathering
from gateway.store.group import Call
from gateway.store.transaction import Transaction
from tests.support.virtual_time import run


def _nothing(_: Transaction, commands: Sequence[Any]) -> list[None]:
    return [None for _ in commands]


class Desk:
    """Takes groups in the writer's place, and remembers when each came and how many calls it had."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self.groups: list[tuple[float, int]] = []
        self.gathering = Gathering(self._loop, self._take)

    def _take(self, group: list[Call]) -> None:
        self.groups.append((self._loop.time(), len(group)))

    def ask(self, calls: int, commands: int = 1) -> list[Call]:
        asked = [Call(_nothing, [None] * commands) for _ in range(calls)]
        for call in asked:
            self.gathering.add(call)
        return asked


def test_calls_of_one_round_go_together_and_at_once() -> None:
    async def script() -> list[tuple[float, int]]:
        desk = Desk()
        desk.ask(3)
        await asyncio.sleep(1)
        return desk.groups

    assert run(script()) == [(0.0, 3)]


def test_what_comes_while_a_group_is_under_way_is_the_next() -> None:
    async def script() -> list[tuple[float, int]]:
        desk = Desk()
        desk.ask(1)
        await asyncio.sleep(1)
        desk.ask(2)
        await asyncio.sleep(1)
        desk.ask(2)
        assert len(desk.groups) == 1
        desk.gathering.settled()
        await asyncio.sleep(1)
        return desk.groups

    assert run(script()) == [(0.0, 1), (2.0, 4)]


def test_at_a_busy_time_a_call_waits_a_moment_for_half_as_many_as_last_time() -> None:
    async def script() -> list[tuple[float, int]]:
        desk = Desk()
        desk.ask(8)
        await asyncio.sleep(1)
        desk.gathering.settled()
        desk.ask(3)
        await asyncio.sleep(0.0005)
        desk.ask(1)
        await asyncio.sleep(1)
        desk.gathering.settled()
        desk.ask(1)
        await asyncio.sleep(1)
        return desk.groups

    groups = run(script())
    assert [size for _, size in groups] == [8, 4, 1]
    assert [at for at, _ in groups] == pytest.approx([0.0, 1.0005, 2.0015])


def test_callers_that_wait_for_their_answers_fall_into_two_halves() -> None:
    """Sixteen that ask again as soon as they are answered, each a moment after the one before."""

    async def script() -> list[int]:
        desk = Desk()
        desk.ask(16)
        await asyncio.sleep(1)
        for _ in range(6):
            answered = desk.groups[-1][1]
            desk.gathering.settled()
            for _ in range(answered):
                await asyncio.sleep(0.0001)
                desk.ask(1)
        return [size for _, size in desk.groups]

    assert run(script()) == [16, 8, 8, 8, 8, 8, 8]


def test_a_call_alone_after_a_busy_time_waits_only_once() -> None:
    async def script() -> list[float]:
        desk = Desk()
        desk.ask(8)
        waits = []
        for _ in range(2):
            await asyncio.sleep(1)
            desk.gathering.settled()
            asked_at = asyncio.get_running_loop().time()
            desk.ask(1)
            await asyncio.sleep(0.5)
            waits.append(desk.groups[-1][0] - asked_at)
        return waits

    assert run(script()) == pytest.approx([0.001, 0.0])


def test_a_big_group_is_cut() -> None:
    async def script() -> list[int]:
        desk = Desk()
        desk.ask(3, commands=256)
        await asyncio.sleep(1)
        desk.gathering.settled()
        await asyncio.sleep(1)
        return [size for _, size in desk.groups]

    assert run(script()) == [2, 1]


def test_a_call_that_was_withdrawn_is_not_handed_over() -> None:
    async def script() -> list[int]:
        desk = Desk()
        first, _ = desk.ask(2)
        desk.gathering.withdraw(first)
        desk.gathering.withdraw(first)
        await asyncio.sleep(1)
        return [size for _, size in desk.groups]

    assert run(script()) == [1]


def test_too_many_waiting_calls_are_refused() -> None:
    async def script() -> None:
        desk = Desk()
        desk.ask(10_000)
        with pytest.raises(StoreUnavailable, match="10000 calls"):
            desk.ask(1)

    run(script())


def test_a_flush_hands_over_all_that_waits_though_a_group_is_under_way() -> None:
    async def script() -> list[int]:
        desk = Desk()
        desk.ask(1)
        await asyncio.sleep(1)
        desk.ask(600)
        desk.gathering.flush()
        return [size for _, size in desk.groups]

    assert run(script()) == [1, 512, 88]
