"""Providers as the rest sees them: their health, what they report, and the evidence of a takeover."""

from collections.abc import Mapping
from dataclasses import field
from enum import StrEnum

from gateway.core.clock import Instant
from gateway.core.handoff import HandoffState
from gateway.core.ticket import Attachment
from gateway.core.values import dataclass


class HealthState(StrEnum):
    """What is known of a provider's health."""

    UNKNOWN = "unknown"
    """Not yet probed."""
    UP = "up"
    SUSPECT = "suspect"
    """Something failed or is slow; being confirmed."""
    DOWN = "down"
    RECOVERING = "recovering"
    """It answers again; held back first, then given a growing share of new tickets."""


@dataclass(frozen=True, slots=True)
class ProviderStatus:
    """A provider's health at an instant."""

    name: str
    state: HealthState
    since: Instant
    reason: str
    hard: bool = False
    """A suspicion that rests on an explicit error, not on slowness."""
    share: float = 1.0
    """Part of new tickets that it may have: below 1 only while recovering."""
    paused_until: Instant = 0.0
    """The provider asked to be left alone until then (Retry-After)."""
    last_good_at: Instant | None = None
    """Start of the last probe that succeeded."""
    first_bad_at: Instant | None = None
    """Start of the first failure of the present trouble."""

    @property
    def reachable(self) -> bool:
        """Worth telling things to, even where it gets no new tickets."""
        return self.state not in (HealthState.DOWN, HealthState.UNKNOWN)


class ReportType(StrEnum):
    """What a provider may report of a ticket."""

    ACCEPTED = "ticket.accepted"
    PICKED_UP = "ticket.picked_up"
    REPLIED = "ticket.replied"
    RESOLVED = "ticket.resolved"
    CALLBACK_REQUESTED = "ticket.callback_requested"
    """Its agent wants to be called together with the requester."""


REPORTED_STATE = {
    ReportType.ACCEPTED: HandoffState.ACCEPTED,
    ReportType.PICKED_UP: HandoffState.PICKED_UP,
    ReportType.RESOLVED: HandoffState.RESOLVED,
    ReportType.CALLBACK_REQUESTED: HandoffState.PICKED_UP,
}


@dataclass(frozen=True, slots=True)
class ProviderReport:
    """What a provider tells about a ticket that it has; at least one of the references is given."""

    provider: str
    report_id: str
    """Unique for ever at that provider; the same id again changes nothing."""
    type: ReportType
    at: Instant
    reference: str | None = None
    provider_reference: str | None = None
    body: str | None = None
    author: str | None = None
    attachments: tuple[Attachment, ...] = ()
    """Of its reply; their blobs are durable already."""
    called_back_by: Mapping[str, str] = field(default_factory=dict)
    """For each channel whose requesters may be called back, the channel that does it."""


class ReportResult(StrEnum):
    """What became of a provider's report."""

    APPLIED = "applied"
    DUPLICATE = "duplicate"
    NOT_FOUND = "not_found"
    """That provider has no such ticket."""
    FULL = "full"
    """The ticket has as many messages as it may; nothing was stored."""
    NOT_CALLABLE = "not_callable"
    """Nobody calls the requesters of such tickets back; nothing was stored."""


@dataclass(frozen=True, slots=True)
class Copy:
    """A ticket as a provider shows it when asked."""

    provider_reference: str | None
    """None where it has not said one yet."""
    state: HandoffState


@dataclass(frozen=True, slots=True)
class Takeover:
    """The evidence of one takeover of a policy's service."""

    id: str
    policy: str
    from_provider: str
    to_provider: str | None
    last_good_at: Instant | None
    first_bad_at: Instant
    detected_at: Instant
    switched_at: Instant
    detection_bound: float
    """Seconds, T_active + e, from the last good probe to the switch."""
    ticket_bound: float
    """Seconds, T_ticket."""
    first_ticket_at: Instant | None = None
    """First hand-off accepted by the backup after the switch."""
    last_ticket_at: Instant | None = None
    rescue_size: int = 0
    """Tickets that the failed provider had and nobody had picked up."""
    rescue_bound: float = 0.0
    """Seconds, T_rescue for that many; after a relapse, with those until then."""
    rescued: int = 0
    rescued_at: Instant | None = None
    """When the last of them was in the backup's hands."""
    slowest_ticket: float | None = None
    """Seconds of the slowest hand-off during the takeover."""
    doubles: int = 0
    doubles_withdrawn: int = 0
    failback_at: Instant | None = None
    ended_at: Instant | None = None
    met: bool | None = None
    failed_assumption: str | None = None

    @property
    def fault_at(self) -> Instant:
        """The earliest that the fault can have been, where the bounds begin to count."""
        return self.first_bad_at if self.last_good_at is None else self.last_good_at

    @property
    def switch_seconds(self) -> float:
        """From the start of the last good probe to the switch: never less than from the fault to the switch."""
        return self.switched_at - self.fault_at

    @property
    def rescue_seconds(self) -> float | None:
        """To the last rescued ticket in the backup's hands; None where none has been rescued."""
        return None if self.rescued_at is None else self.rescued_at - self.fault_at


@dataclass(frozen=True, slots=True)
class TakeoverFigures:
    """What the store counted since the switch."""

    first_ticket_at: Instant | None = None
    last_ticket_at: Instant | None = None
    rescued: int = 0
    rescued_at: Instant | None = None
    slowest_ticket: float | None = None
    doubles: int = 0
    doubles_withdrawn: int = 0
