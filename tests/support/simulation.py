"""The real engine, monitors, policy and SQL under virtual time, over desks in memory that follow a script of faults."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from gateway.core.delivery import Delivery
from gateway.core.events import Event, ProviderStateChanged, Recorded
from gateway.core.ticket import InboundMessage, Priority, Receipt, Requester
from gateway.intake import IntakeDoor
from gateway.store import SqlStore
from routing.assess import assess_configuration
from routing.delivery.engine import Engine
from routing.delivery.fleet import Fleet, LiveProvider, Route
from routing.delivery.lanes import Lane
from routing.health.machine import Transition
from routing.health.monitor import Monitor
from routing.health.settings import HealthSettings
from routing.policy.settings import PolicySettings
from routing.settings import ProviderSettings
from routing.takeover.bounds import Platform
from routing.takeover.promise import PolicyPromise
from tests.support.fake_desk import FakeDesk, Mood
from tests.support.store import inline_store
from tests.support.virtual_time import VirtualClock

QUICK_RETURN = HealthSettings(hold=2.0, ramp=1.0)
UNHURRIED = Platform(crashes=0)


class Unmeasured:
    """Measurements that nobody looks at."""

    def intake_seconds(self, seconds: float) -> None: ...
    def intake_refused(self, channel: str, outcome: str) -> None: ...
    def commit_seconds(self, seconds: float) -> None: ...
    def probe_seconds(self, seconds: float) -> None: ...
    def loop_lag_seconds(self, seconds: float) -> None: ...
    def alarm(self, alarm: str, active: int, raised: bool) -> None: ...


class NoNotices:
    """Nobody is to be told of alarms."""

    async def send(self, delivery: Delivery) -> None: ...


@dataclass
class Chronicle:
    """An observer that keeps every event."""

    events: list[Event] = field(default_factory=list)

    def observe(self, events: Sequence[Recorded]) -> None:
        self.events += [recorded.event for recorded in events]

    def of(self, kind: type[Event]) -> list[Any]:
        return [event for event in self.events if isinstance(event, kind)]


@dataclass
class Simulation:
    """What a scenario drives and looks at."""

    clock: VirtualClock
    store: SqlStore
    fleet: Fleet
    engine: Engine
    desks: Mapping[str, FakeDesk]
    chronicle: Chronicle
    door: IntakeDoor
    promise: PolicyPromise
    receipts: list[Receipt] = field(default_factory=list)

    async def request(self, priority: Priority = Priority.NORMAL) -> Receipt:
        message = InboundMessage(
            channel="web", subject="Sin red", body="No hay red.", requester=Requester("Ana"), priority=priority
        )
        receipt = await self.door.receive(message)
        self.receipts.append(receipt)
        return receipt

    async def traffic(self, seconds: float, every: float) -> None:
        until = self.clock.now() + seconds
        while self.clock.now() < until:
            await self.request()
            await asyncio.sleep(every)

    def holders(self, ticket_id: str) -> list[str]:
        """The desks where the ticket is open."""
        return [name for name, desk in self.desks.items() if ticket_id in desk.open_tickets()]

    async def settle(self, within: float = 120.0) -> None:
        """Until every ticket is open at exactly one desk, and no copy is in doubt."""
        async with asyncio.timeout(within):
            while not await self._settled():
                await asyncio.sleep(0.25)

    async def _settled(self) -> bool:
        counts = await self.store.counts(self.clock.now())
        return all(len(self.holders(receipt.ticket_id)) == 1 for receipt in self.receipts) and not (
            counts["tickets_waiting"] or counts["doubles_open"]
        )

    async def astray(self) -> list[str]:
        """Tickets that violate P4."""
        return await self.store.audit_these([receipt.ticket_id for receipt in self.receipts])

    async def handed_off_after(self) -> dict[str, float]:
        """Seconds from durable acceptance to a provider's acceptance, by ticket."""
        seconds = {}
        for receipt in self.receipts:
            case = await self.store.ticket(receipt.ticket_id)
            assert case is not None
            assert case.ticket is not None
            assert case.ticket.handed_off_at is not None, f"{receipt.reference} was never handed off"
            seconds[receipt.ticket_id] = case.ticket.handed_off_at - case.ticket.received_at
        return seconds


@asynccontextmanager
async def simulation(
    *,
    names: Sequence[str] = ("acme", "norte"),
    takeover_within: float = 5.0,
    health: HealthSettings = QUICK_RETURN,
    platform: Platform = UNHURRIED,
    moods: Mapping[str, Mood] | None = None,
    **settings: Any,
) -> AsyncIterator[Simulation]:
    """Run the engine over desks in memory; `settings` are every provider's, `moods` those that don't start working."""
    clock = VirtualClock()
    chronicle = Chronicle()
    provider_settings = {name: ProviderSettings(health=health, **settings) for name in names}
    policy = PolicySettings(name="default", providers=tuple(names), takeover_within=takeover_within)
    assessment = assess_configuration(provider_settings, [policy], platform, clock.now()).policies[0]
    promise = PolicyPromise(assessment)
    store = inline_store(clock, [chronicle])
    await store.start()
    fleet = Fleet(clock)
    engine = Engine(store, fleet, clock, NoNotices(), lambda _: promise, lambda _since: set[str]())
    store.subscribe(engine)
    desks = {
        name: FakeDesk(name, clock, timeout=each.timeout, search_timeout=each.search_timeout)
        for name, each in provider_settings.items()
    }
    for name, mood in (moods or {}).items():
        desks[name].become(mood)
    engine.apply(
        [Route(policy, assessment.hedge)],
        {name: _live(desks[name], provider_settings[name], clock, engine) for name in names},
    )
    await fleet.first_probes(0.3)
    running = asyncio.create_task(engine.run(), name="engine")
    door = IntakeDoor(store, fleet, clock, Unmeasured())
    try:
        yield Simulation(clock, store, fleet, engine, desks, chronicle, door, promise)
    finally:
        for desk in desks.values():
            await desk.close()
        engine.stop()
        await running
        await store.close()


def _live(desk: FakeDesk, settings: ProviderSettings, clock: VirtualClock, engine: Engine) -> LiveProvider:
    def heard(change: Transition) -> None:
        engine.takeovers.health_changed(
            ProviderStateChanged(at=change.at, provider=desk.name, old=change.old, new=change.new, reason=change.reason)
        )

    monitor = Monitor(desk, settings.health, clock, heard)
    return LiveProvider(desk.name, desk, settings, monitor, Lane(settings.window, settings.rate))


async def follow(desk: FakeDesk, script: Sequence[tuple[float, Mood]]) -> None:
    """Change the desk's mood after so many seconds each."""
    for pause, mood in script:
        await asyncio.sleep(pause)
        desk.become(mood)
