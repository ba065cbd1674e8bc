"""Every text of the command has a Spanish translation; none is left over, doubtful, or differs in its placeholders."""

import re
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po

import gateway.cli
from gateway.cli.language import say

FOLDER = Path(gateway.cli.__file__).parent
PLACEHOLDER = re.compile(r"\{\w+\}")


def used() -> set[str]:
    keywords: dict[str, None] = {"say": None}
    return {
        str(message)
        for path in FOLDER.rglob("*.py")
        for _, message, _, _ in extract_from_file("python", path, keywords=keywords)
    }


@pytest.fixture(scope="module")
def catalogue() -> Catalog:
    with (FOLDER / "texts" / "es.po").open("rb") as file:
        return read_po(file, locale="es", abort_invalid=True)


def test_each_text_has_its_translation_and_no_other_is_there(catalogue: Catalog) -> None:
    assert {message.id for message in catalogue if message.id} == used()


def test_no_translation_is_empty_doubtful_or_obsolete(catalogue: Catalog) -> None:
    assert not catalogue.obsolete
    for message in catalogue:
        if message.id:
            assert message.string, message.id
            assert not message.fuzzy, message.id


def test_translations_have_the_same_placeholders(catalogue: Catalog) -> None:
    for message in catalogue:
        if message.id:
            assert set(PLACEHOLDER.findall(str(message.string))) == set(PLACEHOLDER.findall(str(message.id)))


@pytest.mark.parametrize(
    ("locale", "said"),
    [("es_ES.UTF-8", "Solo se muestran las 3 más recientes."), ("en_GB.UTF-8", "Only the newest 3 are shown.")],
)
def test_the_terminals_language_is_spoken(locale: str, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", locale)

    assert say("Only the newest {count} are shown.", count=3) == said
