"""What a second look at the mail channel found, through a real channel: who passes for whom, and what gets lost."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from gateway.core.reference import show_reference
from tests.support.incoming import SUR
from tests.support.mail_channel import ANA, MX, MailRig, mail_rig
from tests.support.mails_to_us import PASSED, bodies, bounce, from_ana, opened
from tests.support.raw_mail import multipart, raw_mail


@pytest.fixture
async def rig() -> AsyncIterator[MailRig]:
    async with mail_rig() as found:
        yield found


def forwarded_notice(*fields: str, sender: str = ANA) -> bytes:
    """A person's mail with a mail server's notice as its files, as some programs forward one."""
    words = raw_mail("Content-Type: text/plain", body="Why do I get this?")
    status = (
        "Reporting-MTA: dns; mx.example.com\n\nFinal-Recipient: rfc822; x@example.com\nAction: failed\nStatus: 5.1.1\n"
    )
    report = raw_mail("Content-Type: message/delivery-status", body=status)
    return multipart("mixed", words, report, fields=(f"From: {sender}", *fields))


@pytest.mark.parametrize(
    "said",
    [
        'smtp.mailfrom="ana@example.net"@evil.example',
        'smtp.mailfrom="ana@example.net" @evil.example',
        '(sender "a) smtp.mailfrom=ana@example.net (b"@evil.example) smtp.mailfrom=x@evil.example',
    ],
    ids=["quoted", "quoted_apart", "out_of_a_comment"],
)
async def test_t27_a_stranger_s_envelope_passes_for_nobody_else_s(rig: MailRig, said: str) -> None:
    ticket = await opened(rig, PASSED)
    forged = f"Authentication-Results: {MX}; spf=pass {said}"
    assert await rig.take(from_ana(forged, f"Subject: Re: [{ticket.reference}]", body="Send it to me.")) == "ticket"
    assert await bodies(rig, ticket) == ["It burns."]


async def test_what_a_requester_says_of_a_notice_joins_their_ticket(rig: MailRig) -> None:
    ticket = await opened(rig)
    assert await rig.take(forwarded_notice(f"To: {rig.reply_address(ticket)}")) == "message"
    assert (await bodies(rig, ticket))[-1] == "Why do I get this?"


async def test_a_notice_that_a_desk_forwards_waits_for_a_person(rig: MailRig) -> None:
    ticket = await opened(rig)
    await rig.hand_over(ticket)
    notice = forwarded_notice(f"To: {rig.reply_address(ticket, 'sur')}", sender=SUR.address)
    assert await rig.take(notice, sender=SUR.address) == "quarantined"
    assert await rig.replies(ticket) == []


async def test_what_a_requester_says_of_a_receipt_joins_their_ticket(rig: MailRig) -> None:
    ticket = await opened(rig)
    words = raw_mail("Content-Type: text/plain", body="What is this?")
    read = "Final-Recipient: rfc822; x@example.com\nDisposition: manual-action/MDN-sent-manually; displayed\n"
    receipt = raw_mail("Content-Type: message/disposition-notification", body=read)
    fields = (f"From: {ANA}", f"To: {rig.reply_address(ticket)}")
    assert await rig.take(multipart("mixed", words, receipt, fields=fields)) == "message"
    assert (await bodies(rig, ticket))[-1] == "What is this?"
    report = "report; report-type=disposition-notification"
    assert await rig.take(multipart(report, words, receipt, fields=fields)) == "receipt"


async def test_a_postmaster_who_asks_for_help_is_a_person(rig: MailRig) -> None:
    asked = from_ana(
        "Subject: mail", body="Mail could not be delivered to us since noon.", sender="postmaster@example.net"
    )
    assert await rig.take(asked, sender="postmaster@example.net") == "quarantined"
    assert await rig.take(bounce("<strange@example.net>"), sender="") == "notification"


async def test_a_requester_at_a_desk_s_domain_is_the_requester(rig: MailRig) -> None:
    rig.parts.desks[:] = [replace(SUR, senders=frozenset({"@example.net"}))]
    ticket = await opened(rig, PASSED)
    await rig.hand_over(ticket)
    again = from_ana(PASSED, f"Subject: Re: printer [{show_reference(ticket.reference)}]", body="Please hurry.")
    assert await rig.take(again) == "message"
    assert await rig.replies(ticket) == []


async def test_a_desk_s_number_is_kept_from_the_requester_however_long_the_answer(rig: MailRig) -> None:
    ticket = await opened(rig)
    await rig.hand_over(ticket, number="4711")
    steps = "\n".join(f"Step {number}." for number in range(100))
    fields = (f"To: {rig.reply_address(ticket, 'sur')}", "Subject: Re: printer [SUR#4711]")
    answer = from_ana(*fields, body=f"{steps}\nYour ticket is [SUR#4711] with us.", sender=SUR.address)
    assert await rig.take(answer) == "report"
    [said] = await rig.replies(ticket)
    assert "4711" not in said
    assert said.endswith(f"Your ticket is {show_reference(ticket.reference)} with us.")


async def test_a_mail_that_its_server_hands_in_again_is_one_though_it_has_no_message_id(rig: MailRig) -> None:
    handed_on = raw_mail(
        "Received: by mx.example.org id 4XYZ; Mon, 2 Nov 2026 10:00:00 +0000", f"From: {ANA}", body="Hot"
    )
    assert await rig.take(handed_on) == "ticket"
    assert await rig.take(handed_on) == "duplicate"
