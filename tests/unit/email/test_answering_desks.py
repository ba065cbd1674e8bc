"""Letters to help desks: a ticket, what is written later, a withdrawal, a canary; and how their answers are awaited."""

import asyncio
from dataclasses import replace

import pytest

from channels.email.answering.desk_tag import tag_of
from channels.email.threading.tokens import Party
from gateway.core.delivery import Case
from gateway.core.handoff import Handoff, HandoffState
from gateway.core.ids import new_id
from gateway.core.post import Deferred, Letter, Purpose, Refused, Sent, Unknown
from gateway.core.reference import CANARY_REFERENCE, show_reference
from gateway.core.ticket import Priority
from tests.support.answering import HELP, SUR, ScriptedRelay, answer, files_of, text_of, way_out
from tests.support.tickets import NOW, make_case, make_handoff, make_message, make_ticket
from tests.support.virtual_time import run

DESK = Party("sur")


def handed(case: Case, **changes: object) -> Handoff:
    return make_handoff(case, "sur", HandoffState.STARTED, **changes)


def ticket_letter(case: Case, handoff: Handoff) -> Letter:
    return Letter(SUR, Purpose.TICKET, handoff.id, case.ticket, handoff, case.messages)


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("es", ["Una solicitud nueva", "Solicitante: Ana Belén Ortiz", "Teléfono: +34600111222", "Prioridad: alta"]),
        ("en", ["A new request for you", "Requester: Ana Belén Ortiz", "Phone: +34600111222", "Priority: high"]),
    ],
)
async def test_a_ticket_says_who_asks_how_to_reach_them_and_all_that_was_said(language: str, words: list[str]) -> None:
    relay = ScriptedRelay()
    async with way_out(relay) as way:
        case = make_case(
            language=language, category="vpn", priority=Priority.HIGH, metadata={"piso": "3.º"}, subject="VPN"
        )
        assert case.ticket is not None
        handoff = handed(case)
        outcome = await way.post.send(ticket_letter(case, handoff))
        reference = case.ticket.reference
    (mail,) = relay.mails
    assert outcome == Sent("queued")
    assert relay.given[0][:2] == (HELP, "desk@sur.example")
    assert mail["Subject"] == f"VPN [{show_reference(reference)}]"
    assert mail["Message-ID"] == way.identity.message_id(reference, handoff.id, DESK)
    assert mail["Reply-To"].addresses[0].addr_spec == way.identity.reply_address(reference, DESK)
    assert mail["Auto-Submitted"] is None
    assert mail["From"].addresses[0].addr_spec == HELP
    for each in (*words, "ana.ortiz@example.org", "vpn", "piso: 3.º", "No puedo entrar en el correo."):
        assert each in text_of(mail)


async def test_the_same_letter_is_the_same_mail_on_every_try() -> None:
    relay = ScriptedRelay([Unknown("no answer to the content"), Sent("queued")])
    async with way_out(relay) as way:
        case = make_case()
        first = handed(case)
        for handoff in (first, replace(first, attempts=2, started_at=NOW + 900.0)):
            way.clock.at += 900.0
            await way.post.send(ticket_letter(case, handoff))
    assert relay.given[0] == relay.given[1]


async def test_what_another_desk_answered_is_told_as_the_organisations() -> None:
    relay = ScriptedRelay()
    async with way_out(relay) as way:
        case = answer("Reinicie el equipo.")
        told = tuple(replace(each, provider="norte", author="Luz, de Norte") for each in case.messages)
        case = replace(case, messages=told)
        await way.post.send(ticket_letter(case, handed(case)))
    text = text_of(relay.mails[0])
    assert "Ayuntamiento de Vega, 2026-01-01 00:01 UTC" in text
    assert "Norte" not in text
    assert text.index("No puedo entrar") < text.index("Reinicie el equipo.")


async def test_a_further_message_is_in_the_thread_under_the_desks_own_number() -> None:
    relay = ScriptedRelay()
    async with way_out(relay) as way:
        case = make_case(subject="VPN")
        assert case.ticket is not None
        way.store.cases[case.ticket.id] = case
        handoff = handed(case, provider_reference="4711")
        message = replace(make_message(case.ticket.id, 2, "Sigue igual."), attachments=(way.keep(b"log", "vpn.log"),))
        await way.post.send(Letter(SUR, Purpose.MESSAGE, message.id, handoff=handoff, messages=(message,)))
        first = way.identity.message_id(case.ticket.reference, handoff.id, DESK)
    (mail,) = relay.mails
    assert mail["Subject"] == f"Re: VPN [{show_reference(case.ticket.reference)}] [SUR#4711]"
    assert mail["In-Reply-To"] == mail["References"] == first
    assert "Sigue igual." in text_of(mail)
    assert files_of(mail) == {"vpn.log": b"log"}


async def test_a_withdrawal_asks_to_close_it_and_tells_nothing_of_the_ticket() -> None:
    relay = ScriptedRelay()
    async with way_out(relay) as way:
        case = make_case(language="es")
        assert case.ticket is not None
        way.store.cases[case.ticket.id] = case
        handoff = handed(case)
        letter = Letter(SUR, Purpose.WITHDRAWAL, f"{handoff.id}w", handoff=handoff)
        await way.post.send(letter)
        way.clock.at += 900.0
        await way.post.send(letter)
    text = text_of(relay.mails[0])
    assert relay.mails[0]["Date"].datetime.timestamp() == handoff.started_at
    assert "Ahora otro equipo se ocupa" in text
    assert "norte" not in text
    assert "Ana" not in text
    assert relay.given[0] == relay.given[1]


async def test_a_canary_can_be_answered_and_proves_itself() -> None:
    relay = ScriptedRelay()
    async with way_out(relay) as way:
        await way.post.send(Letter(SUR, Purpose.CANARY, "c1"))
        address = way.identity.reply_address(CANARY_REFERENCE, DESK)
    (mail,) = relay.mails
    assert mail["Reply-To"].addresses[0].addr_spec == address
    assert mail["Auto-Submitted"] is None
    assert "[000-000-0000]" in mail["Subject"]
    assert "No hay que hacer nada" in text_of(mail)


async def test_a_letter_that_is_too_large_names_its_files() -> None:
    relay = ScriptedRelay([Refused("too big", "content", 552), Sent("queued")])
    async with way_out(relay) as way:
        case = make_case()
        with_file = replace(case.messages[0], attachments=(way.keep(b"x" * 99, "plano.pdf"),))
        case = replace(case, messages=(with_file,))
        assert await way.post.send(ticket_letter(case, handed(case))) == Sent("queued")
    assert files_of(relay.mails[1]) == {}
    assert "plano.pdf" in text_of(relay.mails[1])


async def test_a_message_of_a_ticket_that_is_gone_is_refused() -> None:
    async with way_out() as way:
        case = make_case()
        message = make_message("", 2)
        outcome = await way.post.send(
            Letter(SUR, Purpose.MESSAGE, message.id, handoff=handed(case), messages=(message,))
        )
    assert isinstance(outcome, Refused)


async def test_an_answer_is_heard_before_and_after_somebody_waits_for_it() -> None:
    async with way_out() as way:
        way.post.heard("sur", "a1")
        await way.post.acknowledged("sur", "a1")
        waiting = asyncio.create_task(way.post.acknowledged("sur", "a2"))
        await asyncio.sleep(0)
        way.post.heard("norte", "a2")
        await asyncio.sleep(0)
        assert not waiting.done()
        way.post.heard("sur", "a2")
        await waiting


async def test_an_answer_that_names_no_letter_answers_those_about_its_reference() -> None:
    async with way_out() as way:
        case = make_case()
        assert case.ticket is not None
        handoff = handed(case)
        await way.post.send(ticket_letter(case, handoff))
        await way.post.send(Letter(SUR, Purpose.CANARY, "c1"))
        way.post.heard_of("sur", case.ticket.reference)
        await way.post.acknowledged("sur", handoff.id)
        canary = asyncio.create_task(way.post.acknowledged("sur", "c1"))
        await asyncio.sleep(0)
        assert not canary.done()
        way.post.heard_of("sur", CANARY_REFERENCE)
        await canary


def test_an_acknowledgement_that_another_gateway_read_is_known_by_what_is_in_the_store() -> None:
    async def acknowledged() -> float:
        async with way_out() as way:
            case = make_case()
            assert case.ticket is not None
            handoff = handed(case)
            way.store.cases[case.ticket.id] = replace(case, handoffs=(handoff,))
            waiting = asyncio.create_task(way.post.acknowledged("sur", handoff.id, case.ticket.id))
            await asyncio.sleep(60.0)
            assert not waiting.done()
            taken = replace(handoff, state=HandoffState.ACCEPTED)
            way.store.cases[case.ticket.id] = replace(case, handoffs=(taken,))
            await waiting
            return asyncio.get_running_loop().time()

    assert run(acknowledged(), seconds=100) <= 65.0


async def test_canaries_are_answered_for_every_gateway_that_shares_the_store() -> None:
    async with way_out() as sends, way_out() as reads:
        reads.store.positions = sends.store.positions
        first, second = new_id(), new_id()
        assert await sends.post.canary_answered("sur") == ""
        reads.post.heard("sur", second, CANARY_REFERENCE)
        reads.post.heard("sur", first, CANARY_REFERENCE)
        reads.post.heard("sur", new_id(), make_ticket().reference)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert await sends.post.canary_answered("sur") == second
        assert await sends.post.canary_answered("norte") == ""
        reads.post.heard_of("sur", CANARY_REFERENCE)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert await sends.post.canary_answered("sur") > second


async def test_only_trouble_with_a_way_in_makes_a_channel_deaf() -> None:
    async with way_out() as way:
        way.troubles.troubled("smtp", "down")
        assert way.post.deaf_until() < NOW
        way.troubles.troubled("imap INBOX", "down")
        way.clock.at = NOW + 60.0
        assert way.post.deaf_until() == NOW + 60.0
        way.troubles.recovered("imap INBOX")
        way.clock.at = NOW + 90.0
        assert way.post.deaf_until() == NOW + 60.0


async def test_an_answer_comes_to_nobody_who_has_stopped_waiting() -> None:
    async with way_out() as way:
        waiting = asyncio.create_task(way.post.acknowledged("sur", "a1"))
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        way.post.heard("sur", "a1")
        await way.post.acknowledged("sur", "a1")


@pytest.mark.parametrize(
    ("pattern", "number", "tag"),
    [
        (r"\[SUR#(\d+)\]", "4711", "[SUR#4711]"),
        (r"Ticket-ID: ([A-Z]+-\d+)", "HD-7", "Ticket-ID: HD-7"),
        (r"\[rt\.sur\.example #(\d+)\]", "9", "[rt.sur.example #9]"),
        (r"ticket\s*#(\d+)", "4711", ""),
        (r"(?:SUR|NORTE)#(\d+)", "4711", ""),
        (r"\[SUR#(\d+)\]", "47x", ""),
        (r"\[SUR#(\d+)\]", None, ""),
        (None, "4711", ""),
        (r"#(.*)", "1\r\nBcc: eve@x.example", ""),
    ],
)
def test_the_desks_mark_is_written_where_its_pattern_says_all_of_it(
    pattern: str | None, number: str | None, tag: str
) -> None:
    assert tag_of(pattern, number) == tag


async def test_a_relay_in_trouble_and_what_another_takes() -> None:
    first, second = ScriptedRelay([Deferred("refused", "connect"), Sent("one")]), ScriptedRelay([Sent("two")])
    async with way_out(first, second) as way:
        assert await way.outbox.send("a@x.example", b"x", HELP) == Sent("two")
        assert await way.outbox.send("a@x.example", b"x", HELP) == Sent("one")
    assert [(event.type, event.data()["part"]) for event in way.store.events] == [
        ("channel.troubled", "smtp"),
        ("channel.recovered", "smtp"),
    ]


@pytest.mark.parametrize(
    ("first", "second", "verdict"),
    [
        (Refused("no", "recipient", 550), Sent("two"), Sent("two")),
        (Refused("no", "recipient", 550), Refused("never", "content", 554), Refused("never", "content", 554)),
        (Refused("no", "recipient", 550), Deferred("down", "connect"), Deferred("down", "connect")),
        (Deferred("down", "connect"), Refused("no", "recipient", 550), Deferred("down", "connect")),
        (Deferred("down", "connect"), Unknown("?"), Unknown("?")),
        (Deferred("grey", "recipient", 451), Sent("two"), Deferred("grey", "recipient", 451)),
        (Unknown("?"), Sent("two"), Unknown("?")),
        (Refused("no permission", "sender", 553), Sent("two"), Sent("two")),
        (
            Refused("no permission", "sender", 553),
            Refused("no", "recipient", 550),
            Refused("no permission", "sender", 553),
        ),
    ],
)
async def test_another_relay_is_asked_only_while_none_may_have_it(
    first: Refused | Deferred | Unknown, second: Sent | Refused | Deferred | Unknown, verdict: object
) -> None:
    async with way_out(ScriptedRelay([first]), ScriptedRelay([second])) as way:
        assert await way.outbox.send("a@x.example", b"x", HELP) == verdict
