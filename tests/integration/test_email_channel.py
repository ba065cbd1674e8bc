"""Mails through a real channel: handed in by LMTP, kept in a real store, read by a real reader, and then what the store
has."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from channels.email.threading.tokens import Party
from gateway.core.delivery import HandoffFact, Kind
from gateway.core.events import MailNoted, MessageBounced
from gateway.core.handoff import HandoffState
from gateway.core.post import Letter, Purpose
from gateway.core.reference import CANARY_REFERENCE, show_reference
from gateway.core.texts import Saying
from gateway.core.ticket import Direction, InboundMessage, Requester, Ticket, TicketState
from routing.delivery.decision import Attempt, GiveUp, Patience, decide
from routing.policy.plan import Option, Use
from tests.support.incoming import SUR as SUR_CONTACT
from tests.support.mail_channel import ADDRESS, ANA, MX, MailRig, mail_rig
from tests.support.mails_to_us import PASSED, bodies, bounce, from_ana, opened
from tests.support.raw_mail import encoded, multipart, raw_mail

SUR = "desk@sur.example"
SUR_PASSED = f"Authentication-Results: {MX}; dkim=pass header.d=sur.example"


@pytest.fixture
async def rig() -> AsyncIterator[MailRig]:
    async with mail_rig() as found:
        yield found


# a ticket


async def test_a_mail_becomes_a_ticket_with_what_it_says(rig: MailRig) -> None:
    image = encoded("image/png", b"\x89PNG\r\n\x1a\n...", 'Content-Disposition: attachment; filename="../a.png"')
    text = raw_mail("Content-Type: text/plain; charset=utf-8", body="La impresora arde. ¿Qué hago?")
    fields = ("From: =?utf-8?q?Ana_Bel=C3=A9n?= <ana@example.net>", "Subject: =?utf-8?q?Impresora_=C3=B1?=", PASSED)
    assert await rig.take(multipart("mixed", text, image, fields=(*fields, "Content-Language: es"))) == "ticket"
    [ticket] = await rig.tickets()
    assert (ticket.subject, ticket.requester.name, ticket.requester.email) == ("Impresora ñ", "Ana Belén", ANA)
    assert (ticket.language, ticket.answer_by, ticket.channel) == ("es", "mail", "mail")
    assert ticket.metadata == {"authenticated": "dkim example.net"}
    [message] = await rig.messages(ticket)
    assert message.body == "La impresora arde. ¿Qué hago?"
    [file] = message.attachments
    assert (file.name, file.media_type, file.size) == ("../a.png", "image/png", 11)
    assert rig.parts.blobs.contents[file.digest] == b"\x89PNG\r\n\x1a\n..."


async def test_an_acknowledgement_is_owed_and_the_raw_mail_is_kept_with_the_message(rig: MailRig) -> None:
    ticket = await opened(rig)
    [owed] = await rig.claim(Kind.ACKNOWLEDGEMENT)
    assert (owed.delivery.target, owed.delivery.ticket_id) == ("mail", ticket.id)
    assert Kind.MAIL in rig.parts.owed
    assert Kind.ACKNOWLEDGEMENT in rig.parts.owed
    assert await rig.store.header_ids(ticket.id) == ["<first@example.net>"]


async def test_a_large_mail_is_a_blob_until_it_is_read_and_long_texts_are_files(rig: MailRig) -> None:
    body = "All of this is needed.\n" * 10_000
    assert await rig.take(from_ana("Subject: long", body=body)) == "ticket"
    [message] = await rig.messages(await rig.ticket())
    assert len(message.body) < 51_000
    [whole] = message.attachments
    assert (whole.name, whole.media_type) == ("mail.txt", "text/plain")
    assert rig.parts.blobs.contents[whole.digest].decode().strip() == body.strip()
    assert any(content.startswith(b"Return-Path: <ana@example.net>") for content in rig.parts.blobs.contents.values())


async def test_one_mail_to_two_of_our_addresses_is_one_ticket(rig: MailRig) -> None:
    sent = from_ana("Subject: printer", "Message-ID: <both@example.net>", "To: help@example.org, help+it@example.org")
    assert await rig.take(sent, ADDRESS) == "ticket"
    assert await rig.take(sent, "help+it@example.org") == "duplicate"
    assert len(await rig.tickets()) == 1


async def test_a_mail_is_read_again_after_a_crash_and_nothing_is_there_twice(rig: MailRig) -> None:
    # The lease is lost between the ticket's commit and the mail's end, as by a crash there.
    await rig.hand_in(from_ana("Subject: printer"))
    [case] = await rig.claim(Kind.MAIL)
    await rig.forget_leases()
    [again] = await rig.claim(Kind.MAIL)
    handler = rig.channel.handlers()[Kind.MAIL]
    await handler(case)
    assert len(await rig.tickets()) == 1
    await handler(again)
    assert rig.parts.told.read == ["duplicate"]
    ticket = await rig.ticket()
    assert len(await rig.messages(ticket)) == 1
    assert len(await rig.claim(Kind.ACKNOWLEDGEMENT)) == 1
    await rig.forget_leases()
    assert await rig.read() == 0


async def test_bytes_that_no_store_takes_stop_no_mail(rig: MailRig) -> None:
    odd = b"\x00\xff\xed\xa0\x80\x1b\xe2\x80\xae"
    names = (b"From", b"Subject", b"Message-ID", b"Reply-To", b"In-Reply-To", b"Date", b"X-" + odd)
    fields = b"\n".join(name + b": <" + odd + b"ana@example.net> " + odd for name in names)
    file = b'Content-Type: a/b; name="' + odd + b'"\nContent-Disposition: attachment\n\n' + odd
    body = b"\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\n" + odd + b"\n--b\n" + file + b"\n--b--\n"
    assert await rig.take(fields + body) == "ticket"
    ticket = await rig.ticket()
    [message] = await rig.messages(ticket)
    assert len(message.attachments) == 1
    assert not set(ticket.subject + message.body) & set("\x00\x1b")


# further messages


@pytest.mark.parametrize("proof", ["address", "delivered to", "envelope", "in reply to", "references"])
async def test_the_requester_goes_on_by_what_our_mails_gave_them(rig: MailRig, proof: str) -> None:
    ticket = await opened(rig)
    address, message_id = rig.reply_address(ticket), rig.message_id(ticket)
    field = {
        "address": f"To: Help <{address.upper()}>",
        "delivered to": f"Delivered-To: {address}",
        "envelope": "To: undisclosed-recipients:;",
        "in reply to": f"In-Reply-To: {message_id}",
        "references": f"References: <x@y>\n {message_id}\n <z@example.net>",
    }[proof]
    body = "It still burns.\n\nOn Monday help@example.org wrote:\n> We have your request.\n"
    recipient = address if proof == "envelope" else ADDRESS
    assert await rig.take(from_ana("Subject: Re: printer", field, body=body), recipient) == "message"
    assert await bodies(rig, ticket) == ["It burns.", "It still burns."]
    assert len(await rig.tickets()) == 1


async def test_the_reference_in_the_subject_serves_whoever_is_authenticated(rig: MailRig) -> None:
    ticket = await opened(rig, PASSED)
    subject = f"Subject: [{show_reference(ticket.reference)}] printer"
    assert await rig.take(from_ana(subject, body="Not authenticated.")) == "ticket"
    assert (await rig.ticket()).metadata["linked"] == ticket.reference
    assert await rig.take(from_ana(PASSED, subject, body="Authenticated.")) == "message"
    assert await bodies(rig, ticket) == ["It burns.", "Authenticated."]


async def test_t08_the_reference_of_a_ticket_that_anybody_may_have_opened_serves_nobody(rig: MailRig) -> None:
    in_her_name = await opened(rig)
    on_the_web = await _opened_on_the_web(rig)
    for theirs in (in_her_name, on_the_web):
        subject = f"Subject: Re: [{show_reference(theirs.reference)}]"
        assert await rig.take(from_ana(PASSED, subject, body="My password is 123456.")) == "ticket"
        assert len(await bodies(rig, theirs)) == 1
        assert (await rig.ticket()).metadata["linked"] == theirs.reference


async def _opened_on_the_web(rig: MailRig) -> Ticket:
    """With Ana's address, which nobody has checked."""
    said = InboundMessage("web", "x", requester=Requester(email=ANA), metadata={"authenticated": "dkim example.net"})
    await rig.parts.context.intake.receive(said)
    return await rig.ticket()


async def test_a_postscript_to_one_s_own_mail_joins_its_ticket_if_it_is_authenticated(rig: MailRig) -> None:
    ticket = await opened(rig, PASSED)
    answers = "In-Reply-To: <first@example.net>"
    assert await rig.take(from_ana(answers, body="Anybody.")) == "ticket"
    assert await rig.take(from_ana(answers, PASSED, body="PS: the file.")) == "message"
    of_eve = f"Authentication-Results: {MX}; dkim=pass header.d=evil.example"
    assert await rig.take(raw_mail("From: eve@evil.example", answers, of_eve, body="Me, too.")) == "ticket"
    assert (await rig.ticket()).metadata["linked"] == ticket.reference
    assert await bodies(rig, ticket) == ["It burns.", "PS: the file."]


async def test_an_answer_to_a_resolved_ticket_opens_it_again(rig: MailRig) -> None:
    ticket = await opened(rig)
    await rig.hand_over(ticket, number="7")
    assert await rig.take(_from_desk(rig, ticket, "Subject: it has been resolved", body="")) == "report"
    assert (await rig.ticket()).state is TicketState.RESOLVED
    assert await rig.take(from_ana(f"To: {rig.reply_address(ticket)}", body="No.")) == "message"
    assert (await rig.ticket()).state is TicketState.HANDED_OFF


# desks


def _from_desk(rig: MailRig, ticket: Ticket, *fields: str, body: str, sender: str = SUR) -> bytes:
    return raw_mail(f"From: Sur <{sender}>", f"To: {rig.reply_address(ticket, 'sur')}", *fields, body=body)


async def _copy(rig: MailRig, ticket: Ticket) -> tuple[HandoffState, str | None]:
    [handoff] = (await rig.case(ticket)).handoffs
    return handoff.state, handoff.provider_reference


async def test_a_desk_acknowledges_picks_up_answers_and_resolves(rig: MailRig) -> None:
    ticket = await opened(rig)
    await rig.hand_over(ticket)
    robot = "Auto-Submitted: auto-replied"
    assert await rig.take(_from_desk(rig, ticket, "Subject: [SUR#77] printer", robot, body="We have it.")) == "report"
    assert await _copy(rig, ticket) == (HandoffState.ACCEPTED, "77")
    assert await rig.replies(ticket) == []
    sent = _from_desk(rig, ticket, "Subject: [SUR#77] was picked up", robot, body="")
    assert await rig.take(sent, sender="") == "report"
    assert await _copy(rig, ticket) == (HandoffState.PICKED_UP, "77")
    sent = _from_desk(rig, ticket, "Subject: Re: [SUR#77] printer", body="Pour water on it.\n-- \nEva\nSur S.L.")
    assert await rig.take(sent, sender="eva@agents.sur.example") == "report"
    assert await rig.replies(ticket) == ["Pour water on it."]
    sent = _from_desk(rig, ticket, "Subject: Re: [SUR#77] printer", body="Well done. This has been resolved.")
    assert await rig.take(sent) == "report"
    assert await _copy(rig, ticket) == (HandoffState.RESOLVED, "77")
    assert await rig.replies(ticket) == ["Pour water on it.", "Well done. This has been resolved."]
    assert [owed.delivery.target for owed in await rig.claim(Kind.ANSWER)] == ["mail", "mail"]


async def test_nobody_sees_which_desk_answers_and_its_files_come_along(rig: MailRig) -> None:
    ticket = await opened(rig)
    await rig.hand_over(ticket, number="77")
    file = encoded("application/pdf", b"%PDF-1.4", 'Content-Disposition: attachment; filename="how.pdf"')
    fields = (f"From: Eva of Sur <{SUR}>", f"To: {rig.reply_address(ticket, 'sur')}", "Subject: Re: printer")
    text = raw_mail("Content-Type: text/plain", body="See the file.")
    assert await rig.take(multipart("mixed", text, file, fields=fields)) == "report"
    answer = next(each for each in await rig.messages(ticket) if each.direction is Direction.OUTBOUND)
    assert (answer.author, answer.body, answer.provider) == (None, "See the file.", "sur")
    assert [(each.name, each.media_type) for each in answer.attachments] == [("how.pdf", "application/pdf")]


async def test_an_answer_that_a_desk_marks_as_generated_is_one_but_for_the_acknowledgement(rig: MailRig) -> None:
    ticket = await opened(rig)
    await rig.hand_over(ticket)
    fields = ("Subject: [SUR#77] printer", "Auto-Submitted: auto-generated")
    acknowledgement = _from_desk(rig, ticket, *fields, "Message-ID: <1@sur.example>", body="We have it.")
    assert await rig.take(acknowledgement) == "report"
    assert await rig.take(acknowledgement, "help+it@example.org") == "duplicate"
    assert await rig.replies(ticket) == []
    assert await rig.take(_from_desk(rig, ticket, *fields, "Message-ID: <2@sur.example>", body="Try now.")) == "report"
    assert await rig.replies(ticket) == ["Try now."]


async def test_a_desk_s_mail_without_a_number_or_with_another_is_about_the_thread_s_ticket(rig: MailRig) -> None:
    ticket = await opened(rig)
    await rig.hand_over(ticket, number="77")
    assert await rig.take(_from_desk(rig, ticket, "Subject: [SUR#99] merged", body="Both are one.")) == "report"
    assert await rig.replies(ticket) == ["Both are one."]
    assert await _copy(rig, ticket) == (HandoffState.PICKED_UP, "77")


async def test_a_desk_that_starts_afresh_is_known_by_its_number_if_it_is_authenticated(rig: MailRig) -> None:
    ticket = await opened(rig)
    await rig.hand_over(ticket, number="77")
    sent = raw_mail(SUR_PASSED, f"From: {SUR}", "Subject: [SUR#77] printer", body="Try now.")
    assert await rig.take(sent) == "report"
    assert await rig.replies(ticket) == ["Try now."]
    assert await rig.take(raw_mail(f"From: {SUR}", "Subject: [SUR#77] printer", body="Forged.")) == "quarantined"
    assert await rig.replies(ticket) == ["Try now."]


async def test_a_desk_that_shows_only_our_reference_is_known_by_it_if_it_is_authenticated(rig: MailRig) -> None:
    ticket = await opened(rig)
    await rig.hand_over(ticket)
    fields = (f"From: {SUR}", "Auto-Submitted: auto-replied", f"Subject: [SUR#77] printer [{ticket.reference}]")
    assert await rig.take(raw_mail(*fields, body="We have it.")) == "quarantined"
    assert await rig.take(raw_mail(SUR_PASSED, *fields, body="We have it.")) == "report"
    assert await _copy(rig, ticket) == (HandoffState.ACCEPTED, "77")


async def test_without_numbers_only_the_first_generated_mail_is_an_acknowledgement(rig: MailRig) -> None:
    rig.parts.desks[0] = replace(rig.parts.desks[0], ticket_number=None)
    ticket = await opened(rig)
    await rig.hand_over(ticket)
    generated = "Auto-Submitted: auto-generated"
    first = _from_desk(rig, ticket, generated, "Message-ID: <1@sur.example>", body="We have it.")
    assert await rig.take(first) == "report"
    assert await rig.take(_from_desk(rig, ticket, generated, body="Try now.")) == "report"
    assert await rig.take(b"X-Other-Hop: 1\n" + first) == "duplicate"
    assert await rig.replies(ticket) == ["Try now."]


@pytest.mark.parametrize("state", [HandoffState.REFUSED, HandoffState.UNAVAILABLE, HandoffState.LOST])
async def test_a_desk_that_answers_has_the_ticket_whatever_was_believed(rig: MailRig, state: HandoffState) -> None:
    ticket = await opened(rig)
    await rig.hand_over(ticket, state=state)
    assert await rig.take(_from_desk(rig, ticket, body="Try now.")) == "report"
    assert await rig.replies(ticket) == ["Try now."]
    assert await _copy(rig, ticket) == (HandoffState.PICKED_UP, None)
    assert (await rig.ticket()).state is TicketState.HANDED_OFF


async def test_a_generated_answer_shows_that_its_desk_has_the_ticket(rig: MailRig) -> None:
    ticket = await opened(rig)
    await rig.hand_over(ticket, number="77", state=HandoffState.REFUSED)
    assert await rig.take(_from_desk(rig, ticket, "Auto-Submitted: auto-generated", body="Try now.")) == "report"
    assert await rig.replies(ticket) == ["Try now."]
    assert await _copy(rig, ticket) == (HandoffState.ACCEPTED, "77")


async def test_a_desk_whose_copy_was_withdrawn_waits_for_a_person(rig: MailRig) -> None:
    ticket = await opened(rig)
    copy = await rig.hand_over(ticket)
    await rig.store.record([HandoffFact(copy.id, HandoffState.WITHDRAWN, rig.parts.clock.now())])
    assert await rig.take(_from_desk(rig, ticket, body="Try now.")) == "quarantined"
    [item] = await rig.quarantined()
    assert item.reason == "from the desk sur, about a ticket that it has no more"


async def test_a_desk_s_absence_note_is_noted_and_a_desk_with_no_ticket_waits_for_a_person(rig: MailRig) -> None:
    ticket = await opened(rig)
    await rig.hand_over(ticket)
    note = _from_desk(rig, ticket, "Subject: Out of office", "Auto-Submitted: auto-replied", body="Away.")
    assert await rig.take(note) == "desk_automatic"
    assert [event.ticket_id for event in rig.parts.heard.of(MailNoted)] == [ticket.id]
    assert await rig.take(raw_mail(f"From: {SUR}", "Subject: hello", body="Our new prices")) == "quarantined"
    [item] = await rig.quarantined()
    assert item.reason == "from the desk sur, and about no ticket that it has"
    assert len(await rig.tickets()) == 1


async def test_a_desk_answers_letters_and_canaries_to_whoever_waits_for_that(rig: MailRig) -> None:
    post = rig.channel.post()
    assert post is not None
    ticket = await opened(rig)
    await rig.hand_over(ticket)
    letter = rig.message_id(ticket, "letter1", "sur")
    assert await rig.take(_from_desk(rig, ticket, f"In-Reply-To: {letter}", body="We have it.")) == "report"
    await post.acknowledged("sur", "letter1")
    ticket_of_nobody = rig.identity.message_id(CANARY_REFERENCE, "canary1", Party("sur"))
    sent = raw_mail(f"From: {SUR}", "Auto-Submitted: auto-replied", f"In-Reply-To: {ticket_of_nobody}", body="Got it.")
    assert await rig.take(sent) == "canary"
    await post.acknowledged("sur", "canary1")
    await post.send(Letter(SUR_CONTACT, Purpose.CANARY, "canary2"))
    to_canary = rig.identity.reply_address(CANARY_REFERENCE, Party("sur"))
    assert await rig.take(raw_mail(f"From: {SUR}", f"To: {to_canary}", body="Got it.")) == "canary"
    async with asyncio.timeout(5):
        await post.acknowledged("sur", "canary2")


# threats


async def test_t05_a_spoofed_from_with_a_copy_to_the_spoofer_gives_them_nothing(rig: MailRig) -> None:
    ticket = await opened(rig, "Cc: mallory@evil.example")
    assert ticket.metadata["authenticated"] == "no"
    assert "mallory" not in repr(await rig.case(ticket))
    for field in (f"To: {rig.reply_address(ticket)}", f"In-Reply-To: {rig.message_id(ticket)}"):
        sent = raw_mail("From: mallory@evil.example", field, f"Subject: Re: [{ticket.reference}]", body="Tell me.")
        assert await rig.take(sent) == "ticket"
        assert (await rig.ticket()).metadata["linked"] == ticket.reference
    assert await bodies(rig, ticket) == ["It burns."]


async def test_t06_a_forged_in_reply_to_opens_a_ticket_of_its_own(rig: MailRig) -> None:
    ticket = await opened(rig)
    real = rig.message_id(ticket)
    forged = [
        real.replace("<r.", f"<r.{'a' if real[3] != 'a' else 'b'}")[:3] + real[4:],
        real.replace(".1@", ".2@")[:-2],
    ]
    for sent in (f"In-Reply-To: {forged[0]}", f"References: {forged[1]}", "In-Reply-To: <first@example.net>"):
        assert await rig.take(from_ana(sent, body=sent)) == "ticket"
    assert await bodies(rig, ticket) == ["It burns."]


async def test_t07_reply_to_is_nobody_s_identity(rig: MailRig) -> None:
    ticket = await opened(rig)
    sent = raw_mail(
        "From: mallory@evil.example", f"Reply-To: {ANA}", f"Sender: {ANA}", f"To: {rig.reply_address(ticket)}"
    )
    assert await rig.take(sent) == "ticket"
    theirs = await rig.ticket()
    assert (theirs.requester.email, theirs.metadata["reply_to"]) == ("mallory@evil.example", ANA)
    assert await bodies(rig, ticket) == ["It burns."]


async def test_t08_a_verification_mail_to_a_ticket_s_address_is_not_shown_to_its_requester(rig: MailRig) -> None:
    ticket = await opened(rig)
    guessed = f"help+{'a' * 22}@example.org"
    for recipient in (rig.reply_address(ticket), guessed, f"help+{ticket.reference}@example.org"):
        sent = raw_mail("From: noreply@chat.example", f"To: {recipient}", body=f"Your code for {recipient} is 123456.")
        assert await rig.take(sent, recipient) == "ticket"
    assert await bodies(rig, ticket) == ["It burns."]


@pytest.mark.parametrize("sign", ["Auto-Submitted: auto-replied", "X-Autoreply: yes", "Precedence: auto_reply"])
async def test_t19_absence_notes_are_noted_and_never_answered(rig: MailRig, sign: str) -> None:
    ticket = await opened(rig)
    await rig.claim(Kind.ACKNOWLEDGEMENT)
    assert await rig.take(from_ana(sign, f"To: {rig.reply_address(ticket)}", body="I'm away.")) == "auto_replied"
    assert await rig.take(from_ana(sign, "Subject: away", body="I'm away.")) == "ticket"
    assert await rig.claim(Kind.ACKNOWLEDGEMENT) == []
    assert await bodies(rig, ticket) == ["It burns."]


async def test_t19_our_own_mail_come_back_is_only_noted(rig: MailRig) -> None:
    ticket = await opened(rig)
    sent = raw_mail(f"From: {ADDRESS}", f"To: {ANA}", f"Message-ID: {rig.message_id(ticket)}", body="We have it.")
    assert await rig.take(sent) == "own"
    assert len(await rig.tickets()) == 1


async def test_t19_acknowledgements_end_though_nothing_was_recognised(rig: MailRig) -> None:
    for number in range(6):
        await rig.take(from_ana(f"Subject: Re: your ticket {number}", f"Message-ID: <{number}@example.net>"))
    assert len(await rig.tickets()) == 6
    assert len(await rig.claim(Kind.ACKNOWLEDGEMENT)) == 3


async def test_t19_a_loop_that_nobody_recognises_is_broken_within_an_hour(rig: MailRig) -> None:
    ticket = await opened(rig)
    await rig.hand_over(ticket, number="77")
    to_us = f"To: {rig.reply_address(ticket)}"
    became = [await rig.take(from_ana(to_us, body=f"Thanks {number}.")) for number in range(31)]
    assert became == ["message"] * 29 + ["quarantined"] * 2
    became = [await rig.take(_from_desk(rig, ticket, body=f"Thanks {number}.")) for number in range(31)]
    assert became == ["report"] * 30 + ["quarantined"]
    assert len(await rig.quarantined()) == 3
    rig.parts.clock.at += 3601
    assert await rig.take(from_ana(to_us, body="An hour later.")) == "message"
    assert await rig.take(_from_desk(rig, ticket, body="An hour later.")) == "report"


async def test_t20_a_mail_that_nobody_can_read_delays_no_other_and_is_replayed(rig: MailRig) -> None:
    nested = b"".join(b'Content-Type: multipart/mixed; boundary="%d"\n\n--%d\n' % (n, n) for n in range(2000))
    await rig.hand_in(b"From: mallory@evil.example\n" + nested + b"deep\n")
    await rig.hand_in(from_ana("Subject: printer"))
    await rig.read()
    assert rig.parts.told.read == ["quarantined", "ticket"]
    [item] = await rig.quarantined()
    assert item.reason.startswith("too_deep: ")
    assert await rig.store.release(item.id, rig.parts.clock.now(), "test")
    assert await rig.read() == 1
    assert len(await rig.quarantined()) == 1


async def test_t21_a_reused_message_id_suppresses_nothing(rig: MailRig) -> None:
    same = "Message-ID: <known@example.net>"
    assert (
        await rig.take(raw_mail("From: mallory@evil.example", same, "Subject: printer", body="It burns.")) == "ticket"
    )
    assert await rig.take(from_ana(same, "Subject: printer")) == "ticket"
    assert await rig.take(from_ana(same, "Subject: printer", body="It burns!")) == "ticket"
    assert await rig.take(from_ana(same, "Subject: printer")) == "duplicate"
    assert len(await rig.tickets()) == 3


async def test_mails_without_a_message_id_are_never_taken_for_each_other(rig: MailRig) -> None:
    assert [await rig.take(from_ana("Subject: printer")) for _ in range(2)] == ["ticket", "ticket"]


async def test_t22_no_header_from_outside_sets_anything(rig: MailRig) -> None:
    other = await opened(rig)
    control = (
        "X-Priority: 1",
        "Importance: high",
        "Priority: urgent",
        "X-Category: vip",
        "Keywords: vip",
        f"X-Relevo-Reference: {other.reference}",
        f"X-Relevo-Ticket: {other.id}",
        "X-Relevo-Policy: vip",
        "X-Relevo-Priority: urgent",
        "X-RT-Command: take",
        "Metadata: linked=1",
    )
    assert await rig.take(from_ana("Subject: [priority:urgent] #category vip", *control, body="Command.")) == "ticket"
    ticket = await rig.ticket()
    assert (ticket.category, ticket.priority.label, ticket.policy) == (None, "normal", "default")
    assert ticket.metadata == {"authenticated": "no"}


async def test_category_and_priority_are_the_configuration_s() -> None:
    async with mail_rig(category="post", priority="high") as rig:
        ticket = await opened(rig)
        assert (ticket.category, ticket.priority.label) == ("post", "high")


async def test_t25_a_smuggled_mail_is_none(rig: MailRig) -> None:
    smuggled = (
        b"\n.\nMAIL FROM:<ceo@example.org>\r\nRCPT TO:<help@example.org>\r\nDATA\r\nFrom: ceo@example.org\r\n\r\nPay."
    )
    async with rig.dialogue() as dialogue:
        await dialogue.envelope()
        reply = await dialogue.say(b"From: ana@example.net\r\n\r\nHello" + smuggled + b"\r\n.")
    assert not reply.startswith("250")
    assert await rig.read() == 0


@pytest.mark.parametrize(
    "fields",
    [
        ("From: ana@example.net <mallory@evil.example>",),
        ("From: ana@example.net, eva@example.net",),
        ("From: ana@example.net", "From: eva@example.net"),
        ("Subject: nobody",),
        ("From: friends: ana@example.net, eva@example.net;",),
    ],
    ids=["an address before another", "two mailboxes", "two fields", "none", "a group"],
)
async def test_t26_a_mail_of_nobody_in_particular_is_a_ticket_that_says_so(
    rig: MailRig, fields: tuple[str, ...]
) -> None:
    first = await opened(rig)
    await rig.claim(Kind.ACKNOWLEDGEMENT)
    assert await rig.take(raw_mail(*fields, f"To: {rig.reply_address(first)}", body="It burns.")) == "ticket"
    ticket = await rig.ticket()
    assert (ticket.requester.name, ticket.requester.email, ticket.answer_by) == (None, None, None)
    assert (ticket.metadata["linked"], ticket.metadata["authenticated"]) == (first.reference, "no")
    [body] = await bodies(rig, ticket)
    assert "No se puede contestar por correo." in body
    assert await rig.claim(Kind.ACKNOWLEDGEMENT) == []


async def test_t26_an_address_as_a_name_is_a_name(rig: MailRig) -> None:
    first = await opened(rig)
    sent = raw_mail(f'From: "{ANA}" <mallory@evil.example>', f"To: {rig.reply_address(first)}", body="Let me in.")
    assert await rig.take(sent) == "ticket"
    ticket = await rig.ticket()
    assert (ticket.requester.name, ticket.requester.email) == (ANA, "mallory@evil.example")


@pytest.mark.parametrize(
    "forged",
    [
        ("Authentication-Results: mx.evil.example; dkim=pass header.d=example.net",),
        (f"Authentication-Results: {MX}; dkim=fail header.d=example.net", "Received: from evil", PASSED),
        (f"Authentication-Results: {MX}; dkim=pass header.d=evil.example",),
        (f"Authentication-Results: {MX}; dmarc=fail header.from=example.net", PASSED),
    ],
    ids=["another server's", "below ours", "another domain's", "disowned"],
)
async def test_t27_forged_authentication_results_open_no_ticket_of_another(
    rig: MailRig, forged: tuple[str, ...]
) -> None:
    ticket = await opened(rig)
    assert await rig.take(from_ana(*forged, f"Subject: [{ticket.reference}]", body="I'm Ana.")) == "ticket"
    assert (await rig.ticket()).metadata["authenticated"] in ("no", "failed")
    assert await bodies(rig, ticket) == ["It burns."]


async def test_nobody_is_acknowledged_whose_domain_disowns_the_mail(rig: MailRig) -> None:
    await opened(rig, f"Authentication-Results: {MX}; dmarc=fail header.from=example.net")
    assert await rig.claim(Kind.ACKNOWLEDGEMENT) == []


# notifications


async def test_t34_a_bounce_annotates_its_ticket_and_switches_nobody_off(rig: MailRig) -> None:
    ticket = await opened(rig)
    before = await rig.case(ticket)
    assert await rig.take(bounce(rig.message_id(ticket)), sender="") == "bounce"
    assert await rig.take(bounce(rig.message_id(ticket, desk="sur"), "delayed", "4.4.1"), sender="") == "bounce"
    told = [
        (each.ticket_id, each.party, each.action, each.status, each.hard) for each in rig.parts.heard.of(MessageBounced)
    ]
    assert told == [
        (ticket.id, "requester", "failed", "5.1.1", True),
        (ticket.id, "sur", "delayed", "4.4.1", False),
    ]
    after = await rig.case(ticket)
    assert (after.ticket, after.messages) == (before.ticket, before.messages)
    await rig.take(from_ana("Subject: another"))
    assert len(await rig.claim(Kind.ACKNOWLEDGEMENT)) == 2
    assert len(await rig.tickets()) == 2


async def test_t34_a_forged_bounce_is_about_nobody(rig: MailRig) -> None:
    await opened(rig)
    assert await rig.take(bounce("<r.aaaaaaaaaaaaaaaaaaaaaa.1@example.org>"), sender="") == "notification"
    assert rig.parts.heard.of(MessageBounced) == []
    assert len(await rig.tickets()) == 1


async def test_a_ticket_whose_letter_came_back_goes_to_another_desk(rig: MailRig) -> None:
    ticket = await opened(rig)
    copy = await rig.hand_over(ticket)
    assert await rig.take(bounce(rig.message_id(ticket, copy.id, "sur"), "delayed", "4.4.1"), sender="") == "bounce"
    assert (await rig.ticket()).state is TicketState.HANDED_OFF
    assert await rig.take(bounce(rig.message_id(ticket, copy.id, "sur")), sender="") == "bounce"
    [refused] = (await rig.case(ticket)).handoffs
    assert (refused.state, refused.reason) == (HandoffState.REFUSED, "its letter came back")
    assert (await rig.ticket()).state is TicketState.WAITING
    assert Kind.TICKET in rig.parts.owed
    [owed] = await rig.claim(Kind.TICKET)
    options = [Option(name, Use.NOW, Saying("healthy")) for name in ("sur", "norte")]
    patience = Patience(hedge_at=0.0, give_up_after=5)
    now = rig.parts.clock.now()
    chosen = decide(owed, options, {}, patience, now)
    assert isinstance(chosen, Attempt)
    assert chosen.provider == "norte"
    assert isinstance(decide(owed, options[:1], {}, patience, now), GiveUp)


@pytest.mark.parametrize("letter", ["of a message", "of a copy that it has numbered"])
async def test_a_letter_that_comes_back_takes_no_ticket_from_a_desk_that_has_it(rig: MailRig, letter: str) -> None:
    ticket = await opened(rig)
    copy = await rig.hand_over(ticket, number=None if letter == "of a message" else "77")
    unique = "m1" if letter == "of a message" else copy.id
    assert await rig.take(bounce(rig.message_id(ticket, unique, "sur")), sender="") == "bounce"
    assert (await rig.ticket()).state is TicketState.HANDED_OFF
    [told] = rig.parts.heard.of(MessageBounced)
    assert (told.party, told.hard) == ("sur", True)
