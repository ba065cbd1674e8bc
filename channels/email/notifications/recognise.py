"""From a mail to what it says about a delivery. Pure, linear in the mail's size, never raises."""

import re

from channels.email.mail import Mail
from channels.email.notifications.notice import Notice
from channels.email.notifications.notification import (
    LONGEST_DIAGNOSTIC,
    MOST_RECIPIENTS,
    Action,
    Notification,
    Recipient,
)
from channels.email.notifications.original import returned
from channels.email.notifications.senders import is_from_mail_system
from channels.email.notifications.status_part import recipients, reporting_mta, status_text
from channels.email.notifications.verdict import judge

_FIELDS = re.compile(r"^[ \t]*(?:Final-Recipient|Diagnostic-Code)[ \t]*:", re.MULTILINE)
_DELAYED = re.compile(
    r"delayed|not yet been delivered|warning message only|will be retried|still trying", re.IGNORECASE
)
_OTHER_REPORTS = ("message/feedback-report", "message/disposition-notification")


def recognise(mail: Mail) -> Notification | None:
    """What a mail server reports of a mail that was sent; None where this is no such report. Complaints (RFC 5965),
    receipts of reading (RFC 8098) and automatic replies are none."""
    status = status_text(mail)
    if status is None and (_is_other_report(mail) or not is_from_mail_system(mail)):
        return None
    notice = Notice(mail.text)
    if status is None:
        status = _status_in_words(mail, notice)
    found = recipients(status, notice) or _told(mail, notice)
    return Notification(found, returned(mail, notice.quoted), reporting_mta(status))


def _is_other_report(mail: Mail) -> bool:
    return any(part.media_type in _OTHER_REPORTS for part in mail.root.parts)


def _status_in_words(mail: Mail, notice: Notice) -> str:
    """The fields of a status part where they stand among the words, or in a notification that this one wraps."""
    if _FIELDS.search(notice.text):
        return notice.text
    return "" if _named(mail, notice) else status_text(mail, wrapped=True) or ""


def _named(mail: Mail, notice: Notice) -> list[str]:
    listed = [address.strip() for line in mail.all("x-failed-recipients") for address in line.split(",")]
    return ([address for address in listed if address] or notice.recipients())[:MOST_RECIPIENTS]


def _told(mail: Mail, notice: Notice) -> tuple[Recipient, ...]:
    """The recipients that a notice names in words; one without an address where it names none."""
    addresses = _named(mail, notice) or [""]
    action = Action.DELAYED if _DELAYED.search(f"{mail.subject}\n{notice.text}") else Action.FAILED
    return tuple(
        _judged(address, action, said) for address, said in zip(addresses, notice.about(addresses), strict=True)
    )


def _judged(address: str, action: Action, said: str) -> Recipient:
    verdict = judge(said)
    return Recipient(
        address,
        address,
        action,
        verdict.status,
        verdict.reply,
        verdict.reason,
        verdict.hard and action is Action.FAILED,
        said[:LONGEST_DIAGNOSTIC],
    )
