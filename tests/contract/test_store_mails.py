"""Raw mails from their coming in until they are given up, over every engine."""

import asyncio
from dataclasses import replace

import pytest

from gateway.core.delivery import Defer, Finish, HandoffFact, Kind
from gateway.core.events import HandoffChanged, MailNoted
from gateway.core.handoff import HandoffState
from gateway.core.provider import ProviderReport, ReportResult, ReportType
from gateway.core.raw_mail import Kept
from gateway.core.ticket import Acceptance, TicketState
from gateway.store import SqlStore
from tests.support.kept_mails import Reading, new_mail
from tests.support.store import Heard
from tests.support.store_work import Work, follow_up, lease_of, new_ticket

EVERY_OCTET = bytes(range(256)) * 40
DIGEST = "d" * 64


@pytest.fixture
def reading(store: SqlStore) -> Reading:
    return Reading(store)


async def test_a_mail_comes_back_as_it_came(store: SqlStore, reading: Reading) -> None:
    in_row = await reading.keep(new_mail(content=EVERY_OCTET, sender="", recipients=("a@example.org", "ñ@example.org")))
    in_blob = await reading.keep(new_mail(content=None, digest=DIGEST, sender="eva@example.org"))
    unknown = await reading.keep(new_mail(content=b""))
    for mail in (in_row, in_blob, unknown):
        assert await store.raw_mail(mail.id) == mail
    assert await store.raw_mail("0" * 32) is None


async def test_its_reading_is_owed_at_once(reading: Reading) -> None:
    mail = await reading.keep()
    (case,) = await reading.claim(at=1_000.0)
    assert (case.delivery.kind, case.delivery.target, case.delivery.payload) == (Kind.MAIL, "mail", {"mail": mail.id})
    assert (case.ticket, case.messages, case.handoffs) == (None, (), ())
    assert case.delivery.created_at == 1_000.0
    assert await reading.claim() == []


async def test_small_mails_are_taken_up_before_large_ones_that_came_first(reading: Reading) -> None:
    large = await reading.keep(replace(new_mail(content=None, digest=DIGEST), size=1_000_001))
    small = await reading.keep(replace(new_mail(content=None, digest=DIGEST), size=1_000_000))
    claimed = [case.delivery.id for _ in range(2) for case in await reading.claim(limit=1)]
    assert claimed == [small.id, large.id]


async def test_the_same_copy_again_brings_nothing(store: SqlStore, reading: Reading, work: Work) -> None:
    first = await reading.keep(new_mail("7/31"))
    assert await store.keep_mail(new_mail("7/31", content=b"other")) is Kept.DUPLICATE
    assert await store.keep_mail(first) is Kept.DUPLICATE, "whoever didn't hear the answer asks again"
    await reading.keep(new_mail("7/31", channel="other mail"))
    assert await work.owed() == {"mail": 2}
    assert await store.raw_mail(first.id) == first


async def test_copies_of_one_group_are_told_apart(store: SqlStore, work: Work) -> None:
    mails = [new_mail("a"), new_mail("b"), new_mail("a"), new_mail("c"), new_mail("b", channel="other mail")]
    kept = await asyncio.gather(*map(store.keep_mail, mails))
    assert kept == [Kept.NEW, Kept.NEW, Kept.DUPLICATE, Kept.NEW, Kept.NEW]
    assert await work.owed() == {"mail": 4}
    assert [await store.raw_mail(mail.id) is not None for mail in mails] == [True, True, False, True, True]


async def test_what_is_read_leads_to_its_message(store: SqlStore, reading: Reading, work: Work, heard: Heard) -> None:
    mail = await reading.keep()
    (case,) = await reading.claim()
    (receipt,) = await store.accept([new_ticket()])
    noted = MailNoted(at=1_002.0, ticket_id=receipt.ticket_id, channel="mail", kind="own")
    assert await reading.end(case, message_id=receipt.message_id, header_id="<1@example.org>", events=(noted,))
    assert await store.raw_mail(mail.id) == replace(mail, message_id=receipt.message_id, header_id="<1@example.org>")
    assert heard.of(MailNoted) == [noted]
    assert await work.owed() == {"ticket": 1}
    assert not await reading.end(case), "once is enough"
    assert heard.of(MailNoted) == [noted]


async def test_whoever_lost_the_lease_ends_nothing(store: SqlStore, reading: Reading, heard: Heard) -> None:
    mail = await reading.keep()
    (slow,) = await reading.claim(at=1_001.0)
    (other,) = await reading.claim(at=1_005.0)
    late = MailNoted(at=1_006.0, channel="mail", kind="own")
    assert not await reading.end(slow, header_id="<slow@example.org>", events=(late,))
    assert heard.of(MailNoted) == []
    assert await store.raw_mail(mail.id) == mail
    assert await reading.end(other)


async def test_a_crash_after_the_ticket_was_made_repeats_to_the_same_message(store: SqlStore, reading: Reading) -> None:
    await reading.keep()
    (cut_off,) = await reading.claim(at=1_001.0)
    (first,) = await store.accept([new_ticket(key="content of it")])
    (again,) = await reading.claim(at=1_005.0)
    (second,) = await store.accept([new_ticket(key="content of it")])
    assert second == replace(first, acceptance=Acceptance.DUPLICATE)
    assert await reading.end(again, message_id=second.message_id, header_id="<1@example.org>")
    assert not await reading.end(cut_off, message_id=first.message_id)
    assert await store.header_ids(first.ticket_id) == ["<1@example.org>"]


async def test_a_message_that_is_in_a_spool_still_is_waited_for(store: SqlStore, reading: Reading) -> None:
    mail = await reading.keep()
    (case,) = await reading.claim()
    spooled = new_ticket()
    assert not await reading.end(case, message_id=spooled.message.id)
    assert await store.raw_mail(mail.id) == mail
    await store.drain([spooled])
    assert await reading.end(case, message_id=spooled.message.id), "the lease is held still"


async def test_reading_is_put_off_and_taken_up_again(store: SqlStore, reading: Reading) -> None:
    await reading.keep()
    (case,) = await reading.claim()
    assert await store.defer([Defer(lease_of(case), 1_050.0, "the parser is busy", attempted=True)]) == [True]
    assert await reading.claim(at=1_049.0) == []
    (again,) = await reading.claim(at=1_050.0)
    assert (again.delivery.attempts, again.delivery.payload) == (1, case.delivery.payload)


async def test_what_answers_refer_to_is_told_in_order(store: SqlStore, reading: Reading, work: Work) -> None:
    ticket_id, copy = await work.handed_off()
    opened = (await work.case(ticket_id)).messages[0].id
    (further,) = await store.accept([follow_up(ticket_id)])
    await reading.read(message_id=further.message_id, header_id="<further@example.org>")
    for _ in range(2):  # it came to two of our mailboxes
        await reading.read(message_id=opened, header_id="<first@example.org>")
    await reading.read(message_id=opened)
    reference = (await work.copy(ticket_id, copy.id)).provider_reference
    reply = ProviderReport("acme", "r1", ReportType.REPLIED, 1_020.0, provider_reference=reference, body="Reinicie")
    assert await store.report([reply]) == [ReportResult.APPLIED]
    answer = (await work.case(ticket_id)).messages[-1].id
    await reading.read(message_id=answer, header_id="<desk@example.org>")
    assert await store.header_ids(ticket_id) == ["<first@example.org>", "<further@example.org>"]
    assert await store.header_ids("0" * 32) == []


async def test_a_desks_number_leads_to_the_newest_ticket(store: SqlStore, work: Work) -> None:
    first_id, copy = await work.handed_off("acme")
    number = (await work.copy(first_id, copy.id)).provider_reference or ""
    assert await store.ticket_at("acme", number) == first_id
    assert await store.ticket_at("norte", number) is None, "another desk's numbers are others"
    assert await store.ticket_at("acme", f"{number}1") is None
    second = new_ticket()
    assert second.ticket is not None
    await work.accept(second)
    (case,) = await work.claim()
    await work.begin(case, "acme")
    reused = ProviderReport(
        "acme", "r1", ReportType.ACCEPTED, 1_030.0, reference=second.ticket.reference, provider_reference=number
    )
    assert await store.report([reused]) == [ReportResult.APPLIED]
    assert await store.ticket_at("acme", number) == second.ticket.id


async def test_what_is_answered_leads_to_the_first_ticket_that_has_it(store: SqlStore, reading: Reading) -> None:
    (first,) = await store.accept([new_ticket()])
    (second,) = await store.accept([new_ticket()])
    for receipt, header_id in ((second, "<1@example.org>"), (first, "<1@example.org>"), (second, "<2@example.org>")):
        await reading.read(message_id=receipt.message_id, header_id=header_id)
    await reading.read(header_id="<3@example.org>")
    asked = [f"<{number}@example.org>" for number in (1, 2, 3, 4)]
    assert await store.tickets_of_mails(asked) == {asked[0]: first.ticket_id, asked[1]: second.ticket_id}


async def test_a_mail_is_known_again_by_its_bytes_once_it_was_read(store: SqlStore, reading: Reading) -> None:
    (receipt,) = await store.accept([new_ticket()])
    mail, unread = new_mail(fingerprint="f" * 64), new_mail(fingerprint="e" * 64)
    await reading.read(mail, message_id=receipt.message_id, header_id="<1@example.org>")
    await reading.keep(unread)
    again = new_mail(fingerprint="f" * 64, channel="other")
    known = replace(mail, content=None, message_id=receipt.message_id, header_id="<1@example.org>")
    assert await store.read_before(again) == known
    for other in (mail, replace(again, fingerprint=None), replace(again, fingerprint="e" * 64)):
        assert await store.read_before(other) is None


async def test_what_is_known_of_a_sender_is_known_of_the_message(store: SqlStore, reading: Reading) -> None:
    (receipt,) = await store.accept([new_ticket()])
    (on_the_web,) = await store.accept([new_ticket()])
    await reading.read(message_id=receipt.message_id, authenticated="dkim example.org")
    await reading.read(message_id=receipt.message_id)
    asked = [receipt.message_id, on_the_web.message_id]
    assert await store.authenticated(asked) == {receipt.message_id: "dkim example.org"}


async def test_a_letter_that_came_back_owes_its_ticket_to_another(store: SqlStore, work: Work, heard: Heard) -> None:
    ticket_id, copy = await work.handed_off("acme")
    assert not await store.letter_returned("0" * 32, 1_020.0, "its letter came back")
    number = (await work.copy(ticket_id, copy.id)).provider_reference
    assert number, "a desk that has given it a number has it"
    assert not await store.letter_returned(copy.id, 1_020.0, "its letter came back")
    second = await work.accept()
    (case,) = await work.claim()
    letter = await work.begin(case, "acme")
    assert await store.record([HandoffFact(letter.id, HandoffState.ACCEPTED, 1_002.0)]) == [True]
    assert await store.letter_returned(letter.id, 1_020.0, "its letter came back")
    assert (await work.copy(second, letter.id)).state is HandoffState.REFUSED
    assert await work.state(second) is TicketState.WAITING
    assert (await work.owed())["ticket"] == 1
    assert await work.astray() == []
    assert not await store.letter_returned(letter.id, 1_030.0, "its letter came back")
    assert [each.reason for each in heard.of(HandoffChanged)][-1] == "its letter came back"


async def test_how_far_a_mailbox_was_received_is_remembered(store: SqlStore) -> None:
    assert await store.mailbox_position("mail", "INBOX") is None
    await store.save_mailbox_position("mail", "INBOX", "7:31")
    await store.save_mailbox_position("mail", "Correo/ñ", "9:1")
    await store.save_mailbox_position("other mail", "INBOX", "8:2")
    await store.save_mailbox_position("mail", "INBOX", "7:32")
    assert await store.mailbox_position("mail", "INBOX") == "7:32"
    assert await store.mailbox_position("mail", "Correo/ñ") == "9:1"
    assert await store.mailbox_position("other mail", "INBOX") == "8:2"
    together = (store.save_mailbox_position("mail", "INBOX", f"7:{uid}") for uid in (33, 34, 35))
    await asyncio.gather(*together)
    assert await store.mailbox_position("mail", "INBOX") == "7:35"


async def test_what_was_read_long_ago_is_forgotten(store: SqlStore, reading: Reading) -> None:
    old = [await reading.read(new_mail("1"), at=1_010.0), await reading.read(new_mail("2"), at=1_011.0)]
    recent = await reading.read(at=1_020.0)
    foreign = await reading.read(new_mail(channel="other mail"), at=1_010.0)
    unread = await reading.keep()
    assert await store.forget_mails("mail", 1_020.0, 1) == 1
    assert await store.forget_mails("mail", 1_020.0, 10) == 1
    assert await store.forget_mails("mail", 1_020.0, 10) == 0
    assert [await store.raw_mail(mail.id) for mail in old] == [replace(mail, content=None) for mail in old]
    for mail in (recent, foreign, unread):
        assert await store.raw_mail(mail.id) == mail
    assert await store.keep_mail(new_mail("1")) is Kept.DUPLICATE, "that it came stays known"


async def test_the_blob_of_a_mail_is_named_until_it_is_forgotten(store: SqlStore, reading: Reading) -> None:
    await reading.read(new_mail(content=None, digest=DIGEST), at=1_010.0)
    await reading.keep(new_mail(content=None, digest="e" * 64))
    asked = [DIGEST, "e" * 64, "f" * 64]
    assert await store.blobs_named(asked) == {DIGEST, "e" * 64}
    assert await store.forget_mails("mail", 1_011.0, 10) == 1
    assert await store.blobs_named(asked) == {"e" * 64}


async def test_what_is_no_good_text_is_stored_all_the_same(store: SqlStore, reading: Reading) -> None:
    """A NUL has no place in PostgreSQL, half a character in neither engine."""
    mail = await reading.keep(new_mail(sender="a\0\udcff@example.org", recipients=("b\0\ud800@example.org",)))
    kept = await store.raw_mail(mail.id)
    assert kept is not None
    assert kept.origin.sender in ("a\0?@example.org", "a�?@example.org")
    assert kept.origin.recipients == ("b\0?@example.org",)
    (case,) = await reading.claim()
    (receipt,) = await store.accept([new_ticket()])
    assert await reading.end(case, message_id=receipt.message_id, header_id="<\0\udcff@example.org>")
    assert await store.header_ids(receipt.ticket_id) in (["<\0?@example.org>"], ["<�?@example.org>"])


async def test_an_unread_mail_that_nobody_owes_is_astray(store: SqlStore, reading: Reading) -> None:
    await reading.read()
    await reading.withheld()
    lost, owed = await reading.keep(), await reading.keep()
    assert await reading.astray() == []
    cases = {case.delivery.id: case for case in await reading.claim()}
    assert await reading.astray() == [], "what somebody reads is owed"
    assert await store.finish([Finish(lease_of(cases[lost.id]))]) == [True]
    assert await reading.astray() == [lost.id]
    assert await store.audit_these([owed.id, lost.id]) == [lost.id]


async def test_unread_mails_are_audited_page_by_page(store: SqlStore, reading: Reading) -> None:
    mails = [await reading.keep() for _ in range(5)]
    (case, *_) = await reading.claim(limit=1)
    await store.finish([Finish(lease_of(case))])
    pages: list[list[str]] = []
    after: str | None = None
    while not pages or after is not None:
        found, after = await store.audit_mails(after, 2)
        pages.append(found)
    assert pages == [[mails[0].id], [], []]
