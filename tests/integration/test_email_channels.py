"""Two mail channels of one gateway: a mail to either, or to both, joins its ticket whichever of them reads it."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from channels.email.identity import THREADS, MailIdentity
from gateway.core.events import MessageBounced
from gateway.core.post import DeskContact
from gateway.core.ticket import Ticket
from tests.support.mail_channel import ADDRESS, ANA, OTHER_ADDRESS, MailRig, two_mail_channels
from tests.support.mail_parts import SIGNER
from tests.support.raw_mail import multipart, raw_mail

SUR = "desk@sur.example"


@pytest.fixture
async def rig() -> AsyncIterator[MailRig]:
    async with two_mail_channels() as found:
        yield found


async def _opened(rig: MailRig) -> Ticket:
    sent = raw_mail(f"From: {ANA}", "Subject: printer", "Message-ID: <first@example.net>", body="It burns.")
    assert await rig.take(sent) == "ticket"
    return await rig.ticket()


async def _bodies(rig: MailRig, ticket: Ticket) -> list[str]:
    return [message.body for message in await rig.messages(ticket)]


@pytest.mark.parametrize("first", ["other", "mail"])
async def test_a_reply_to_one_with_a_copy_to_the_other_joins_its_ticket_whichever_reads_first(
    rig: MailRig, first: str
) -> None:
    ticket = await _opened(rig)
    fields = (f"To: {rig.reply_address(ticket)}", f"Cc: {OTHER_ADDRESS}", "Message-ID: <second@example.net>")
    sent = raw_mail(f"From: {ANA}", *fields, body="It still burns.")
    became = {}
    for place in (first, "mail" if first == "other" else "other"):
        recipient = OTHER_ADDRESS if place == "other" else rig.reply_address(ticket)
        became[place] = await rig.take(sent, recipient, other=place == "other")
    assert list(became.values()) == ["message", "duplicate"]
    assert await _bodies(rig, ticket) == ["It burns.", "It still burns."]
    assert len(await rig.tickets()) == 1


async def test_a_desk_s_mail_reports_at_either_and_whoever_wrote_to_it_hears_that(rig: MailRig) -> None:
    ticket = await _opened(rig)
    await rig.hand_over(ticket)
    letter = rig.message_id(ticket, "letter1", "sur")
    fields = (f"From: {SUR}", f"To: {OTHER_ADDRESS}", f"In-Reply-To: {letter}")
    assert await rig.take(raw_mail(*fields, body="Try now."), OTHER_ADDRESS, other=True) == "report"
    assert await rig.replies(ticket) == ["Try now."]
    post = rig.channel.post()
    assert post is not None
    async with asyncio.timeout(5):
        await post.acknowledged("sur", "letter1")


async def test_a_bounce_in_the_other_s_mailbox_is_about_its_ticket(rig: MailRig) -> None:
    ticket = await _opened(rig)
    told = f"Reporting-MTA: dns; mx\n\nFinal-Recipient: rfc822; {ANA}\nAction: failed\nStatus: 5.1.1\n"
    report = raw_mail("Content-Type: message/delivery-status", body=told)
    returned = f"Message-ID: {rig.message_id(ticket)}\n\n"
    original = raw_mail("Content-Type: message/rfc822", body=returned)
    fields = ("From: MAILER-DAEMON@mx.example.net", "Subject: Undelivered")
    bounce = multipart("report; report-type=delivery-status", report, original, fields=fields)
    assert await rig.take(bounce, OTHER_ADDRESS, sender="", other=True) == "bounce"
    assert [event.ticket_id for event in rig.parts.heard.of(MessageBounced)] == [ticket.id]


async def test_the_mail_of_one_is_known_as_ours_by_the_other(rig: MailRig) -> None:
    ticket = await _opened(rig)
    sent = raw_mail(f"From: {ADDRESS}", f"Message-ID: {rig.message_id(ticket)}", body="We have it.")
    assert await rig.take(sent, OTHER_ADDRESS, other=True) == "own"


async def test_a_desk_s_address_is_known_by_every_channel(rig: MailRig) -> None:
    rig.parts.desks.append(DeskContact("norte", "mesa@norte.example"))
    assert await rig.take(raw_mail("From: mesa@norte.example", body="Our prices.")) == "quarantined"


async def test_who_writes_from_one_of_our_own_addresses_is_not_answered_there(rig: MailRig) -> None:
    for address in (OTHER_ADDRESS, ADDRESS.upper()):
        assert await rig.take(raw_mail(f"From: {address}", body="For a visitor.")) == "ticket"
        ticket = await rig.ticket()
        assert (ticket.answer_by, ticket.requester.email) == (None, None)
        assert ticket.metadata["from_ourselves"] == address.lower()


async def test_a_channel_that_was_renamed_keeps_its_threads(rig: MailRig) -> None:
    ticket = await _opened(rig)
    before = MailIdentity("an older name", ADDRESS, None, SIGNER.derived_key(THREADS), list)
    sent = raw_mail(f"From: {ANA}", f"To: {before.reply_address(ticket.reference)}", body="It still burns.")
    assert await rig.take(sent) == "message"
