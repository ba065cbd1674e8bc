"""What a webhook, and Twilio's list, say of a message that came in; and what a ticket makes of it."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import pytest

from channels.phone.messaging.acknowledgements import Acknowledgements
from channels.phone.messaging.files import Fetched
from channels.phone.messaging.incoming import Incoming, listed, read, told, written
from channels.phone.messaging.service import Service, service_of
from channels.phone.messaging.wording import TEXTS_FOLDER
from channels.phone.messaging.words import Words
from channels.phone.settings import TextSettings
from channels.phone.twilio.form import Form
from channels.phone.twilio.numbers import Wish
from channels.phone.twilio.records import MessageRecord
from gateway.core.texts import Texts
from gateway.core.ticket import Requester
from tests.support.tickets import NOW
from tests.support.twilio_api import ACCOUNT_SID, AUTH_TOKEN

ANA = "+34600111222"
FORM = {"MessageSid": "SM1", "From": ANA, "To": "+34910000000", "Body": "Hola"}
HOLA = Incoming("SM1", ANA, "+34910000000", "Hola", NOW)


def _told(**form: str) -> Incoming:
    return told(Form({**FORM, **form}), NOW)


def _words(**settings: object) -> Words:
    account = {"account_sid": ACCOUNT_SID, "auth_token": AUTH_TOKEN, "numbers": ["+34910000000"]}
    read_settings = TextSettings.model_validate(account | settings)
    return Words("texts", read_settings, Texts(TEXTS_FOLDER), Acknowledgements(read_settings, b"k" * 32))


@pytest.mark.parametrize(
    ("form", "changes"),
    [
        ({}, {}),
        ({"NumMedia": "2"}, {"files": 2}),
        ({"NumMedia": "99999"}, {"files": 10}),
        ({"NumMedia": "-1"}, {}),
        ({"ProfileName": "Ana\u202e Pérez\n"}, {"name": "Ana Pérez"}),
        ({"Latitude": "40.4", "Longitude": "-3.7", "Label": "Sol"}, {"place": "40.4, -3.7, Sol"}),
        ({"Latitude": "40.4"}, {}),
        ({"OptOutType": "STOP"}, {"opt_out_type": "STOP"}),
    ],
    ids=["plain", "files", "too-many-files", "odd-files", "name", "place", "half-a-place", "opt-out"],
)
def test_what_a_webhook_tells(form: Mapping[str, str], changes: Mapping[str, object]) -> None:
    expected: dict[str, Any] = {**asdict(HOLA), **changes}
    assert _told(**form) == Incoming(**expected)


def test_twilios_list_tells_the_same_but_for_names() -> None:
    record = MessageRecord("SM1", ANA, "+34910000000", "Hola", "inbound", "received", NOW, 1)
    assert listed(record) == _told(NumMedia="1")


def test_it_is_kept_as_it_is() -> None:
    whole = _told(NumMedia="1", ProfileName="Ana", Latitude="1", Longitude="2", OptOutType="STOP")
    assert read(written(whole)) == whole


@pytest.mark.parametrize(
    ("party", "phone", "service"),
    [
        (ANA, ANA, Service.SMS),
        (f"whatsapp:{ANA}", ANA, Service.WHATSAPP),
        ("22622", None, Service.SMS),
        ("BANCO", None, Service.SMS),
        ("+266696687", None, Service.SMS),
    ],
    ids=["number", "whatsapp", "short-code", "name", "withheld"],
)
def test_who_can_be_answered(party: str, phone: str | None, service: Service) -> None:
    assert _told(From=party).phone == phone
    assert service_of(party) is service


@pytest.mark.parametrize(
    ("body", "files", "wish"),
    [
        ("BAJA", "0", Wish.STOP),
        ("Stop.", "0", Wish.STOP),
        ("alta", "0", Wish.START),
        ("BAJA", "1", None),
        ("", "0", None),
    ],
    ids=["baja", "stop", "alta", "with-a-file", "empty"],
)
def test_what_is_a_wish_about_further_messages(body: str, files: str, wish: Wish | None) -> None:
    assert _told(Body=body, NumMedia=files).wish is wish


def test_a_new_ticket() -> None:
    message = _words().first(_told(Body="No me funciona el correo.\n¿Qué hago?", ProfileName="Ana"), Fetched(), None)
    assert message.subject == "No me funciona el correo."
    assert message.body == "No me funciona el correo.\n¿Qué hago?"
    assert message.requester == Requester("Ana", phone=ANA)
    assert (message.language, message.answer_by, message.received_at) == ("es", "texts", NOW)
    assert message.metadata == {"number": "+34910000000", "sender": "not proved"}
    assert not message.acknowledge


def test_t37_only_whatsapps_numbers_are_proved() -> None:
    message = _words().first(_told(From=f"whatsapp:{ANA}", To="whatsapp:+34910000000"), Fetched(), None)
    assert message.metadata == {"number": "whatsapp:+34910000000"}


def test_its_language_is_its_own_where_that_can_be_told() -> None:
    english = _told(Body="Hello, I can't read my email since this morning")
    assert _words().first(english, Fetched(), None).language == "en"
    assert _words(language="en").first(_told(Body="ok"), Fetched(), None).language == "en"


def test_what_has_no_words_says_so() -> None:
    empty = _words().first(_told(Body=" \n", NumMedia="1"), Fetched(coming=1), None)
    assert empty.subject == "Mensaje con archivos"
    assert empty.body.startswith(
        "(Este mensaje no tiene texto.)\n\n[Archivos de este mensaje que aún no han llegado: 1."
    )
    place = _words().first(_told(Body="", Latitude="1", Longitude="2"), Fetched(lost=1), "4829157360")
    assert place.subject == "Mensaje sin texto"
    assert "[El remitente está aquí: 1, 2]" in place.body
    assert "no se han podido recoger: 1" in place.body
    assert place.metadata["linked"] == "4829157360"


def test_who_has_no_number_is_not_answered() -> None:
    message = _words(acknowledge=True).first(_told(From="BANCO"), Fetched(), None)
    assert message.answer_by is None
    assert message.metadata["from"] == "BANCO"
    assert not message.acknowledge


def test_a_number_that_whatsapp_writes_in_its_own_way_is_kept_so() -> None:
    assert "from" not in _words().first(_told(From=f"whatsapp:{ANA}"), Fetched(), None).metadata
    mexican = _words().first(_told(From="whatsapp:+5215512345678"), Fetched(), None)
    assert (mexican.requester.phone, mexican.metadata["from"]) == ("+525512345678", "whatsapp:+5215512345678")


@pytest.mark.parametrize(
    ("sender", "service", "told_so"),
    [
        (ANA, Service.SMS, True),
        ("+33612345678", Service.SMS, False),
        ("+34803112233", Service.SMS, False),
        ("+34910000001", Service.SMS, False),
        ("+34910000001", Service.WHATSAPP, True),
    ],
    ids=["mobile", "another-country", "premium", "landline", "landline-with-whatsapp"],
)
def test_t35_who_is_told_automatically(sender: str, service: Service, told_so: bool) -> None:
    incoming = _told(From=service.written(sender))
    assert bool(_words(acknowledge=True).first(incoming, Fetched(), None).acknowledge) is told_so
    assert not _words().first(incoming, Fetched(), None).acknowledge


def test_the_same_message_has_the_same_key_whoever_tells_of_it() -> None:
    words = _words()
    first = words.first(_told(), Fetched(), None)
    other = words.further(_told(Body="otra cosa"), Fetched(), "t")
    assert first.dedupe == other.dedupe
    assert words.late_files(_told(), Fetched(lost=1), "t").dedupe != first.dedupe
