"""What an alarm is called, in every language that there is."""

from pathlib import Path

from gateway.alarms.notices import AlarmType, Change, Notice
from gateway.core.texts import Saying, Texts, mark

_TEXTS = Texts(Path(__file__).with_name("texts"))
_TITLES = {
    AlarmType.TICKETS_OVERDUE: mark("Tickets overdue: no operative provider has them"),
    AlarmType.NO_PROVIDER_LEFT: mark("Policy {policy} has no provider left"),
    AlarmType.PROVIDER_DOWN: mark("Provider {provider} is down"),
    AlarmType.PROVIDER_MISCONFIGURED: mark("Provider {provider} rejects our address or credentials"),
    AlarmType.TAKEOVER: mark("Takeover in policy {policy}: the service leaves {from_provider}"),
    AlarmType.LEDGER_UNBALANCED: mark("The ledger does not balance: there are tickets without a place or a next step"),
    AlarmType.QUARANTINE: mark("There are items in quarantine: somebody has to look at them"),
    AlarmType.NOTICE_UNDELIVERED: mark("The notice of an alarm could not be delivered"),
    AlarmType.ASSUMPTION_BROKEN: mark("An assumption of the computed bounds does not hold: {assumption}"),
    AlarmType.CONFIGURATION_REJECTED: mark("Configuration rejected: the one before stays in force"),
    AlarmType.REQUESTS_SPOOLED: mark("The store is away: requests wait on the gateway's own disk"),
    AlarmType.CHANNEL_TROUBLED: mark("Channel {channel} is in trouble: {part}"),
    AlarmType.MAIL_BOUNCED: mark("Mail of ours does not arrive: somebody waits for an answer in vain"),
    AlarmType.MAIL_SKIPPED: mark("A mail in a mailbox could not be taken: somebody has to read it there"),
}


def titles(notice: Notice) -> dict[str, str]:
    """The title by language; what is over says so first."""
    title = Saying(_TITLES[notice.alarm], **notice.details)
    if notice.change is Change.CLEARED:
        title = Saying("Over: {title}", title=title)
    return {code: _TEXTS.get(code)(title) for code in _TEXTS.languages}
