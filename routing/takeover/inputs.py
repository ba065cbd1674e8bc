"""What the assessment of a policy starts from: plain figures, whoever gathers them."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from gateway.core.texts import Saying
from routing.takeover.bounds import Canaries, Desk, Probing


@dataclass(frozen=True, slots=True)
class ProviderFigures:
    """One provider."""

    desk: Desk
    probing: Probing
    honours_key: bool = True
    """It answers the same idempotency key with the same copy."""
    can_search: bool = True
    """It can be asked for a copy by that key."""
    key_memory: float = 86400.0
    """Seconds for which it remembers a key."""
    canaries: Canaries | None = None
    """How its silent death is found out, where it is."""
    shows_pick_up: bool = True
    """It can be known that somebody works on a ticket there."""
    warnings: tuple[Saying, ...] = ()
    """What will not work there as it is set."""

    @property
    def name(self) -> str:
        return self.desk.name


@dataclass(frozen=True, slots=True)
class PolicyFigures:
    """One policy with its providers, the primary first."""

    name: str
    providers: tuple[ProviderFigures, ...]
    contract: float
    """The contracted time T, in seconds."""
    hedge: float | None = None
    """None: the longest that still meets the contract."""
    pick_up_within: float | None = None
    retry_horizon: float = 0.0
    """Seconds over which attempts at one ticket may be spread."""
    level_findings: Mapping[str, tuple[Saying, ...]] = field(default_factory=dict)
    """By backup, in words: in what it isn't of the primary's level."""

    @property
    def primary(self) -> ProviderFigures:
        return self.providers[0]

    @property
    def backups(self) -> tuple[ProviderFigures, ...]:
        return self.providers[1:]
