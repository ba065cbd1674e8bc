"""How often a hand-over asks the store to write: at a busy time that is most of what it costs."""

import asyncio

from tests.support.simulation import simulation
from tests.support.virtual_time import run


def test_a_hand_over_takes_four_writes() -> None:
    """It is accepted, claimed, begun and recorded; the record ends what was owed."""

    async def scenario() -> None:
        async with simulation() as sim:
            await asyncio.sleep(5.0)
            before = sim.runner.writes
            receipt = await sim.request()
            await asyncio.sleep(0.2)
            assert sim.holders(receipt.ticket_id) == ["acme"]
            assert sim.runner.writes - before == 4

    run(scenario())


def test_what_comes_shortly_after_a_claim_is_claimed_together() -> None:
    async def scenario() -> None:
        async with simulation() as sim:
            await asyncio.sleep(5.0)
            before = sim.runner.writes
            for _ in range(9):
                await sim.request()
                await asyncio.sleep(0.001)
            await asyncio.sleep(0.2)
            assert await sim.out_of_place() == []
            assert sim.runner.writes - before == 9 * 3 + 2

    run(scenario())
