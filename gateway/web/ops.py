"""What the ops pages are handed: ports, and plain facts of the configuration in force."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from prometheus_client import CollectorRegistry

from gateway.core.clock import Clock
from gateway.core.ports import Blobs, QuarantineStore, Reads, Reloader, RoutingStatus
from gateway.web.feed import EventFeed

Check = Callable[[], str | None]
"""Says why the gateway is not ready; None when nothing is wrong."""


@dataclass(frozen=True, slots=True)
class PolicyFacts:
    """One policy as it is in force; times in seconds."""

    name: str
    providers: tuple[str, ...]
    takeover_within: float
    hedge_after: float
    bounds: Mapping[str, float] = field(default_factory=dict)
    """The computed bounds by name, such as detection, ticket, rescue."""


@dataclass(frozen=True, slots=True)
class Ops:
    """Everything the ops pages read and may do."""

    reads: Reads
    status: RoutingStatus
    quarantine: QuarantineStore
    blobs: Blobs
    reloader: Reloader
    clock: Clock
    registry: CollectorRegistry
    feed: EventFeed
    policies: Callable[[], Sequence[PolicyFacts]]
    checks: Mapping[str, Check]
    """What readiness depends on, by name."""
    source: str
    """The public URL: what tells this gateway's events from another's (the CloudEvents source)."""
    remarks: Mapping[str, Check] = field(default_factory=dict)
    """What is told beside it, and makes nobody unready."""
    token: str | None = field(default=None, repr=False)
    """The administrators' bearer token. None only where the listener is on loopback."""
