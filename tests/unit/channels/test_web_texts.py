"""Every text that people see has a Spanish translation; none is left over, doubtful, or differs in its placeholders."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po

ROOT = Path(__file__).parents[3]
PLACEHOLDER = re.compile(r"\{\w+\}")
KEYWORDS: dict[str, None] = {"_": None, "mark": None, "language": None}
SOURCES = {
    "channels/web": ["channels/web/*.py", "channels/web/templates/*.html"],
    "gateway/listener": ["gateway/listener/*.py", "gateway/core/problems.py"],
}


def used(patterns: list[str]) -> Iterator[str]:
    for pattern in patterns:
        for path in ROOT.glob(pattern):
            method = "jinja2.ext:babel_extract" if path.suffix == ".html" else "python"
            for _, message, _, _ in extract_from_file(method, path, keywords=KEYWORDS):
                yield message if isinstance(message, str) else message[0]


@pytest.fixture(params=SOURCES)
def folder(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def catalogue(folder: str) -> Catalog:
    with (ROOT / folder / "texts" / "es.po").open("rb") as file:
        return read_po(file, locale="es", abort_invalid=True)


def test_each_text_has_its_translation_and_no_other_is_there(folder: str, catalogue: Catalog) -> None:
    assert {message.id for message in catalogue if message.id} == set(used(SOURCES[folder]))


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
