"""Mails that come again, late, or by odd ways, through a real channel: none is taken twice, and none is swallowed."""

from collections.abc import AsyncIterator

import pytest

from channels.email.keeping import MailKeeper
from gateway.core.delivery import Kind
from gateway.core.events import MessageBounced
from gateway.core.raw_mail import Origin
from tests.support.mail_channel import ADDRESS, ANA, MX, MailRig, mail_rig
from tests.support.mails_to_us import PASSED, bodies, bounce, from_ana, opened
from tests.support.raw_mail import multipart, raw_mail


@pytest.fixture
async def rig() -> AsyncIterator[MailRig]:
    async with mail_rig() as found:
        yield found


# the same bytes again


async def test_a_mailbox_that_shows_its_mails_anew_makes_no_alarm_and_no_ticket_twice(rig: MailRig) -> None:
    ticket = await opened(rig)
    keeper = MailKeeper(rig.parts.backstage, rig.parts.blobs, rig.parts.clock)
    bounced, plain = bounce(rig.message_id(ticket)), from_ana("Subject: no Message-ID")
    for uidvalidity in (1, 2):
        for uid, content in enumerate((bounced, plain)):
            origin = Origin("mail", "imap INBOX", f"INBOX/{uidvalidity}/{uid}", 0.0)
            await keeper.keep(origin, _at_once(content))
    await rig.read()
    assert rig.parts.told.read[1:] == ["bounce", "ticket", "duplicate", "duplicate"]
    assert len(rig.parts.heard.of(MessageBounced)) == 1
    assert len(await rig.tickets()) == 2


async def test_t21_one_byte_makes_it_another_mail(rig: MailRig) -> None:
    named = "Message-ID: <same@example.net>"
    assert await rig.take(from_ana(named, body="Help.")) == "ticket"
    assert await rig.take(from_ana(named, body="Help!")) == "ticket"
    assert await rig.take(from_ana(named, body="Help.")) == "duplicate"


async def _at_once(content: bytes) -> AsyncIterator[bytes]:
    yield content


# when


async def test_what_was_promised_counts_from_when_the_mail_was_kept(rig: MailRig) -> None:
    kept_at = rig.parts.clock.now()
    await rig.hand_in(from_ana("Subject: printer"))
    rig.parts.clock.at += 7200
    await rig.read()
    ticket = await rig.ticket()
    assert (ticket.received_at, ticket.due_at) == (kept_at, kept_at + 5)


async def test_a_backlog_of_a_lively_ticket_is_taken_whole(rig: MailRig) -> None:
    ticket = await opened(rig)
    for number in range(40):
        rig.parts.clock.at += 600
        await rig.hand_in(from_ana(f"To: {rig.reply_address(ticket)}", body=f"Still {number}."))
    await rig.read()
    assert await rig.quarantined() == []
    assert len(await rig.messages(ticket)) == 41


async def test_t19_acknowledgements_to_a_domain_end_though_every_sender_is_another(rig: MailRig) -> None:
    for number in range(61):
        await rig.hand_in(raw_mail(f"From: a{number}@example.net", f"Subject: {number}", body="x"))
    await rig.read()
    assert len(await rig.tickets()) == 61
    assert len(await rig.claim(Kind.ACKNOWLEDGEMENT)) == 60


# facts of messages


async def test_each_message_s_sender_is_known_as_authenticated_or_not(rig: MailRig) -> None:
    ticket = await opened(rig, PASSED)
    disowned = f"Authentication-Results: {MX}; dmarc=fail header.from=example.net"
    to_ticket = f"To: {rig.reply_address(ticket)}"
    await rig.take(from_ana(to_ticket, body="Again."))
    assert await rig.take(from_ana(to_ticket, disowned, body="Not me.")) == "ticket"
    messages = [*await rig.messages(ticket), *await rig.messages(await rig.ticket())]
    facts = await rig.store.authenticated([each.id for each in messages])
    assert [facts[each.id] for each in messages] == ["dkim example.net", "no", "failed"]
    assert await rig.store.authenticated([]) == {}


# what could be swallowed


async def test_a_notification_that_somebody_forwards_waits_for_a_person(rig: MailRig) -> None:
    forwarded = bounce("<strange@example.net>").replace(b"MAILER-DAEMON@mx.example.net", ANA.encode())
    assert await rig.take(forwarded) == "quarantined"
    assert await rig.take(bounce("<strange@example.net>"), sender="") == "notification"


async def test_our_mail_that_somebody_sends_back_waits_for_a_person(rig: MailRig) -> None:
    ticket = await opened(rig)
    sent = raw_mail(f"From: {ADDRESS}", f"Resent-From: {ANA}", f"Message-ID: {rig.message_id(ticket)}", body="Look!")
    assert await rig.take(sent) == "quarantined"


async def test_what_a_rule_of_a_mailbox_forwards_is_a_message_and_gets_no_answer(rig: MailRig) -> None:
    ticket = await opened(rig)
    await rig.claim(Kind.ACKNOWLEDGEMENT)
    forwarded = "X-MS-Exchange-Inbox-Rules-Loop: a@example.net"
    assert await rig.take(from_ana(forwarded, f"To: {rig.reply_address(ticket)}", body="Again.")) == "message"
    assert await rig.take(from_ana(forwarded, body="New.")) == "ticket"
    assert await rig.claim(Kind.ACKNOWLEDGEMENT) == []


async def test_an_encrypted_mail_says_where_its_words_are(rig: MailRig) -> None:
    version = raw_mail("Content-Type: application/pgp-encrypted", body="Version: 1\n")
    secret = raw_mail(
        "Content-Type: application/octet-stream; name=encrypted.asc", body="-----BEGIN PGP MESSAGE-----\n"
    )
    fields = (f"From: {ANA}", "Content-Language: en")
    assert await rig.take(
        multipart('encrypted; protocol="application/pgp-encrypted"', version, secret, fields=fields)
    ) == ("ticket")
    assert await bodies(rig, await rig.ticket()) == ["(This mail is encrypted: what it says is in its files.)"]
