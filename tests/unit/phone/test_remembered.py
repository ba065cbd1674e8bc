"""What a gateway remembers of calls spares it looks into the store, and is never taken for what the store says."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest

from channels.channel import Backstage, ChannelContext
from channels.phone.call import Call, State
from channels.phone.flow import Flow
from channels.phone.hearing import Heard
from channels.phone.inputs import DialEnded, HungUp, Incoming, Input, LegReported, Whispered
from channels.phone.opening import Opening
from channels.phone.remembered import Known, Remembered
from channels.phone.steps import Steps
from channels.phone.surroundings import Surroundings
from channels.phone.telling import Teller
from gateway.core.organisation import Organisation
from gateway.core.tokens import TokenSigner
from gateway.intake import IntakeDoor
from gateway.store import SqlStore
from tests.support.blobs import MemoryBlobs
from tests.support.phone_calls import CALLER, NUMBER, voice_settings
from tests.support.simulation import Unmeasured
from tests.support.virtual_time import VirtualClock, run
from tests.support.voice_rig import LeavingRunner, PhoneMeasured, PhoneRouting

SID = "CA" + "1b" * 16
LEG = "CA" + "2c" * 16


class CountingRunner(LeavingRunner):
    """Counts the looks into the store, and the groups that were written."""

    looks = writes = 0

    async def read(self, query: Any) -> Any:
        self.looks += 1
        return await super().read(query)

    async def write(self, verb: Any, commands: Sequence[Any]) -> list[Any]:
        self.writes += 1
        return await super().write(verb, commands)


class Town:
    """Gateways that share a store; each remembers for itself."""

    def __init__(self, clock: VirtualClock) -> None:
        self.clock = clock
        self.runner = CountingRunner()
        self.store = SqlStore(self.runner, clock, [])

    def gateway(self) -> Steps:
        settings, routing, measured = voice_settings(), PhoneRouting(), Unmeasured()
        context = ChannelContext(
            name="phone",
            intake=IntakeDoor(self.store, routing, self.clock, measured),
            reads=self.store,
            routing=routing,
            signer=TokenSigner(b"k" * 32),
            clock=self.clock,
            measurements=measured,
            organisation=Organisation("Example"),
            public_url="https://relevo.example",
            blobs=MemoryBlobs(self.clock),
        )
        backstage = Backstage(self.store, PhoneMeasured(), lambda: (), lambda _: None, lambda _: None)
        teller = Teller(settings)
        opening = Opening(settings, context, self.store, teller)
        return Steps(Flow(settings), Surroundings(settings, context, dict), opening, teller, context, backstage)

    async def hear(self, gateway: Steps, said: Input) -> Call:
        """Raises StoreUnavailable."""
        incoming = said if isinstance(said, Incoming) else None
        call = await gateway.hear(Heard(SID, (said,), incoming))
        assert call is not None
        return call

    def now(self) -> float:
        return self.clock.now()

    def rings(self) -> Incoming:
        return Incoming(self.now(), SID, CALLER, NUMBER)

    def busy(self) -> DialEnded:
        return DialEnded(self.now(), 1, "busy")

    def reported(self, step: int, status: str = "ringing") -> LegReported:
        return LegReported(self.now(), step, LEG, status)


@asynccontextmanager
async def town() -> AsyncIterator[Town]:
    made = Town(VirtualClock())
    await made.store.start()
    try:
        yield made
    finally:
        await made.store.close()


def test_whoever_keeps_a_call_needs_no_look_at_it() -> None:
    async def whole() -> tuple[int, int, State]:
        async with town() as there:
            gateway = there.gateway()
            before = there.runner.looks
            await there.hear(gateway, there.rings())
            await there.hear(gateway, there.reported(1, "initiated"))
            await there.hear(gateway, there.reported(1))
            await there.hear(gateway, Whispered(there.now(), 1))
            writes = there.runner.writes
            await there.hear(gateway, there.reported(1))
            assert there.runner.writes == writes, "what tells nothing new is kept again"
            call = await there.hear(gateway, HungUp(there.now()))
            return before, there.runner.looks, call.state

    before, after, state = run(whole())
    assert (after - before, state) == (0, State.GONE)


@pytest.mark.parametrize("repeats", ["the step", "the beginning"])
def test_another_gateways_step_is_found_out(repeats: str) -> None:
    """Whether what comes would change the remembered call, or not at all."""

    async def whole() -> tuple[Call, Call]:
        async with town() as there:
            ours, other = there.gateway(), there.gateway()
            await there.hear(ours, there.rings())
            moved = await there.hear(other, there.busy())
            again = there.busy() if repeats == "the step" else there.rings()
            return moved, await there.hear(ours, again)

    moved, heard = run(whole())
    assert heard == moved
    assert [leg.desk.provider for leg in heard.legs] == ["acme", "norte"]


def test_a_report_of_a_leg_that_another_gateway_has_dialled_is_kept() -> None:
    async def whole() -> Call | None:
        async with town() as there:
            ours, other = there.gateway(), there.gateway()
            await there.hear(ours, there.rings())
            await there.hear(other, there.busy())
            await there.hear(ours, there.reported(2))
            return await other.kept(SID)

    call = run(whole())
    assert call is not None
    assert call.legs[-1].sid == LEG
    assert call.legs[-1].rang_at is not None


def test_a_call_that_another_gateway_has_begun_is_begun_once() -> None:
    async def whole() -> tuple[Call, Call]:
        async with town() as there:
            return await there.hear(there.gateway(), there.rings()), await there.hear(there.gateway(), there.rings())

    first, second = run(whole())
    assert second == first
    assert first.ticket_id is not None


def call_of(sid: str) -> Call:
    return Call(sid, CALLER, NUMBER, 1_000.0, "es", State.DIALLING)


def test_so_many_are_remembered_and_no_more() -> None:
    remembered = Remembered(2)
    for sid in ("a", "b"):
        remembered.keep(sid, Known(1, call_of(sid)))
    remembered.keep("a", Known(2, call_of("a")))
    remembered.keep("c", Known(1, call_of("c")))

    assert [sid for sid in "abc" if remembered.get(sid)] == ["a", "c"]


def test_what_is_heard_of_late_puts_nothing_back() -> None:
    remembered = Remembered()
    later = Known(3, replace(call_of("a"), step=2))
    remembered.keep("a", later)
    remembered.keep("a", Known(2, call_of("a")))

    assert remembered.get("a") == later
    remembered.forget("a")
    assert remembered.get("a") is None
