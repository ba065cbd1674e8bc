"""In which language somebody is answered."""

import time

import pytest

from channels.email.reading.language import language_of
from tests.support.mails import mail

TEXTS = {
    "es-request": ("es", "Buenos días: desde ayer no puedo entrar en mi cuenta. ¿Me pueden ayudar? Gracias"),
    "es-short": ("es", "Hola, no me funciona el correo. Gracias"),
    "es-formal": ("es", "Estimados señores:\nles ruego que me envíen la factura del mes pasado. Un saludo cordial"),
    "es-without-accents": ("es", "Hola buenas, la impresora de la sala no funciona y necesito imprimir hoy mismo"),
    "en-request": ("en", "Hello, I can't log in to my account since yesterday. Could you please help me? Thanks"),
    "en-short": ("en", "Hi, the printer is not working"),
    "en-typographic": ("en", "I don’t know why it doesn’t start. Please help"),
    "ca": (None, "Bon dia, des d'ahir no puc entrar al meu compte. Em podeu ajudar? Moltes gràcies"),
    "gl": (None, "Bos días: desde onte non podo entrar na miña conta. Pódenme axudar? Moitas grazas"),
    "pt": (None, "Bom dia, desde ontem não consigo entrar na minha conta. Podem ajudar-me? Obrigado"),
    "fr": (None, "Bonjour, je ne peux plus me connecter à mon compte depuis hier. Pouvez-vous m'aider? Merci"),
    "it": (None, "Buongiorno, da ieri non riesco a entrare nel mio conto. Mi potete aiutare? Grazie"),
    "de": (None, "Guten Tag, seit gestern kann ich mich nicht anmelden. Können Sie mir bitte helfen? Danke"),
    "nothing": (None, ""),
    "a-word": (None, "Hola"),
    "numbers": (None, "482-915-7360 / 2026-11-22"),
}


@pytest.mark.parametrize("name", TEXTS)
def test_a_text_tells_its_language_or_none(name: str) -> None:
    language, text = TEXTS[name]
    assert language_of(mail(text=text)) == language


def test_only_what_is_new_in_a_text_counts() -> None:
    quoted = (
        "Gracias, ya funciona todo. Un saludo\n> Hello, the issue with your account is solved. Thanks for your patience"
    )
    assert language_of(mail(text=quoted, reply=quoted.partition("\n")[0])) == "es"


@pytest.mark.parametrize(
    ("fields", "language"),
    [
        pytest.param([("Content-Language", "es")], "es", id="content"),
        pytest.param([("Content-Language", "EN-us, es")], "en", id="first-of-several"),
        pytest.param([("Accept-Language", "es-ES, en-US;q=0.7")], "es", id="accepted"),
        pytest.param([("Accept-Language", "en"), ("Content-Language", "es")], "es", id="content-before-accepted"),
        pytest.param([("Content-Language", "fr"), ("Accept-Language", "en")], "en", id="one-that-we-have"),
        pytest.param([("Content-Language", "fr")], None, id="none-that-we-have"),
        pytest.param([("Content-Language", "")], None, id="empty"),
        pytest.param([("Content-Language", "español")], None, id="no-tag"),
        pytest.param([("Content-Language", "est")], None, id="another-that-begins-alike"),
    ],
)
def test_where_the_text_says_nothing_the_fields_do(fields: list[tuple[str, str]], language: str | None) -> None:
    assert language_of(mail(*fields, text="OK")) == language


def test_a_clear_text_counts_more_than_the_language_of_the_program() -> None:
    _, text = TEXTS["es-request"]
    assert language_of(mail(("Content-Language", "en-US"), text=text)) == "es"


@pytest.mark.parametrize("text", ["a" * 1_000_000, "el " * 300_000, "'" * 1_000_000, "a'" * 500_000])
def test_t17_a_long_text_costs_little(text: str) -> None:
    began = time.process_time()
    language_of(mail(("Content-Language", text), text=text))
    assert time.process_time() - began < 1
