import copy
from pathlib import Path

import pytest

from gateway.core.texts import Saying, Texts, choose_language, language_of

CATALOGUE = """\
msgid ""
msgstr "Language: es"

msgid "Hello {name}"
msgstr "Hola, {name}"

msgid "{name} and {other}"
msgstr "{name} y {other}"
"""


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


def test_a_saying_is_its_english_text_and_can_be_said_in_another_language(texts: Texts) -> None:
    saying = Saying("Hello {name}", name=Saying("{name} and {other}", name="Ana", other="{x}"))
    assert saying == "Hello Ana and {x}"
    assert texts.get("en")(saying) == saying
    assert texts.get("es")(saying) == "Hola, Ana y {x}"
    assert texts.get("es")("Hello {name}", name=saying) == "Hola, Hola, Ana y {x}"


def test_a_copy_of_a_saying_is_one() -> None:
    saying = Saying("Hello {name}", name="{x}")
    twin = copy.deepcopy(saying)
    assert (twin, twin.template, twin.values) == (saying, saying.template, saying.values)


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({}, "en"),
        ({"LANG": "es_ES.UTF-8"}, "es"),
        ({"LANG": "C.UTF-8"}, "en"),
        ({"LANG": "POSIX"}, "en"),
        ({"LANG": "es_ES.UTF-8", "LC_ALL": "en_GB.UTF-8"}, "en"),
        ({"LANG": "en_GB.UTF-8", "LC_ALL": "es_MX"}, "es"),
        ({"LANG": "es_ES@euro", "LC_ALL": ""}, "es"),
        ({"LANG": "es"}, "es"),
    ],
)
def test_the_terminals_language_is_the_locales(environment: dict[str, str], language: str) -> None:
    assert language_of(environment) == language


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
