"""What requesters get by mail: acknowledgements and answers, whole, in their language, from one constant address."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import pytest

from channels.email.answering.files import MOST_BYTES
from channels.email.answering.owed import Owed, owed_in
from channels.email.sending.patience import Patience
from gateway.core.errors import StoreUnavailable
from gateway.core.organisation import Organisation
from gateway.core.post import Deferred, Outcome, Refused, Sent, Unknown
from gateway.core.reference import show_reference
from gateway.core.ticket import Requester
from routing.delivery.engine import ANSWER_LEASE
from tests.support.answering import (
    ANA,
    HELP,
    ScriptedRelay,
    WayOut,
    acknowledgement,
    answer,
    answering,
    files_of,
    text_of,
    way_out,
)
from tests.support.tickets import NOW, make_message
from tests.support.virtual_time import run

DAY = 86_400.0


@pytest.mark.parametrize(
    ("language", "words"), [("es", "Hemos recibido su solicitud"), ("en", "We have your request"), (None, "Hemos")]
)
async def test_an_acknowledgement_says_the_reference_in_the_requesters_language(
    language: str | None, words: str
) -> None:
    relay = ScriptedRelay()
    async with way_out(relay) as way:
        case = acknowledgement(language=language, subject="La impresora")
        await way.answers.acknowledgement(case)
        assert case.ticket is not None
        shown, page = show_reference(case.ticket.reference), way.context.page_of(case.ticket.id)
    ((sender, recipient, _),), (mail,) = relay.given, relay.mails
    assert (sender, recipient) == (HELP, ANA)
    assert mail["Subject"] == f"Re: La impresora [{shown}]"
    assert mail["From"] == f"Ayuntamiento de Vega <{HELP}>"
    assert mail["Auto-Submitted"] == "auto-replied"
    assert words in text_of(mail)
    assert shown in text_of(mail)
    assert page
    assert page in text_of(mail)
    assert way.store.finished
    assert way.counted.sent == ["sent"]


async def test_without_a_web_channel_no_page_is_promised() -> None:
    relay = ScriptedRelay()
    async with way_out(relay, pages=False) as way:
        await way.answers.acknowledgement(acknowledgement())
    assert "/t/" not in text_of(relay.mails[0])


async def test_answers_come_back_to_the_requesters_own_address_and_in_the_thread() -> None:
    relay = ScriptedRelay()
    async with way_out(relay) as way:
        case = answer()
        assert case.ticket is not None
        way.store.header_ids_of[case.ticket.id] = ["<1@client.example>", "<2@client.example>"]
        await way.answers.answer(case)
        reference = case.ticket.reference
        own = way.identity.message_id(reference, case.messages[0].id)
    (mail,) = relay.mails
    assert mail["Reply-To"].addresses[0].addr_spec == way.identity.reply_address(reference)
    assert mail["Message-ID"] == way.identity.message_id(reference, case.delivery.message_id or "")
    assert mail["In-Reply-To"] == "<2@client.example>"
    assert mail["References"].split() == ["<1@client.example>", "<2@client.example>", own]
    assert mail["Auto-Submitted"] is None
    assert mail["Date"].datetime.timestamp() == NOW + 60.0


async def test_the_second_answer_to_somebody_who_never_mailed_follows_the_first() -> None:
    relay = ScriptedRelay()
    async with way_out(relay) as way:
        first = answer("Uno.")
        assert first.ticket is not None
        await way.answers.answer(first)
        await way.answers.answer(answer("Dos.", case=first))
    assert relay.mails[1]["In-Reply-To"] == relay.mails[0]["Message-ID"]


async def test_nothing_in_an_answer_names_the_desk() -> None:
    relay = ScriptedRelay()
    async with way_out(relay) as way:
        await way.answers.answer(answer())
    content = relay.given[0][2] + "".join(map(str, relay.mails)).encode()
    assert b"sur" not in content.lower()
    assert b"Luz" not in content


async def test_files_go_along_with_their_names() -> None:
    relay = ScriptedRelay()
    async with way_out(relay) as way:
        await way.answers.answer(answer("Vea esto.", way.keep(b"%PDF-1.7 \0\xff", "año nuevo.pdf")))
    assert files_of(relay.mails[0]) == {"año nuevo.pdf": b"%PDF-1.7 \0\xff"}


async def test_files_that_are_too_large_or_gone_are_named_and_the_page_has_them() -> None:
    relay = ScriptedRelay()
    async with way_out(relay) as way:
        huge = replace(way.keep(b"x", "vídeo.mp4"), size=26 * 1024 * 1024)
        gone = replace(way.keep(b"y", "acta.pdf"), digest="f" * 64)
        case = answer("Vea esto.", huge, gone, way.keep(b"z", "nota.txt"))
        await way.answers.answer(case)
        assert case.ticket is not None
        page = way.context.page_of(case.ticket.id)
    assert list(files_of(relay.mails[0])) == ["nota.txt"]
    assert "vídeo.mp4, acta.pdf" in text_of(relay.mails[0])
    assert str(page) in text_of(relay.mails[0])


async def test_what_the_server_finds_too_large_goes_without_its_files() -> None:
    relay = ScriptedRelay([Refused("too big", "content", 552, "5.3.4"), Sent("queued")])
    async with way_out(relay) as way:
        await way.answers.answer(answer("Vea esto.", way.keep(b"z" * 2000, "plano.pdf")))
    whole, without = relay.mails
    assert list(files_of(whole)) == ["plano.pdf"]
    assert list(files_of(without)) == []
    assert "plano.pdf" in text_of(without)
    assert whole["Message-ID"] == without["Message-ID"]
    assert way.store.finished


def test_what_takes_longer_than_its_lease_is_in_doubt_before_another_sends_it_too() -> None:
    class Endless(ScriptedRelay):
        async def send(self, envelope_from: str, recipients: Sequence[str], content: bytes) -> Outcome:
            return await asyncio.Future()

    async def whole() -> tuple[WayOut, float]:
        async with way_out(Endless()) as way:
            await way.answers.answer(answer())
            return way, asyncio.get_running_loop().time()

    way, took = run(whole(), seconds=DAY)
    assert 500.0 < took < 600.0
    assert [each.due_at - NOW for each in way.store.deferred] == [300.0]


def test_the_largest_answer_has_its_time_over_a_slow_line() -> None:
    content = Patience().content(MOST_BYTES * 4 // 3 + 1024 * 1024)
    assert content + 8 * Patience().step < ANSWER_LEASE


@pytest.mark.parametrize(
    "refused", [Refused("no such user", "recipient", 550, "5.1.1"), Refused("policy", "content", 554)]
)
async def test_what_is_refused_for_another_reason_is_for_a_person_at_once(refused: Refused) -> None:
    relay = ScriptedRelay([refused])
    async with way_out(relay) as way:
        await way.answers.answer(answer("Vea esto.", way.keep(b"z")))
    assert len(relay.given) == 1
    assert refused.why in way.store.quarantined[0].reason
    assert ANA not in way.store.quarantined[0].reason


@pytest.mark.parametrize(
    ("outcome", "pause"),
    [
        (Deferred("greylisted", "recipient", 451, 300.0), 300.0),
        (Deferred("busy", "content", 451), 15.0),
        (Deferred("no route", "connect"), 15.0),
        (Unknown("no answer to the content"), 300.0),
    ],
)
async def test_what_is_not_taken_now_is_tried_again_as_the_same_mail(outcome: Deferred | Unknown, pause: float) -> None:
    relay = ScriptedRelay([outcome, Sent("queued")])
    async with way_out(relay) as way:
        case = answer("Vea esto.", way.keep(b"z"))
        await way.answers.answer(case)
        (deferred,) = way.store.deferred
        assert (deferred.due_at - NOW, deferred.attempted) == (pause, True)
        way.clock.at = deferred.due_at
        await way.answers.answer(replace(case, delivery=replace(case.delivery, attempts=1, epoch=2)))
    assert relay.given[0] == relay.given[1]
    assert len(way.store.finished) == 1


async def test_after_five_days_a_person_has_to_look() -> None:
    relay = ScriptedRelay([Deferred("full", "recipient", 452)])
    async with way_out(relay) as way:
        way.clock.at = NOW + 5 * DAY
        await way.answers.acknowledgement(acknowledgement())
    assert "not taken for five days" in way.store.quarantined[0].reason


async def test_of_what_may_have_arrived_each_time_three_are_sent() -> None:
    relay = ScriptedRelay([Unknown("no answer to the content")])
    async with way_out(relay) as way:
        case = acknowledgement()
        for attempts in range(3):
            await way.answers.acknowledgement(replace(case, delivery=replace(case.delivery, attempts=attempts)))
    assert [each.due_at - NOW for each in way.store.deferred] == [300.0, 1800.0]
    assert "it may have arrived" in way.store.quarantined[0].reason


async def test_a_relay_that_takes_nothing_of_ours_any_more_quarantines_no_answer() -> None:
    relay = ScriptedRelay([Refused("sender not permitted", "sender", 553, "5.7.1")])
    async with way_out(relay) as way:
        await way.answers.answer(answer())
    assert way.store.quarantined == []
    assert "not permitted" in way.store.deferred[0].reason
    assert [event.type for event in way.store.events] == ["channel.troubled"]


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        (None, "the requester has no address"),
        ("ana@example.org>\r\nRCPT TO:<eve@x.example", "the requester's address is none that mail can be sent to"),
    ],
    ids=["none", "hostile"],
)
async def test_who_has_no_usable_address_is_for_a_person(address: str | None, reason: str) -> None:
    relay = ScriptedRelay()
    async with way_out(relay) as way:
        await way.answers.acknowledgement(acknowledgement(requester=Requester("Ana", address)))
    assert relay.given == []
    assert way.store.quarantined[0].reason == reason


async def test_t23_neither_subject_nor_names_begin_a_header() -> None:
    relay = ScriptedRelay()
    hostile = "x\r\nBcc: eve@x.example\r\n\r\nbody"
    async with way_out(relay) as way:
        way.store.header_ids_of = {}
        case = answer("Texto.", way.keep(b"z", f'"{hostile}'), subject=hostile, requester=Requester(hostile, ANA))
        assert case.ticket is not None
        way.store.header_ids_of[case.ticket.id] = ["<1@x>\r\nBcc: eve@x.example", "<2@client.example>"]
        await way.answers.answer(case)
        await way.answers.acknowledgement(acknowledgement(case))
    for mail, (_, recipient, _) in zip(relay.mails, relay.given, strict=True):
        assert mail["Bcc"] is None
        assert (recipient, mail["To"]) == (ANA, ANA)
        assert mail["References"] is None or "eve" not in mail["References"]
        assert "Bcc: eve@x.example" in mail["Subject"]


async def test_an_unreadable_file_makes_the_mail_wait() -> None:
    relay = ScriptedRelay()
    async with way_out(relay) as way:
        case = answer("Vea esto.", way.keep(b"z"))

        def away(digest: str) -> None:
            raise StoreUnavailable("the folder is away")

        way.blobs.open = away  # type: ignore[assignment, method-assign]
        await way.answers.answer(case)
    assert relay.given == []
    assert "the folder is away" in way.store.deferred[0].reason


def test_a_busy_store_does_not_send_a_mail_twice() -> None:
    way = run(_finished_late(), seconds=60)
    (relay,) = way.relays
    assert isinstance(relay, ScriptedRelay)
    assert len(relay.given) == 1
    assert len(way.store.finished) == 1


async def _finished_late() -> WayOut:
    async with way_out() as way:
        way.store.busy = 3
        await way.answers.acknowledgement(acknowledgement())
        return way


async def test_a_ticket_that_is_gone_is_for_a_person() -> None:
    async with way_out() as way:
        case = acknowledgement()
        await way.answers.acknowledgement(replace(case, ticket=None))
    assert way.store.quarantined[0].reason == "the ticket is gone"


async def test_the_channel_may_have_a_name_of_its_own() -> None:
    relay = ScriptedRelay()
    way = WayOut((relay,), organisation=Organisation("Ayuntamiento"))
    named = WayOut((relay,), settings=way.settings.model_copy(update={"name": "Soporte, técnico"}))
    await named.answers.acknowledgement(acknowledgement())
    assert relay.mails[0]["From"].addresses[0].display_name == "Soporte, técnico"


def test_the_messages_before_are_those_of_the_desk() -> None:
    """The requester's own are theirs to refer to."""
    case = answer("Uno.")
    assert case.ticket is not None
    again = make_message(case.ticket.id, 3)
    second = answering(case.ticket.id, 4, "Dos.")
    messages = (*case.messages, again, second)
    case = replace(case, messages=messages, delivery=replace(case.delivery, message_id=second.id))
    owed = owed_in(case)
    assert isinstance(owed, Owed)
    assert owed.earlier == (messages[0].id, messages[1].id)
