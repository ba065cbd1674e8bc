"""When it is looked for calls that were missed: now and then, and soon where something is known to be missing."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from itertools import pairwise

from channels.channel import Backstage, ChannelContext
from channels.phone.catching_up import CatchingUp
from channels.phone.flow import Flow
from channels.phone.missed_calls import MissedCalls
from channels.phone.opening import Opening
from channels.phone.steps import Steps
from channels.phone.surroundings import Surroundings
from channels.phone.telling import Teller
from channels.phone.twilio.records import CallRecord, RecordingRecord
from channels.phone.twilio.rest import ApiUnavailable
from channels.troubles import Troubles
from gateway.core.clock import Instant
from gateway.core.organisation import Organisation
from gateway.core.tokens import TokenSigner
from gateway.intake import IntakeDoor
from gateway.store import SqlStore
from tests.support.blobs import MemoryBlobs
from tests.support.phone_calls import voice_settings
from tests.support.simulation import Unmeasured
from tests.support.virtual_time import VirtualClock, run
from tests.support.voice_rig import LeavingRunner, PhoneMeasured, PhoneRouting


@dataclass
class NoCalls:
    """The port CallLists: nobody has called, and the API may be away."""

    clock: VirtualClock
    away: bool = False
    asked_at: list[Instant] = field(default_factory=list)
    asked_since: list[Instant] = field(default_factory=list)
    calls: tuple[CallRecord, ...] = ()
    recordings: tuple[RecordingRecord, ...] = ()

    async def calls_since(self, since: Instant) -> AsyncIterator[CallRecord]:
        self.asked_at.append(self.clock.now())
        self.asked_since.append(since)
        if self.away:
            raise ApiUnavailable("it answered 503")
        for each in self.calls:
            yield each

    async def recordings_since(self, since: Instant) -> AsyncIterator[RecordingRecord]:
        for each in self.recordings:
            yield each

    async def recordings_of(self, sid: str) -> AsyncIterator[RecordingRecord]:
        for each in self.recordings:
            yield each


class Running:
    """It runs, over a store in memory."""

    def __init__(self) -> None:
        self.clock = VirtualClock()
        self.runner = LeavingRunner()
        self.store = SqlStore(self.runner, self.clock, [])
        self.lists = NoCalls(self.clock)

    async def __aenter__(self) -> "Running":
        await self.store.start()
        settings, routing = voice_settings(), PhoneRouting()
        context = ChannelContext(
            name="phone",
            intake=IntakeDoor(self.store, routing, self.clock, Unmeasured()),
            reads=self.store,
            routing=routing,
            signer=TokenSigner(b"k" * 32),
            clock=self.clock,
            measurements=Unmeasured(),
            organisation=Organisation("Example"),
            public_url="https://relevo.example",
            blobs=MemoryBlobs(self.clock),
        )
        backstage = Backstage(self.store, PhoneMeasured(), lambda: (), lambda _: None, lambda _: None)
        teller = Teller(settings)
        opening = Opening(settings, context, self.store, teller)
        steps = Steps(Flow(settings), Surroundings(settings, context, dict), opening, teller, context, backstage)
        self.troubles = Troubles("phone", self.store, self.clock)
        missed = MissedCalls(settings, context, steps, self.lists, dict)
        self.catching_up = CatchingUp("calls", missed.take_in, context, backstage, self.troubles)
        self._task = asyncio.create_task(self.catching_up.run())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._task.cancel()
        await asyncio.wait({self._task})
        await self.troubles.close()
        await self.store.close()

    @property
    def pauses(self) -> list[float]:
        """Seconds between the looks."""
        return [later - before for before, later in pairwise(self.lists.asked_at)]


def test_every_five_minutes() -> None:
    async def whole() -> list[float]:
        async with Running() as running:
            await asyncio.sleep(1000)
            return running.pauses

    assert run(whole()) == [300.0] * 3


def test_soon_where_something_was_missed() -> None:
    async def whole() -> list[float]:
        async with Running() as running:
            await asyncio.sleep(100)
            for _ in range(50):
                running.catching_up.wake()
            await asyncio.sleep(300)
            return running.pauses

    assert run(whole()) == [105.0]


def test_again_and_again_while_the_api_or_the_store_is_away() -> None:
    async def whole() -> tuple[list[float], frozenset[str]]:
        async with Running() as running:
            running.lists.away = True
            await asyncio.sleep(12)
            troubled = running.troubles.parts
            running.lists.away, running.runner.away = False, True
            await asyncio.sleep(10)
            running.runner.away = False
            await asyncio.sleep(100)
            assert not running.troubles.parts
            return running.pauses, troubled

    pauses, troubled = run(whole())
    assert troubled == {"api"}
    assert pauses == [5.0, 5.0, 15.0]  # without a store nobody knows since when


def test_a_clock_that_was_wrong_at_the_start_leaves_nothing_out() -> None:
    """An hour fast: what is kept is no instant that is yet to come after the next start."""

    async def whole() -> list[float]:
        async with Running() as running:
            running.clock.wall_drift = -3600.0
            await asyncio.sleep(301)
            kept = await running.store.mailbox_position("phone", "calls")
            running.clock.wall_drift = 0.0
            await running.store.save_mailbox_position("phone", "calls", repr(running.clock.now() + 3600.0))
            asked = running.lists.asked_since
            await running.catching_up.look()
            return [running.clock.now() - float(kept or 0.0), running.clock.now() - asked[-1]]

    behind, ahead = run(whole())
    assert behind == 3600.0 + 301.0
    assert ahead == 0.0


def test_a_first_look_that_takes_long_to_succeed_leaves_nothing_out() -> None:
    async def whole() -> float:
        async with Running() as running:
            began_at = running.clock.now()
            running.lists.away = True
            await asyncio.sleep(1000)
            running.lists.away = False
            await asyncio.sleep(10)
            return running.lists.asked_since[-1] - began_at

    assert run(whole()) == 0.0
