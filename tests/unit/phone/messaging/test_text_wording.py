"""The words of texts that go out, and to whom they go."""

from dataclasses import replace

import pytest

from channels.phone.messaging.owed import Owed, owed_in
from channels.phone.messaging.service import Service
from channels.phone.messaging.splitting import LONGEST, length
from channels.phone.messaging.wording import Wording
from gateway.core.delivery import Case, Kind
from gateway.core.ticket import Attachment, Direction, Requester, Ticket
from tests.support.tickets import make_delivery, make_message, make_ticket

PAGE = "https://help.example.org/t/abc"
OWN = "+34910000000"
TICKET = replace(make_ticket(), reference="4829157360", requester=Requester(phone="+34600111222"))
ANSWER = replace(make_message(TICKET.id, 2, "Pruebe ahora."), direction=Direction.OUTBOUND, provider="sur")
FILE = Attachment("guía.pdf", "application/pdf", 10, "d" * 64)
WORDING = Wording("CAU", None)


def test_an_acknowledgement_says_who_writes_the_reference_and_how_to_stop() -> None:
    said = WORDING.acknowledgement(TICKET, "es", PAGE)
    assert said == (
        "CAU: hemos recibido su mensaje. Su referencia es 482-915-7360. "
        f"Puede seguirlo aquí: {PAGE} Para no recibir más mensajes, responda BAJA."
    )
    assert WORDING.acknowledgement(TICKET, "en", None).endswith("482-915-7360. Reply STOP for no more messages.")


def test_an_answer_is_the_desks_words_and_the_reference() -> None:
    assert WORDING.answer(TICKET, ANSWER, "es", PAGE) == ["Pruebe ahora.\n\nReferencia 482-915-7360"]


def test_files_are_on_the_page_or_are_named() -> None:
    with_file = replace(ANSWER, attachments=(FILE,))
    assert WORDING.answer(TICKET, with_file, "es", PAGE) == [
        f"Pruebe ahora.\n\nLos archivos (1) están aquí: {PAGE}\n\nReferencia 482-915-7360"
    ]
    (alone,) = WORDING.answer(TICKET, with_file, "en", None) or []
    assert "can't be sent in a text message: guía.pdf" in alone


@pytest.mark.parametrize("files", [(), (FILE,)], ids=["text", "with-files"])
def test_a_long_answer_goes_on_where_there_is_a_page(files: tuple[Attachment, ...]) -> None:
    (said,) = WORDING.answer(TICKET, replace(ANSWER, body="palabra " * 400, attachments=files), "es", PAGE) or []
    assert LONGEST - 20 < length(said) <= LONGEST
    assert said.startswith("palabra palabra")
    assert PAGE in said
    assert said.endswith("Referencia 482-915-7360")
    assert ("archivos (1)" in said) == bool(files)


def test_a_long_answer_without_a_page_is_several_messages_but_not_any_number() -> None:
    parts = WORDING.answer(TICKET, replace(ANSWER, body="palabra " * 400), "es", None)
    assert parts is not None
    assert len(parts) == 3
    assert parts[2].endswith("Referencia 482-915-7360")
    assert WORDING.answer(TICKET, replace(ANSWER, body="palabra " * 4000), "es", None) is None


def _owed(ticket: Ticket = TICKET, **metadata: str) -> Owed | str:
    delivery = replace(make_delivery(ticket.id, Kind.ANSWER), message_id=ANSWER.id)
    return owed_in(Case(delivery, replace(ticket, metadata=metadata), (ANSWER,)), OWN)


@pytest.mark.parametrize(
    ("number", "sender", "to"),
    [
        ("+34910000009", "+34910000009", "+34600111222"),
        ("whatsapp:+34910000009", "whatsapp:+34910000009", "whatsapp:+34600111222"),
        ("22622", "22622", "+34600111222"),
        ("anything&else", OWN, "+34600111222"),
    ],
    ids=["number", "whatsapp", "short-code", "nonsense"],
)
def test_it_comes_from_the_number_that_was_written_to(number: str, sender: str, to: str) -> None:
    owed = _owed(number=number)
    assert isinstance(owed, Owed)
    assert (owed.sender, owed.to) == (sender, to)


@pytest.mark.parametrize(
    ("number", "address", "to"),
    [
        ("whatsapp:+525500000000", "whatsapp:+5215512345678", "whatsapp:+5215512345678"),
        ("whatsapp:+525500000000", "whatsapp:+5215512345679", "whatsapp:+525512345678"),
        ("whatsapp:+525500000000", "+5215512345678", "whatsapp:+525512345678"),
        ("+525500000000", "+5215512345678", "+525512345678"),
    ],
    ids=["as-registered", "somebody-elses", "no-whatsapp", "sms"],
)
def test_whatsapp_is_answered_at_the_address_that_wrote(number: str, address: str, to: str) -> None:
    ticket = replace(TICKET, requester=Requester("Ana", phone="+525512345678"))
    owed = _owed(ticket, number=number, **{"from": address})
    assert isinstance(owed, Owed)
    assert (owed.to, owed.phone) == (to, "+525512345678")


def test_a_ticket_that_doesnt_say_is_answered_from_the_channels_first_number() -> None:
    owed = _owed()
    assert isinstance(owed, Owed)
    assert (owed.sender, owed.service) == (OWN, Service.SMS)


def test_what_cant_be_sent_is_for_a_person() -> None:
    delivery = replace(make_delivery(TICKET.id, Kind.ANSWER), message_id=ANSWER.id)
    assert owed_in(Case(delivery), OWN) == "the ticket is gone"
    nobody = replace(TICKET, requester=Requester("Ana"))
    assert owed_in(Case(delivery, nobody, (ANSWER,)), OWN) == "the requester has no number that can be written to"
