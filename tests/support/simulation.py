"""The real engine, monitors, policy and SQL under virtual time, over desks in memory that follow a script of faults."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from gateway.core.delivery import Case, Delivery, Kind
from gateway.core.events import Event, ProviderStateChanged, Recorded
from gateway.core.handoff import HandoffState, holding_copy
from gateway.core.ports import DeliveryHandler
from gateway.core.ticket import Direction, InboundMessage, Priority, Receipt, Requester, TicketState
from gateway.intake import IntakeDoor
from gateway.store import SqlStore
from gateway.store.cases import load_cases
from gateway.store.verbs.recover import recover
from routing.assess import assess_configuration
from routing.delivery.engine import Engine
from routing.delivery.fleet import Fleet, LiveProvider, Route
from routing.delivery.lanes import Lane
from routing.health.machine import Transition
from routing.health.monitor import Monitor
from routing.health.settings import HealthSettings
from routing.policy.settings import PolicySettings
from routing.settings import AskableSettings
from routing.takeover.bounds import Platform
from routing.takeover.promise import PolicyPromise
from tests.support.fake_desk import FakeDesk, Mood
from tests.support.store import InlineRunner
from tests.support.tickets import make_delivery
from tests.support.virtual_time import VirtualClock

QUICK_RETURN = HealthSettings(hold=2.0, ramp=1.0)
UNHURRIED = Platform(crashes=0)
_FIRST_PROBES_WITHIN = 0.3


class Unmeasured:
    """Measurements that nobody looks at."""

    def intake_seconds(self, seconds: float) -> None: ...
    def intake_refused(self, channel: str, outcome: str) -> None: ...

    def first_aid_helped(self, channel: str, category: str) -> None: ...
    def commit_seconds(self, seconds: float) -> None: ...
    def probe_seconds(self, seconds: float) -> None: ...
    def loop_lag_seconds(self, seconds: float) -> None: ...
    def alarm(self, alarm: str, active: int, raised: bool) -> None: ...


class NoNotices:
    """Nobody is to be told of alarms."""

    async def send(self, delivery: Delivery) -> None: ...


class LaggingRunner(InlineRunner):
    """A store each of whose commits takes `lag` seconds; it counts its `writes`."""

    lag = 0.0
    writes = 0

    async def write(self, verb: Any, commands: Sequence[Any]) -> list[Any]:
        self.writes += 1
        if self.lag:
            await asyncio.sleep(self.lag)
        return await super().write(verb, commands)


@dataclass
class Chronicle:
    """An observer that keeps every event."""

    events: list[Event] = field(default_factory=list)

    def observe(self, events: Sequence[Recorded]) -> None:
        self.events += [recorded.event for recorded in events]

    def of(self, kind: type[Event]) -> list[Any]:
        return [event for event in self.events if isinstance(event, kind)]


async def no_channel(case: Case) -> None:
    raise AssertionError(f"nothing is owed through a channel here: {case.delivery.kind}")


class Simulation:
    """What a scenario drives and looks at. `crash` and `restart` are the gateway's; store and desks live on."""

    def __init__(
        self,
        policy: PolicySettings,
        settings: Mapping[str, AskableSettings],
        platform: Platform,
        moods: Mapping[str, Mood],
        chance: Callable[[], float],
    ) -> None:
        self.clock = VirtualClock()
        self.chronicle = Chronicle()
        self.runner = LaggingRunner()
        self.store = SqlStore(self.runner, self.clock, [self.chronicle])
        self.policy = policy
        assessment = assess_configuration(settings, [policy], platform, self.clock.now()).policies[0]
        self.promise = PolicyPromise(assessment)
        self.hedge = assessment.hedge
        bounds = [backup.silent_death for backup in assessment.backups]
        self.silent_death = bounds[0].seconds if bounds and bounds[0] else None
        self.desks = {name: FakeDesk(name, self.clock, each) for name, each in settings.items()}
        for name, mood in moods.items():
            self.desks[name].become(mood)
        self.receipts: list[Receipt] = []
        self.broken: set[str] = set()
        self.channel: DeliveryHandler = no_channel
        """Does what is owed through a channel."""
        self._settings = settings
        self._chance = chance
        self._running: asyncio.Task[None] | None = None

    # The gateway's lives

    async def start(self) -> None:
        """An engine over the store, with fresh monitors."""
        self.fleet = Fleet(self.clock)
        self.engine = Engine(
            self.store,
            self.fleet,
            self.clock,
            NoNotices(),
            lambda _: self.promise,
            lambda _: self.broken,
            self._by_channel,
        )
        self.store.subscribe(self.engine)
        self.door = IntakeDoor(self.store, self.fleet, self.clock, Unmeasured())
        for desk in self.desks.values():
            desk.report_to = self.door.report
        self.apply([Route(self.policy, self.hedge)], self._settings)
        self._running = asyncio.create_task(self.engine.run(), name="engine")
        await self.fleet.first_probes(_FIRST_PROBES_WITHIN)

    async def _by_channel(self, case: Case) -> None:
        await self.channel(case)

    def apply(self, routes: Sequence[Route], settings: Mapping[str, AskableSettings]) -> None:
        """Put a configuration in force, as a reload does: providers whose settings are as before go on."""
        self.engine.apply(
            routes,
            {
                name: known
                if (known := self.fleet.get(name)) is not None and known.settings == each
                else self._live(self.desks[name], each, self.engine)
                for name, each in settings.items()
            },
        )

    def _live(self, desk: FakeDesk, settings: AskableSettings, engine: Engine) -> LiveProvider:
        def heard(change: Transition) -> None:
            engine.takeovers.health_changed(
                ProviderStateChanged(
                    at=change.at, provider=desk.name, old=change.old, new=change.new, reason=change.reason
                )
            )

        monitor = Monitor(desk, settings.health, self.clock, heard, chance=self._chance)
        return LiveProvider(desk.name, desk, settings, monitor, Lane(settings.window, settings.rate))

    async def crash(self) -> None:
        """The gateway dies as it stands; whatever it had not committed is gone."""
        assert self._running is not None
        self._running.cancel()
        await asyncio.gather(self._running, return_exceptions=True)
        self._running = None

    async def restart(self) -> None:
        """Another life over the same store; the start voids all leases."""
        await self.runner.write(recover, [self.clock.now()])
        await self.start()

    async def stop(self) -> None:
        for desk in self.desks.values():
            await desk.close()
        if self._running is not None:
            self.engine.stop()
            await self._running
        await self.store.close()

    # Traffic

    async def request(self, priority: Priority = Priority.NORMAL) -> Receipt:
        message = InboundMessage(
            channel="web", subject="Sin red", body="No hay red.", requester=Requester("Ana"), priority=priority
        )
        receipt = await self.door.receive(message)
        self.receipts.append(receipt)
        return receipt

    async def write_again(self, ticket_id: str) -> Receipt:
        return await self.door.receive(InboundMessage(channel="web", body="Sigue sin haber.", ticket_id=ticket_id))

    async def traffic(self, seconds: float, every: float) -> None:
        until = self.clock.now() + seconds
        while self.clock.now() < until:
            await self.request()
            await asyncio.sleep(every)

    # What became of it

    def holders(self, ticket_id: str) -> list[str]:
        """The desks where the ticket is open."""
        return [name for name, desk in self.desks.items() if desk.has_open(ticket_id)]

    async def settle(self, within: float = 120.0) -> None:
        """Until every ticket has its one place, and its desk every message, once and in order."""
        deadline = self.clock.now() + within
        while wrong := await self.out_of_place():
            assert self.clock.now() < deadline, "\n".join(wrong)
            await asyncio.sleep(0.25)

    async def out_of_place(self) -> list[str]:
        """What is not as it must be in the end, in words. Where two desks both work on a ticket, a person decides."""
        waiting = (await self.store.counts(self.clock.now()))["tickets_waiting"]
        if waiting:
            return [f"{waiting:g} tickets wait"]
        contested = {item.ticket_id for item in await self.store.quarantined() if item.kind is Kind.WITHDRAW}
        cases = await self.cases()
        return [
            wrong for case in cases if (wrong := self._misplaced(case)) and case.delivery.ticket_id not in contested
        ]

    async def doubles(self) -> list[str]:
        """Tickets that are open at two desks, but for those that a person decides about."""
        contested = await self._contested()
        ids = [receipt.ticket_id for receipt in self.receipts]
        return [each for each in ids if len(self.holders(each)) > 1 and each not in contested]

    async def _contested(self) -> set[str | None]:
        return {item.ticket_id for item in await self.store.quarantined() if item.kind is Kind.WITHDRAW}

    async def cases(self) -> list[Case]:
        """Every ticket with its messages and copies, as the store has them."""
        owed = [make_delivery(receipt.ticket_id) for receipt in self.receipts]
        return await self.runner.read(lambda connection: load_cases(connection, owed))

    def _misplaced(self, case: Case) -> str | None:
        assert case.ticket is not None
        holders = self.holders(case.ticket.id)
        copies = [(copy.provider, copy.state.value, copy.superseded) for copy in case.handoffs]
        if case.ticket.state is not TicketState.HANDED_OFF:
            return f"{case.ticket.state} {copies}, and yet open at {holders}" if holders else None
        keeper = holding_copy(case.handoffs)
        if keeper is None or holders != [keeper.provider]:
            return f"{case.ticket.state} {copies}, and open at {holders}"
        written = [each.id for each in case.messages if each.direction is Direction.INBOUND]
        ticket = self.desks[keeper.provider].has_open(case.ticket.id)
        arrived = ticket.messages if ticket else []
        return None if arrived == written else f"{copies}: the messages {written} were written, {arrived} arrived"

    async def astray(self) -> list[str]:
        """Tickets that violate P4."""
        return await self.store.audit_these([receipt.ticket_id for receipt in self.receipts])

    async def audited(self) -> None:
        """Audit the ledger every second, until cancelled."""
        while True:
            assert await self.astray() == [], f"astray at {self.clock.now():.3f}"
            await asyncio.sleep(1.0)

    async def states_of(self, receipt: Receipt) -> list[tuple[str, HandoffState]]:
        """The copies of a ticket, oldest first."""
        case = await self.store.ticket(receipt.ticket_id)
        assert case is not None
        return [(copy.provider, copy.state) for copy in case.handoffs]

    async def handed_off_after(self) -> dict[str, float]:
        """Seconds from durable acceptance to a provider's acceptance, by ticket."""
        seconds = {}
        for case in await self.cases():
            assert case.ticket is not None
            assert case.ticket.handed_off_at is not None, f"{case.ticket.reference} was never handed off"
            seconds[case.ticket.id] = case.ticket.handed_off_at - case.ticket.received_at
        return seconds


@asynccontextmanager
async def simulation(
    *,
    names: Sequence[str] = ("acme", "norte"),
    takeover_within: float = 5.0,
    health: HealthSettings = QUICK_RETURN,
    platform: Platform = UNHURRIED,
    moods: Mapping[str, Mood] | None = None,
    each: Mapping[str, Mapping[str, Any]] | None = None,
    policy: Mapping[str, Any] | None = None,
    seed: int = 0,
    **settings: Any,
) -> AsyncIterator[Simulation]:
    """Run the engine over desks in memory.

    `settings` are every provider's, `each` those of one; `moods` are of those that don't start working; `policy` is
    what the policy has beside its providers and time.
    """
    configured = {
        name: AskableSettings(**{"health": health, **settings, **(each or {}).get(name, {})}) for name in names
    }
    rules = PolicySettings(name="default", providers=tuple(names), takeover_within=takeover_within, **(policy or {}))
    sim = Simulation(rules, configured, platform, moods or {}, random.Random(seed).random)
    await sim.store.start()
    await sim.start()
    try:
        yield sim
    finally:
        await sim.stop()


async def follow(desk: FakeDesk, script: Sequence[tuple[float, Mood]]) -> None:
    """Change the desk's mood after so many seconds each."""
    for pause, mood in script:
        await asyncio.sleep(pause)
        desk.become(mood)
