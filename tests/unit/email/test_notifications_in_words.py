"""Notifications without a machine-readable part: recognised by several signs together, and read from their words."""

import pytest

from channels.email.notifications.notification import Action
from channels.email.notifications.reasons import Reason
from channels.email.notifications.recognise import recognise
from tests.support.mails import mail

_COPY = """
Return-Path: <help@example.org>
Received: from a.example.org by b.example.org
Message-ID: <7@example.org>
From: help@example.org
Subject: Hola

Texto
"""
_QMAIL = """Hi. This is the qmail-send program at mx.example.net.
I'm afraid I wasn't able to deliver your message to the following addresses.

<ana@example.net>:
192.0.2.1 does not like recipient.
Remote host said: 550 5.1.1 unknown user

<eva@example.net>:
552 5.2.2 mailbox full

--- Below this line is a copy of the message.
"""
_EXIM = """This message was created automatically by mail delivery software.

A message that you sent could not be delivered to one or more of its
recipients. The following address(es) failed:

  ana@example.net
    host mx.example.net [192.0.2.1]
    SMTP error from remote mail server after RCPT TO:<ana@example.net>:
    550 5.1.1 User unknown

------ This is a copy of the message, including all the headers. ------
"""
_EXCHANGE = """Your message

  To:      ana@example.net
  Subject: Hola

did not reach the following recipient(s):

ana@example.net on Thu, 1 Jan 2026 10:00:00 +0100
    The recipient name is not recognized
"""
_DOMINO = """Your message

  Subject: Hola

was not delivered to:

  ana@example.net

because:

  User ana (ana@example.net) not listed in Domino Directory
"""
_GMAIL_DELAY = """This is an automatically generated Delivery Status Notification

THIS IS A WARNING MESSAGE ONLY.

Delivery to the following recipient has been delayed:

     ana@example.net

Message will be retried for 2 more day(s)

The recipient server did not accept our requests to connect.
"""
_OLD_SENDMAIL = """   ----- Transcript of session follows -----
550 <ana@example.net>... User unknown
554 <eva@example.net>... 550 Host unknown (Authoritative answer from name server)

   ----- Unsent message follows -----
"""
_WORKMAIL = """An error occurred while trying to deliver the mail to the following recipients:
ana@example.net

Final-Recipient: rfc822; ana@example.net
Action: failed
Status: 5.2.2
Diagnostic-Code: smtp; 552 5.2.2 Mailbox full
"""
_CASES = {
    "qmail": (_QMAIL + _COPY, [("ana@example.net", "5.1.1", "550", True), ("eva@example.net", "5.2.2", "552", False)]),
    "exim": (_EXIM + _COPY, [("ana@example.net", "5.1.1", "550", True)]),
    "exchange": (_EXCHANGE, [("ana@example.net", "", "", True)]),
    "domino": (_DOMINO, [("ana@example.net", "", "", True)]),
    "sendmail": (_OLD_SENDMAIL + _COPY, [("ana@example.net", "", "550", True), ("eva@example.net", "", "554", True)]),
    "fields_in_text": (_WORKMAIL, [("ana@example.net", "5.2.2", "552", False)]),
}


@pytest.mark.parametrize("system", _CASES)
def test_each_system_s_words_are_read(system: str) -> None:
    text, expected = _CASES[system]
    notification = recognise(mail(("Return-Path", "<>"), ("From", "MAILER-DAEMON@mx.example.net"), text=text))
    assert notification is not None
    assert [(each.address, each.status, each.reply, each.hard) for each in notification.recipients] == expected


def test_the_mail_below_the_notice_is_the_original() -> None:
    notification = recognise(mail(("From", "MAILER-DAEMON@mx.example.net"), text=_QMAIL + _COPY))
    assert notification is not None
    assert notification.original is not None
    assert notification.original.message_id == "<7@example.org>"


def test_where_no_mail_came_back_there_is_no_original() -> None:
    notification = recognise(mail(("From", "MAILER-DAEMON@mx.example.net"), text=_EXCHANGE))
    assert notification is not None
    assert notification.original is None


def test_a_delay_is_no_failure() -> None:
    notification = recognise(mail(("From", "mailer-daemon@example.net"), ("Subject", "Delay"), text=_GMAIL_DELAY))
    assert notification is not None
    assert (notification.recipients[0].action, notification.recipients[0].reason) == (Action.DELAYED, Reason.EXPIRED)
    assert not notification.failed
    assert not notification.hard


def test_failed_recipients_named_in_a_header() -> None:
    notification = recognise(
        mail(("X-Failed-Recipients", "ana@example.net, eva@example.net"), text="A message that you sent failed.")
    )
    assert notification is not None
    assert [each.address for each in notification.recipients] == ["ana@example.net", "eva@example.net"]


_NOT_BOUNCES = {
    "person": mail(text="My mail to <x@example.net> could not be delivered: 550 5.1.1 User unknown. Help!"),
    "forwarded": mail(("Subject", "Fwd: Undelivered Mail Returned to Sender"), text=_QMAIL),
    "person_subject": mail(("Subject", "Undeliverable: what does it mean?"), text="I got this, what is it?"),
    "vacation": mail(("Return-Path", "<>"), ("Subject", "Away until May 5"), text="I could not be reached."),
    "auto_reply": mail(
        ("Return-Path", "<>"), ("Subject", "Automatic reply: Hola"), text="Your mail has not been delivered to the team"
    ),
    "postmaster_away": mail(
        ("Subject", "Fuera de la oficina"), sender="postmaster@example.net", text="While away I could not be reached."
    ),
    "out_of_office": mail(("Return-Path", "<>"), ("Subject", "Out of Office: Hola"), text="Following recipient away"),
    "challenge": mail(("Return-Path", "<>"), ("Subject", "Please confirm"), text="Click here to prove you are human."),
    "newsletter_of_postmaster": mail(("From", "postmaster@example.net"), text="Maintenance on Sunday."),
    "empty": mail(sender=""),
}


@pytest.mark.parametrize("name", _NOT_BOUNCES)
def test_what_is_no_bounce(name: str) -> None:
    assert recognise(_NOT_BOUNCES[name]) is None
