"""Notifications with a machine-readable part: RFC 3464 and RFC 6533."""

import pytest

from channels.email.notifications.notification import MOST_RECIPIENTS, Action
from channels.email.notifications.reasons import Reason
from channels.email.notifications.recognise import recognise
from tests.support.mails import parsed

_REPORT = """From: MAILER-DAEMON@mx.example.org
To: help@example.org
Subject: Undelivered Mail Returned to Sender
Return-Path: <>
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b

{notice}

--b
Content-Type: {kind}

{status}

--b
{original}
--b--
"""
_ORIGINAL = """Content-Type: message/rfc822

Message-ID: <1@example.org>
Subject: =?utf-8?q?=C2=BFQu=C3=A9_tal=3F?=

Hola
"""


def _report(status: str, notice: str = "", kind: str = "message/delivery-status", original: str = _ORIGINAL) -> bytes:
    return _REPORT.format(status=status, notice=notice, kind=kind, original=original).encode()


_FAILED = """Reporting-MTA: dns; mx.example.org

Original-Recipient: rfc822;Ana@Example.net
Final-Recipient: rfc822; ana@mail.example.net
Action: failed
Status: 5.1.1
Remote-MTA: dns; mail.example.net
Diagnostic-Code: smtp; 550 5.1.1 <ana@mail.example.net>: User
    unknown"""


def test_everything_that_a_recipient_s_fields_say() -> None:
    notification = recognise(parsed(_report(_FAILED)))
    assert notification is not None
    (recipient,) = notification.recipients
    assert (recipient.address, recipient.original_address) == ("ana@mail.example.net", "Ana@Example.net")
    assert (recipient.action, recipient.status, recipient.reply) == (Action.FAILED, "5.1.1", "550")
    assert (recipient.reason, recipient.hard) == (Reason.USER_UNKNOWN, True)
    assert recipient.remote_mta == "mail.example.net"
    assert recipient.diagnostic == "smtp; 550 5.1.1 <ana@mail.example.net>: User unknown"
    assert notification.reporting_mta == "mx.example.org"
    assert notification.failed
    assert notification.hard


def test_the_original_is_found_with_its_headers() -> None:
    notification = recognise(parsed(_report(_FAILED)))
    assert notification is not None
    assert notification.original is not None
    assert notification.original.message_id == "<1@example.org>"
    assert [header.name for header in notification.original.headers] == ["Message-ID", "Subject"]


@pytest.mark.parametrize(
    "original",
    [
        "Content-Type: text/rfc822-headers\n\nReceived: x\nMessage-ID: <1@example.org>\n",
        "Content-Type: message/global-headers\n\nMessage-ID: <1@example.org>\n",
        "Content-Type: message/global\n\nMessage-ID: <1@example.org>\n\nHola\n",
        "Received: x\nMessage-ID: <1@example.org>\n\nHola\n",
    ],
    ids=["headers", "global_headers", "global", "its_own_header_forgotten"],
)
def test_the_original_in_its_other_forms(original: str) -> None:
    notification = recognise(parsed(_report(_FAILED, original=original)))
    assert notification is not None
    assert notification.original is not None
    assert notification.original.message_id == "<1@example.org>"


@pytest.mark.parametrize(
    ("action", "status", "expected"),
    [
        ("failed", "5.1.1", Action.FAILED),
        ("Failed (permanently)", "5.1.1", Action.FAILED),
        ("delayed", "5.1.1", Action.DELAYED),
        ("delivered", "2.1.5", Action.DELIVERED),
        ("relayed", "2.0.0", Action.RELAYED),
        ("expanded", "2.0.0", Action.EXPANDED),
        ("deliverable", "2.1.5", Action.DELIVERED),
        ("expired", "4.4.7", Action.FAILED),
        ("", "4.4.7", Action.DELAYED),
        ("gibberish", "", Action.FAILED),
    ],
)
def test_actions_and_that_only_failures_are_hard(action: str, status: str, expected: Action) -> None:
    fields = f"Final-Recipient: rfc822; a@example.net\nAction: {action}\nStatus: {status}\nDiagnostic-Code: smtp; 550"
    notification = recognise(parsed(_report(fields)))
    assert notification is not None
    assert notification.recipients[0].action is expected
    assert notification.failed == (expected is Action.FAILED)
    assert notification.hard == (expected is Action.FAILED and status == "5.1.1")


@pytest.mark.parametrize("gap", ["\n\n", "\n"], ids=["blank_line", "blank_line_forgotten"])
def test_several_recipients(gap: str) -> None:
    groups = [
        f"Final-Recipient: rfc822; {name}@example.net\nAction: failed\nStatus: {status}"
        for name, status in (("ana", "5.1.1"), ("eva", "5.2.2"))
    ]
    notification = recognise(parsed(_report("Reporting-MTA: dns; mx\n\n" + gap.join(groups))))
    assert notification is not None
    assert [(each.address, each.hard) for each in notification.recipients] == [
        ("ana@example.net", True),
        ("eva@example.net", False),
    ]


def test_the_notice_says_what_the_fields_leave_out_of_each_recipient() -> None:
    status = "\n\n".join(
        f"Final-Recipient: rfc822; {name}@example.net\nAction: failed\nStatus: 5.0.0" for name in ("a", "b")
    )
    notice = "a@example.net: 550 5.1.1 No such user here\nb@example.net: 552 5.2.2 Mailbox full"
    notification = recognise(parsed(_report(status, notice)))
    assert notification is not None
    assert [(each.reason, each.hard) for each in notification.recipients] == [
        (Reason.USER_UNKNOWN, True),
        (Reason.MAILBOX_FULL, False),
    ]


def test_internationalised_notifications() -> None:
    status = "Final-Recipient: utf-8; búho@example.net\nAction: failed\nStatus: 5.1.1"
    notification = recognise(parsed(_report(status, kind="message/global-delivery-status")))
    assert notification is not None
    assert notification.hard


def test_a_status_part_without_recipients_is_a_notification_all_the_same() -> None:
    notification = recognise(parsed(_report("Reporting-MTA: dns; mx.example.org")))
    assert notification is not None
    assert [each.address for each in notification.recipients] == [""]


def test_what_is_beyond_a_hundred_recipients_is_left_out() -> None:
    groups = "\n\n".join(
        f"Final-Recipient: rfc822; {at}@example.net\nAction: failed\nStatus: 5.1.1" for at in range(300)
    )
    notification = recognise(parsed(_report(groups)))
    assert notification is not None
    assert len(notification.recipients) == MOST_RECIPIENTS


def test_a_notification_that_somebody_forwards_is_none() -> None:
    inner = _report(_FAILED).decode()
    raw = f"From: ana@example.net\nSubject: Fwd: look\nContent-Type: message/rfc822\n\n{inner}"
    assert recognise(parsed(raw.encode())) is None
