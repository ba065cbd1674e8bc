"""What a person sends on its way again from quarantine gets a real try."""

import asyncio

from tests.support.fake_desk import Mood
from tests.support.simulation import simulation
from tests.support.virtual_time import run


def test_a_ticket_that_every_desk_refused_is_handed_off_after_the_cause_is_mended() -> None:
    async def scenario() -> None:
        moods = {"acme": Mood.DECLINES, "norte": Mood.DECLINES}
        async with simulation(moods=moods) as sim:
            receipt = await sim.request()
            await asyncio.sleep(5)
            (item,) = await sim.store.quarantined()
            for desk in sim.desks.values():
                desk.become(Mood.WORKS)
            assert await sim.store.release(item.id, sim.clock.now(), "administrator")
            await asyncio.sleep(5)
            assert sim.holders(receipt.ticket_id) == ["acme"]
            assert await sim.store.quarantined() == []
            assert await sim.astray() == []

    run(scenario())
