"""Mails to help@example.org as they come in, and what becomes of them."""

from gateway.core.ticket import Ticket
from tests.support.mail_channel import ADDRESS, ANA, MX, MailRig
from tests.support.raw_mail import multipart, raw_mail

PASSED = f"Authentication-Results: {MX}; dkim=pass header.d=example.net"


def from_ana(*fields: str, body: str = "It burns.", sender: str = f"Ana <{ANA}>") -> bytes:
    return raw_mail(f"From: {sender}", *fields, body=body)


def bounce(message_id: str, action: str = "failed", status: str = "5.1.1") -> bytes:
    """A mail server's notice to us: a mail with that Message-ID has not reached Ana."""
    told = f"Reporting-MTA: dns; mx.example.net\n\nFinal-Recipient: rfc822; {ANA}\nAction: {action}\nStatus: {status}\n"
    notice = raw_mail("Content-Type: text/plain", body="It could not be delivered.")
    report = raw_mail("Content-Type: message/delivery-status", body=told)
    original = raw_mail("Content-Type: message/rfc822", body=f"Message-ID: {message_id}\nFrom: {ADDRESS}\n\nHello.\n")
    fields = ("From: MAILER-DAEMON@mx.example.net", f"To: {ADDRESS}", "Subject: Undelivered")
    return multipart("report; report-type=delivery-status", notice, report, original, fields=fields)


async def opened(rig: MailRig, *fields: str, **mail: str) -> Ticket:
    """A ticket of Ana's."""
    assert await rig.take(from_ana("Subject: printer", "Message-ID: <first@example.net>", *fields, **mail)) == "ticket"
    return await rig.ticket()


async def bodies(rig: MailRig, ticket: Ticket) -> list[str]:
    return [message.body for message in await rig.messages(ticket)]
