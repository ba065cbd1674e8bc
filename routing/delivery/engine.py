"""The engine: the loops that deliver, the providers' monitors, and the takeover of service, run together."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from gateway.core.clock import Clock, Instant
from gateway.core.delivery import Case, Kind
from gateway.core.events import (
    CallbackAsked,
    CallbackEnded,
    CallEnded,
    DeliveryReleased,
    DoubleDetected,
    Event,
    MessageReceived,
    Recorded,
    RecordingKept,
    RecordingMissed,
    TicketReceived,
    TicketReplied,
    TicketRescued,
)
from gateway.core.ports import DeliveryHandler, DeliveryStore, NoticeSender, TakeoverStore
from routing.delivery.fleet import Fleet, LiveProvider, Route
from routing.delivery.followups import FollowUps
from routing.delivery.loop import DeliveryLoop
from routing.delivery.notices import Notices
from routing.delivery.takeovers import Takeovers
from routing.delivery.tickets import CLAIM_LEASE, TicketWorker
from routing.takeover.evidence import Promise

_TICKETS_IN_HAND = 1000
"""So many that a hang at a busy desk, where each ticket waits for its hedge, doesn't hold up the others."""
_RESCUES_IN_HAND = 64
_FOLLOW_UPS_IN_HAND = 64
_NOTICES_IN_HAND = 8
_FETCHED_IN_HAND = 64
"""Mails that take long to read, and recordings that take long to come, leave room for others."""
_SENT_IN_HAND = 16
_FOLLOW_UP_LEASE = 30.0
_MAIL_LEASE = 600.0
"""Of reading a mail, and of acknowledging one."""
ANSWER_LEASE = 1800.0
"""Of sending an answer on: over a slow line one with large files takes long, and a second try beside the first would be
a second copy."""
_CALL_LEASE = 120.0
"""Of what is left to do about a call: a recording is fetched within a minute."""
_CALLBACK_LEASE = 60.0
"""Of one step of calling back: a call is ordered, and goes on by itself."""
_BY_A_CHANNEL = (
    (Kind.MAIL, _FETCHED_IN_HAND, _MAIL_LEASE),
    (Kind.ANSWER, _SENT_IN_HAND, ANSWER_LEASE),
    (Kind.ACKNOWLEDGEMENT, _SENT_IN_HAND, _MAIL_LEASE),
    (Kind.CALL, _FETCHED_IN_HAND, _CALL_LEASE),
    (Kind.CALLBACK, _SENT_IN_HAND, _CALLBACK_LEASE),
)
"""What channels do, each kind in a loop of its own, so that a crowd of one holds up no other: how many at once, and the
lease."""
_AFTER_A_CALL = frozenset({Kind.TICKET, Kind.RECORD, Kind.CALL, Kind.CALLBACK})
"""Its ticket is released, or goes to the system of who took it; and something may be left to do."""
_NEWLY_OWED: dict[type[Event], frozenset[Kind]] = {
    TicketReceived: frozenset({Kind.TICKET}),
    TicketRescued: frozenset({Kind.RESCUE}),
    MessageReceived: frozenset({Kind.MESSAGE}),
    TicketReplied: frozenset({Kind.ANSWER}),
    DoubleDetected: frozenset({Kind.WITHDRAW}),
    CallbackAsked: frozenset({Kind.CALLBACK}),
    CallEnded: _AFTER_A_CALL,
    CallbackEnded: _AFTER_A_CALL,
    RecordingKept: _AFTER_A_CALL,
    RecordingMissed: _AFTER_A_CALL,
}
"""What is owed at once after an event. All else is found when it is due, or by the next poll."""
_NOTHING = frozenset[Kind]()
_FIRST_PROBES_WITHIN = 0.3
"""Seconds for which a start waits to know of every provider, before anything is handed over."""


class EngineStore(DeliveryStore, TakeoverStore, Protocol):
    """The store as the engine needs it."""


class Engine:
    """Everything that hands over, watches and takes over. It is an observer: events wake what they concern."""

    def __init__(
        self,
        store: EngineStore,
        fleet: Fleet,
        clock: Clock,
        notices: NoticeSender,
        promise: Callable[[str], Promise],
        broken: Callable[[Instant], set[str]],
        channel_work: DeliveryHandler,
    ) -> None:
        """`channel_work` does what is owed through a channel."""
        self._store = store
        self._fleet = fleet
        self._clock = clock
        follow_ups = FollowUps(store, fleet, clock)
        self.takeovers = Takeovers(store, fleet, clock, promise, broken)
        self._loops = [
            DeliveryLoop(
                "ticket",
                store,
                clock,
                frozenset({Kind.TICKET}),
                self._ticket,
                in_hand=_TICKETS_IN_HAND,
                lease=CLAIM_LEASE,
            ),
            DeliveryLoop(
                "rescue",
                store,
                clock,
                frozenset({Kind.RESCUE}),
                self._ticket,
                in_hand=_RESCUES_IN_HAND,
                lease=CLAIM_LEASE,
            ),
            DeliveryLoop(
                "follow-up",
                store,
                clock,
                frozenset({Kind.MESSAGE, Kind.RECONCILE, Kind.CONFIRM, Kind.WITHDRAW, Kind.RECORD}),
                follow_ups,
                in_hand=_FOLLOW_UPS_IN_HAND,
                lease=_FOLLOW_UP_LEASE,
            ),
            DeliveryLoop(
                "notice",
                store,
                clock,
                frozenset({Kind.NOTICE}),
                Notices(store, clock, notices),
                in_hand=_NOTICES_IN_HAND,
                lease=_FOLLOW_UP_LEASE,
            ),
            *(
                DeliveryLoop(kind.value, store, clock, frozenset({kind}), channel_work, in_hand=in_hand, lease=lease)
                for kind, in_hand, lease in _BY_A_CHANNEL
            ),
        ]
        self._monitors: dict[str, tuple[LiveProvider, asyncio.Task[None]]] = {}
        self._parts: asyncio.TaskGroup | None = None

    def observe(self, events: Sequence[Recorded]) -> None:
        """Wake the loops when something new is owed."""
        owed = {kind for recorded in events for kind in _NEWLY_OWED.get(type(recorded.event), _NOTHING)}
        released = any(isinstance(recorded.event, DeliveryReleased) for recorded in events)
        for loop in self._loops:
            if released or not loop.kinds.isdisjoint(owed):
                loop.wake()

    def owed(self, kind: Kind) -> None:
        """Something of this kind is to be done, of which no event told."""
        for loop in self._loops:
            if kind in loop.kinds:
                loop.wake()

    def apply(self, routes: Sequence[Route], providers: Mapping[str, LiveProvider]) -> None:
        """Put a configuration in force: watch what is new, and let go of what has been replaced."""
        replaced = [old for name, live in providers.items() if (old := self._fleet.get(name)) and old is not live]
        self._fleet.swap(routes, providers)
        self.takeovers.routes_changed()
        if self._parts is not None:
            self._watch(self._parts)
            for old in replaced:
                self._parts.create_task(_let_go(old), name=f"let go of {old.name}")

    async def run(self) -> None:
        """Until `stop`; then what is in hand is finished. A part that ends by an error ends all, with that error."""
        async with asyncio.TaskGroup() as self._parts:
            takeovers = self._parts.create_task(self.takeovers.run(), name="takeovers")
            self._watch(self._parts)
            await self._fleet.first_probes(_FIRST_PROBES_WITHIN)
            async with asyncio.TaskGroup() as loops:
                for loop in self._loops:
                    loops.create_task(loop.run(), name=f"loop of {', '.join(sorted(loop.kinds))}")
            self._parts = None
            takeovers.cancel()
            for _, watching in self._monitors.values():
                watching.cancel()

    def _watch(self, parts: asyncio.TaskGroup) -> None:
        for live in self._fleet.everyone():
            watched = self._monitors.get(live.name)
            if watched is None or watched[0] is not live:
                if watched is not None:
                    watched[1].cancel()
                self._monitors[live.name] = (live, parts.create_task(live.monitor.run(), name=f"monitor {live.name}"))

    def stop(self) -> None:
        for loop in self._loops:
            loop.stop()

    async def _ticket(self, case: Case) -> None:
        if case.ticket is not None:
            await TicketWorker(self._store, self._fleet, self._clock, case, case.ticket).run()


async def _let_go(old: LiveProvider) -> None:
    """Close a replaced provider's connections once what was under way there has ended."""
    try:
        await asyncio.sleep(old.attempt_seconds)
    finally:
        await old.adapter.close()
