"""What a worker did with what it had been given, instead of a store: enough for one delivery."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from gateway.core.clock import Instant
from gateway.core.delivery import Begin, Case, ClaimRequest, Defer, Delivery, Finish, HandoffFact, Kind, Quarantine
from gateway.core.events import Event


@dataclass
class Outbox:
    """Implements the port `DeliveryStore`; it keeps what it is told, and holds every lease unless told otherwise."""

    holds: bool = True
    begun: list[Begin] = field(default_factory=list)
    facts: list[HandoffFact] = field(default_factory=list)
    deferred: list[Defer] = field(default_factory=list)
    finished: list[Finish] = field(default_factory=list)
    quarantined: list[Quarantine] = field(default_factory=list)
    sent_up_to: list[int] = field(default_factory=list)
    superseded: list[str] = field(default_factory=list)
    announced: list[Event] = field(default_factory=list)

    @property
    def ways_out(self) -> int:
        """How often the delivery was given back, finished or put in quarantine: once is right."""
        return len(self.deferred) + len(self.finished) + len(self.quarantined)

    async def claim(self, requests: Sequence[ClaimRequest]) -> list[list[Case]]:
        return [[] for _ in requests]

    async def begin(self, begins: Sequence[Begin]) -> list[bool]:
        self.begun += begins
        return [self.holds for _ in begins]

    async def record(self, facts: Sequence[HandoffFact]) -> list[bool]:
        self.facts += facts
        return [True for _ in facts]

    async def defer(self, defers: Sequence[Defer]) -> list[bool]:
        self.deferred += defers
        return [True for _ in defers]

    async def finish(self, finishes: Sequence[Finish]) -> list[bool]:
        self.finished += finishes
        return [True for _ in finishes]

    async def quarantine(self, quarantines: Sequence[Quarantine]) -> list[bool]:
        self.quarantined += quarantines
        return [True for _ in quarantines]

    async def sent(self, handoff_id: str, messages_sent: int, finish: Finish) -> None:
        self.sent_up_to.append(messages_sent)
        self.finished.append(finish)

    async def supersede(self, handoff_id: str, at: Instant, reason: str) -> bool:
        self.superseded.append(handoff_id)
        return True

    async def adopt(self, lease: Finish, handoff_id: str, at: Instant, *, read_back: bool = True) -> bool:
        self.finished.append(lease)
        return True

    async def next_due(self, kinds: frozenset[Kind]) -> Instant | None:
        return None

    async def announce(self, events: Sequence[Event], notices: Sequence[Delivery] = ()) -> None:
        self.announced += events
