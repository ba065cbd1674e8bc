from pathlib import Path

import pytest

from gateway.core.texts import Texts, choose_language

CATALOGUE = 'msgid ""\nmsgstr ""\n"Language: es\\n"\n\nmsgid "Hello {name}"\nmsgstr "Hola, {name}"\n'


@pytest.fixture
def texts(tmp_path: Path) -> Texts:
    (tmp_path / "es.po").write_text(CATALOGUE, encoding="utf-8")
    return Texts(tmp_path)


def test_a_text_is_translated_and_filled(texts: Texts) -> None:
    assert texts.get("es")("Hello {name}", name="Ana") == "Hola, Ana"
    assert texts.get("en")("Hello {name}", name="Ana") == "Hello Ana"
    assert texts.languages == ("en", "es")


def test_an_unknown_language_or_text_falls_back_to_english(texts: Texts) -> None:
    assert texts.get("pt")("Hello {name}", name="Ana") == "Hello Ana"
    assert texts.get("es")("Good bye") == "Good bye"


@pytest.mark.parametrize(
    ("accepted", "chosen"),
    [
        ("", "es"),
        ("en", "en"),
        ("en-GB,en;q=0.9,es;q=0.1", "en"),
        ("es-MX", "es"),
        ("ES", "es"),
        ("de,en;q=0.2", "en"),
        ("de", "es"),
        ("en;q=0, *", "es"),
        ("en;q=0.5, es;q=0.4", "en"),
        ("en;q=nonsense", "es"),
        ("en;q=nan", "es"),
        (";;;,,,=", "es"),
        ("x" * 10_000 + ",en", "es"),
    ],
)
def test_accept_language(accepted: str, chosen: str) -> None:
    assert choose_language(("es", "en"), accepted) == chosen
