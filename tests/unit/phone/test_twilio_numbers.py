"""Phone numbers: their one form, who may be called or written to (T35), and who wants no more messages."""

import pytest

from channels.phone.twilio.numbers import Objection, Wish, normal_number, objection, shown_number, wish_of

SPAIN = frozenset({"ES"})


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        ("+34 910 00 00 00", "+34910000000"),
        ("910 000 000", "+34910000000"),
        ("whatsapp:+34600111222", "+34600111222"),
        ("0044 20 7946 0000", "+442079460000"),
        ("+5215512345678", "+525512345678"),
        ("+525512345678", "+525512345678"),
        ("tel:+34600111222", "+34600111222"),
    ],
)
def test_a_number_has_one_form(written: str, normal: str) -> None:
    assert normal_number(written, "ES") == normal


@pytest.mark.parametrize(
    "written",
    [
        "",
        "Anonymous",
        "+266696687",
        "+7378742833",
        "+86282452253",
        "sip:ana@pbx.example",
        "client:ana",
        "112",
        "+34",
        "910000000x12",
        "9" * 500,
        "'; DROP TABLE calls",
    ],
)
def test_what_is_withheld_or_none_has_no_form(written: str) -> None:
    assert normal_number(written, "ES") is None


@pytest.mark.parametrize(
    ("caller", "shown"),
    [
        ("+34600111222", "+34600111222"),
        ("+5215512345678", "+525512345678"),
        ("anonymous", None),
        ("+266696687", None),
        ("sip:+34600111222;isub=1@evil.example", None),
        ("sip:ana@evil.example;tel:+34600111222", None),
        ("client:+34600111222", None),
        ("+٣٤٦٠٠١١١٢٢٢", None),
    ],
)
def test_t37_a_caller_shows_a_number_or_none_and_no_address_with_digits_in_it(caller: str, shown: str | None) -> None:
    assert shown_number(caller) == shown


@pytest.mark.parametrize("number", ["+34910000000", "+34600111222"])
def test_t35_an_ordinary_number_of_a_permitted_country_may_be_called(number: str) -> None:
    assert objection(number, SPAIN) is None


@pytest.mark.parametrize(
    ("number", "why"),
    [
        ("+34806123456", Objection.COSTLY),  # premium
        ("+34901234567", Objection.COSTLY),  # shared cost
        ("+34800123456", Objection.COSTLY),  # nobody is called back at a free number
        ("+447012345678", Objection.COUNTRY),
        ("+18765551234", Objection.COUNTRY),  # Jamaica, under the prefix of the United States
        ("+881612345678", Objection.COUNTRY),  # satellite
        ("+34112", Objection.NO_NUMBER),
        ("+34905123456", Objection.NO_NUMBER),
        ("Anonymous", Objection.NO_NUMBER),
    ],
)
def test_t35_what_costs_more_or_is_abroad_is_not_called(number: str, why: Objection) -> None:
    assert objection(number, SPAIN | {"US"}) is why


def test_t35_a_personal_number_costs_more_in_its_own_country_too() -> None:
    assert objection("+447012345678", {"GB"}) is Objection.COSTLY


def test_a_fixed_line_takes_no_texts() -> None:
    assert objection("+34910000000", SPAIN, texts=True) is Objection.NO_TEXTS
    assert objection("+34600111222", SPAIN, texts=True) is None


@pytest.mark.parametrize("text", ["STOP", "stop.", " Baja ", "¡BAJA!", "Darme de baja", "Unsubscribe", "ARRÊT"])
def test_a_word_of_its_own_ends_messages(text: str) -> None:
    assert wish_of(text) is Wish.STOP


@pytest.mark.parametrize(
    "text", ["No pude darme de baja", "stop the printer please", "La baja médica", "", "Ayuda", "sí", "stop" * 20]
)
def test_a_word_among_others_is_a_message(text: str) -> None:
    assert wish_of(text) is None


def test_messages_may_be_wanted_again_and_twilio_may_have_read_it_itself() -> None:
    assert wish_of("Alta") is Wish.START
    assert wish_of("genug", opt_out_type="STOP") is Wish.STOP
    assert wish_of("hilfe", opt_out_type="HELP") is None
