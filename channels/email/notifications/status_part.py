"""The machine-readable part of a notification: message/delivery-status (RFC 3464) and
message/global-delivery-status (RFC 6533)."""

import re
from collections.abc import Iterator
from itertools import islice, pairwise

from channels.email.mail import Header, Mail
from channels.email.notifications.fields import blocks, content_text, value
from channels.email.notifications.notice import Notice
from channels.email.notifications.notification import LONGEST_DIAGNOSTIC, MOST_RECIPIENTS, Action, Recipient
from channels.email.notifications.verdict import judge
from channels.email.part_walk import walk

_TYPES = ("message/delivery-status", "message/global-delivery-status")
_ESSENTIAL = ("final-recipient", "original-recipient", "action", "status")
_COMMENT = re.compile(r"\([^()]*\)")
_STATUS = re.compile(r"\s*([245]\.\d{1,3}\.\d{1,3})")
_OTHER_ACTIONS = {"deliverable": Action.DELIVERED, "expired": Action.FAILED, "failure": Action.FAILED}


def status_text(mail: Mail, *, wrapped: bool = False) -> str | None:
    """The status part's text; None where the mail has none of its own. One inside a mail within it counts only where
    it is `wrapped`: else somebody forwards a notification."""
    found = [content_text(part) for part in walk(mail.root, into_mails=wrapped) if part.media_type in _TYPES]
    return "\n\n".join(found) if found else None


def reporting_mta(text: str) -> str:
    """The server that reports; "" where it doesn't say."""
    return next((_value(found) for each in blocks(text)[:1] if (found := value(each, "reporting-mta"))), "")


def recipients(text: str, notice: Notice) -> tuple[Recipient, ...]:
    """Every recipient that the fields in `text` speak of; the notice for people fills in what they leave out."""
    found = (each for fields in blocks(text) for each in _groups(fields) if value(each, *_ESSENTIAL))
    groups = list(islice(found, MOST_RECIPIENTS))
    addresses = [_address(group) for group in groups]
    return tuple(map(_recipient, groups, addresses, notice.about(addresses)))


def _groups(fields: tuple[Header, ...]) -> Iterator[tuple[Header, ...]]:
    """One group for each recipient: some servers forget the empty line between them, so a second Final-Recipient
    begins another one."""
    begun = [at for at, each in enumerate(fields) if each.name.lower() == "final-recipient"][1:]
    for start, end in pairwise([0, *begun, len(fields)]):
        yield fields[start:end]


def _recipient(group: tuple[Header, ...], address: str, context: str) -> Recipient:
    words = value(group, "diagnostic-code")
    status = _status(value(group, "status"))
    action = _action(value(group, "action"), status)
    local = words.lower().startswith("x-unix")
    verdict = judge(_value(words), status=status, context=context, local=local)
    return Recipient(
        address,
        _value(value(group, "original-recipient")) or address,
        action,
        verdict.status,
        verdict.reply,
        verdict.reason,
        verdict.hard and action is Action.FAILED,
        words[:LONGEST_DIAGNOSTIC],
        _value(value(group, "remote-mta")),
    )


def _address(group: tuple[Header, ...]) -> str:
    return _value(value(group, "final-recipient", "x-actual-recipient", "original-recipient")).strip("<>\"' ")


def _value(typed: str) -> str:
    """`rfc822; ana@example.org` without its type."""
    kind, separator, rest = typed.partition(";")
    return (rest if separator and " " not in kind.strip() else typed).strip()


def _status(written: str) -> str:
    found = _STATUS.match(written)
    return found[1] if found else ""


def _action(written: str, status: str) -> Action:
    """RFC 3464's word; where there is none that we know, what the class of the status says."""
    word = _COMMENT.sub("", written).strip().lower()
    try:
        return Action(word)
    except ValueError:
        by_status = {"2": Action.DELIVERED, "4": Action.DELAYED}.get(status[:1], Action.FAILED)
        return _OTHER_ACTIONS.get(word, by_status)
