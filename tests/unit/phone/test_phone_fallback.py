"""What Twilio does while Relevo is away."""

from xml.etree import ElementTree

from channels.phone.fallback import FallbackWriter
from gateway.core.dialling import Desk
from tests.support.phone_calls import ACME, NORTE, voice_settings

_THANKS = "https://handler.twilio.com/twiml/EH1"


def _documents(
    *desks: Desk, language: str = "es", **changes: object
) -> tuple[ElementTree.Element, ElementTree.Element]:
    fallback = FallbackWriter(voice_settings(**changes), "Ayuntamiento", language).write(desks, _THANKS)
    return ElementTree.fromstring(fallback.call), ElementTree.fromstring(fallback.thanks)


def test_primary_then_backup_then_a_message() -> None:
    call, thanks = _documents(ACME, Desk("sur", "sip:cau@sur.es", 25), NORTE)
    assert [verb.tag for verb in call] == ["Say", "Say", "Dial", "Say", "Record", "Say"]
    dial = call[2]
    assert dial.attrib == {"sequential": "true", "timeout": "25"}
    assert [(each.tag, each.text) for each in dial] == [
        ("Number", ACME.dial),
        ("Sip", "sip:cau@sur.es"),
        ("Number", NORTE.dial),
    ]
    assert [verb.text for verb in thanks] == ["Gracias. Hemos recibido su mensaje.", "Gracias por llamar. Adiós."]


def test_after_a_message_nothing_is_dialled_again() -> None:
    call, _ = _documents(ACME)
    record = call[4]
    assert (record.get("action"), record.get("method"), record.get("maxLength")) == (_THANKS, "GET", "180")


def test_it_speaks_as_the_organisation_does() -> None:
    call, _ = _documents(ACME, language="en", greeting={"en": "Hello.", "es": "Hola."})
    assert (call[0].text, call[0].get("voice")) == ("Hello.", "Polly.Amy")
    call, _ = _documents(ACME)
    assert call[0].text == "Ayuntamiento. Gracias por llamar."
