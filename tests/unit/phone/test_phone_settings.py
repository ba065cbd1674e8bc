"""What an administrator may set of the phone, and what is said of mistakes."""

from typing import Any

import pytest
from pydantic import ValidationError

from channels.phone.settings import TextSettings
from gateway.core.dialling import Desk, DialSettings
from tests.support.phone_calls import NUMBER, voice_settings

_ACCOUNT = {"account_sid": f"AC{'0' * 32}", "auth_token": "a token of some length", "numbers": [NUMBER]}


def _complaint(settings: Any, **written: Any) -> str:
    with pytest.raises(ValidationError) as raised:
        settings(**written)
    return str(raised.value.errors()[0]["msg"])


def _dial(**written: Any) -> DialSettings:
    return DialSettings.model_validate(written)


def test_the_short_forms_of_the_documentation_are_taken() -> None:
    settings = voice_settings(answer_within="60s", api="https://api.twilio.com")
    assert (settings.answer_within, settings.languages, settings.voicemail.offer) == (60, ("es",), True)
    assert (settings.callback.offer, settings.callback.countries, settings.callback.most_a_day) == (False, ("ES",), 50)
    assert not settings.voicemail.delete
    texts = TextSettings.model_validate(_ACCOUNT)
    assert (texts.language, texts.category, texts.priority) == ("es", None, "normal")
    assert texts.keep_records == settings.keep_records == 30 * 86_400
    dial = _dial(dial="+34910000001", timeout="15s", accept_key="1")
    assert dial.desk("acme") == Desk("acme", "+34910000001", 15, "1", 10.0)


@pytest.mark.parametrize("destination", ["+34910000001", "sip:cau@acme.es", "sips:cau@acme.es:5061;transport=tls"])
def test_a_desk_has_a_number_or_a_sip_address(destination: str) -> None:
    assert _dial(dial=destination).desk("acme") == Desk("acme", destination, 15)


@pytest.mark.parametrize("wrong", ["910000001", "+34 910", "+3491000000100000", "acme.es", "sip:acme", "sip:a b@c", ""])
def test_anything_else_is_not_dialled(wrong: str) -> None:
    assert "a number with its country's code, such as" in _complaint(_dial, dial=wrong)


def test_a_desks_queue_is_told_from_its_agents_by_a_key_alone() -> None:
    assert "goes with accept_key" in _complaint(_dial, dial="+34910000001", queue_within="40s")
    assert _dial(dial="+34910000001", queue_within="40s", accept_key="1").desk("acme").accept_within == 40


@pytest.mark.parametrize(
    ("written", "complaint"),
    [
        ({"account_sid": "SK0"}, "an Account SID is needed"),
        ({"numbers": ["910000000"]}, "in quotes, such as"),
        ({"numbers": []}, "at least 1"),
        ({"numbers": [NUMBER, NUMBER]}, "twice"),
        ({"keep_records": "0s"}, "greater than or equal to 604800"),
        ({"keep_records": "6d"}, "greater than or equal to 604800"),
        ({"number_languages": {"+34910000009": "en"}}, "not among numbers"),
        ({"languages": ["es", "es"]}, "twice"),
        ({"languages": ["xx"]}, "'es' or 'en'"),
        ({"categories": [{"id": "a", "name": "a"}] * 2}, "twice"),
        ({"categories": [{"id": f"c{each}", "name": "a"} for each in range(8)]}, "at most 7"),
        ({"api": "https://api.twilio.com/"}, "origin"),
        ({"api": "https://user@api.twilio.com"}, "no user"),
        ({"api": "ftp://api.twilio.com"}, "origin"),
        ({"api": "http://api.twilio.com"}, "https is needed"),
        ({"callback": {"countries": ["Spain"]}}, "two letters of a country"),
        ({"callback": {"countries": ["SP"]}}, "two letters of a country"),
        ({"numbers": [f"{NUMBER}\n"]}, "in quotes, such as"),
        ({"numbers": ["+٣٤٩١٠٠٠٠٠٠٠"]}, "in quotes, such as"),
        ({"audio": {"notice": {"es": "a.mp3"}}}, "goes with notice"),
        ({"audio": {"hello": {"es": "a.mp3"}}}, "'greeting'"),
    ],
)
def test_mistakes_are_found(written: dict[str, Any], complaint: str) -> None:
    assert complaint in _complaint(voice_settings, **written)


def test_a_category_that_is_no_longer_there_is_none() -> None:
    settings = voice_settings(categories=[{"id": "fault", "name": "averías", "priority": "high"}])
    category = settings.category("fault")
    assert category is not None
    assert (category.priority, settings.category("gone"), settings.category(None)) == ("high", None, None)
