"""What is said to operations: which alarm, how it changed, and the facts."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from gateway.core.clock import Instant


class AlarmType(StrEnum):
    """What kind of trouble it is."""

    TICKETS_OVERDUE = "tickets_overdue"
    NO_PROVIDER_LEFT = "no_provider_left"
    PROVIDER_DOWN = "provider_down"
    PROVIDER_MISCONFIGURED = "provider_misconfigured"
    TAKEOVER = "takeover"
    LEDGER_UNBALANCED = "ledger_unbalanced"
    QUARANTINE = "quarantine"
    NOTICE_UNDELIVERED = "notice_undelivered"
    ASSUMPTION_BROKEN = "assumption_broken"
    CONFIGURATION_REJECTED = "configuration_rejected"
    REQUESTS_SPOOLED = "requests_spooled"
    CHANNEL_TROUBLED = "channel_troubled"
    MAIL_BOUNCED = "mail_bounced"
    MAIL_SKIPPED = "mail_skipped"


class Severity(StrEnum):
    """How much of a hurry there is."""

    CRITICAL = "critical"
    """A promise is broken, or is about to be."""
    WARNING = "warning"
    """The promises hold, and somebody should look."""


SEVERITY = {
    AlarmType.TICKETS_OVERDUE: Severity.CRITICAL,
    AlarmType.NO_PROVIDER_LEFT: Severity.CRITICAL,
    AlarmType.PROVIDER_DOWN: Severity.WARNING,
    AlarmType.PROVIDER_MISCONFIGURED: Severity.CRITICAL,
    AlarmType.TAKEOVER: Severity.WARNING,
    AlarmType.LEDGER_UNBALANCED: Severity.CRITICAL,
    AlarmType.QUARANTINE: Severity.WARNING,
    AlarmType.NOTICE_UNDELIVERED: Severity.WARNING,
    AlarmType.ASSUMPTION_BROKEN: Severity.WARNING,
    AlarmType.CONFIGURATION_REJECTED: Severity.WARNING,
    AlarmType.REQUESTS_SPOOLED: Severity.CRITICAL,
    AlarmType.CHANNEL_TROUBLED: Severity.CRITICAL,
    AlarmType.MAIL_BOUNCED: Severity.WARNING,
    AlarmType.MAIL_SKIPPED: Severity.WARNING,
}


class Change(StrEnum):
    """What there is to say of an alarm."""

    RAISED = "alarm.raised"
    GREW = "alarm.grew"
    CLEARED = "alarm.cleared"


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing to say to operations; facts and references, never personal data."""

    change: Change
    alarm: AlarmType
    subject: str
    """The provider, policy, takeover, assumption or channel with its part; empty where it is about items."""
    at: Instant
    details: Mapping[str, object] = field(default_factory=dict)
    references: tuple[str, ...] = ()

    @property
    def severity(self) -> Severity:
        return SEVERITY[self.alarm]
