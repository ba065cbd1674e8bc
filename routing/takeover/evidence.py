"""The evidence of a takeover: what is measured against what was promised, and which assumption failed. Pure."""

from collections.abc import Collection
from dataclasses import replace
from typing import Protocol

from gateway.core.clock import Instant
from gateway.core.provider import ProviderStatus, Takeover, TakeoverFigures


class Promise(Protocol):
    """The bounds that were printed for a policy, in seconds."""

    def detection(self, provider: str) -> float:
        """T_active + e of a provider: from the fault to the switch."""

    def ticket(self, backup: str | None) -> float:
        """T_ticket with that backup."""

    def rescue(self, provider: str, backup: str | None, size: int) -> float:
        """T_rescue for `size` tickets: from the fault to the last of them in the backup's hands."""


def open_takeover(
    takeover_id: str, policy: str, failed: ProviderStatus, backup: str | None, promise: Promise, now: Instant
) -> Takeover:
    """The first page of the evidence: the service moved from a failed provider to a backup."""
    return Takeover(
        id=takeover_id,
        policy=policy,
        from_provider=failed.name,
        to_provider=backup,
        last_good_at=failed.last_good_at,
        first_bad_at=failed.first_bad_at or failed.since,
        detected_at=failed.since,
        switched_at=now,
        detection_bound=promise.detection(failed.name),
        ticket_bound=promise.ticket(backup),
    )


def add_rescue(takeover: Takeover, size: int, failed: ProviderStatus, promise: Promise) -> Takeover:
    """`size` more tickets that the failed provider had go to the backup. Where it had come back and failed anew, their
    bound counts from that fault."""
    total = takeover.rescue_size + size
    relapsed_after = max(0.0, _fault_at(failed) - takeover.fault_at)
    bound = relapsed_after + promise.rescue(takeover.from_provider, takeover.to_provider, total)
    return replace(takeover, rescue_size=total, rescue_bound=bound)


def _fault_at(failed: ProviderStatus) -> Instant:
    """As `Takeover.fault_at`."""
    return failed.last_good_at or failed.first_bad_at or failed.since


def close_takeover(takeover: Takeover, figures: TakeoverFigures, broken: Collection[str], now: Instant) -> Takeover:
    """The last page: figures, and whether every bound held; `broken` are the assumptions seen broken meanwhile."""
    measured = replace(
        takeover,
        first_ticket_at=figures.first_ticket_at,
        last_ticket_at=figures.last_ticket_at,
        rescued=figures.rescued,
        rescued_at=figures.rescued_at,
        slowest_ticket=figures.slowest_ticket,
        doubles=figures.doubles,
        doubles_withdrawn=figures.doubles_withdrawn,
        ended_at=now,
    )
    exceeded = exceeded_bounds(measured)
    return replace(measured, met=not exceeded, failed_assumption=_blame(measured, exceeded, broken))


def exceeded_bounds(takeover: Takeover) -> list[str]:
    """Which of the promised bounds the measured figures exceed."""
    exceeded = []
    if takeover.last_good_at is not None and takeover.switch_seconds > takeover.detection_bound:
        exceeded.append("detection")
    if takeover.slowest_ticket is not None and takeover.slowest_ticket > takeover.ticket_bound:
        exceeded.append("ticket")
    if takeover.rescue_seconds is not None and takeover.rescue_seconds > takeover.rescue_bound:
        exceeded.append("rescue")
    return exceeded


def _blame(takeover: Takeover, exceeded: Collection[str], broken: Collection[str]) -> str | None:
    """The assumption that failed where a bound was exceeded; those seen broken first."""
    if not exceeded:
        return None
    what = " and ".join(exceeded)
    if broken:
        return f"{what} bound exceeded: {', '.join(sorted(broken))}"
    if takeover.to_provider is None:
        return f"{what} bound exceeded: no backup was up"
    if "detection" in exceeded:
        return f"{what} bound exceeded: probes did not keep their grid"
    return f"{what} bound exceeded: the backup's first attempt failed or was slow, or more came than it can take"
