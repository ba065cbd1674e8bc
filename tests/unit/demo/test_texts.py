"""Both languages say everything, with the same blanks to fill."""

import string

import pytest

from gateway.demo.desk.faults import FAULTS
from gateway.demo.desk.texts import FAULT_TEXTS, preferred_language
from gateway.demo.desk.texts import TEXTS as PAGE_TEXTS
from gateway.demo.desk.ticket import DeskState
from gateway.demo.outage import Outage
from gateway.demo.texts import TEXTS, language_of


def blanks(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_the_terminal_speaks_both_languages() -> None:
    assert TEXTS["es"].keys() == TEXTS["en"].keys()
    assert {key: blanks(text) for key, text in TEXTS["es"].items()} == {
        key: blanks(text) for key, text in TEXTS["en"].items()
    }
    assert set(Outage) <= TEXTS["en"].keys()


def test_the_page_speaks_both_languages() -> None:
    assert PAGE_TEXTS["es"].keys() == PAGE_TEXTS["en"].keys()
    assert set(DeskState) <= PAGE_TEXTS["en"].keys()
    assert list(FAULT_TEXTS["es"]) == list(FAULT_TEXTS["en"]) == list(FAULTS)


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({}, "en"),
        ({"LANG": "es_ES.UTF-8"}, "es"),
        ({"LANG": "C.UTF-8"}, "en"),
        ({"LANG": "es_ES.UTF-8", "LC_ALL": "en_GB.UTF-8"}, "en"),
        ({"LANG": "en_GB.UTF-8", "LC_ALL": "es_MX"}, "es"),
        ({"LANG": "es_ES", "LC_ALL": ""}, "es"),
    ],
)
def test_the_terminals_language_is_the_locales(environment: dict[str, str], language: str) -> None:
    assert language_of(environment) == language


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("", "en"),
        ("es", "es"),
        ("es-MX,es;q=0.9,en;q=0.8", "es"),
        ("en;q=0.3, es-419;q=0.4", "es"),
        ("en-GB,es", "en"),
        ("fr, de;q=0.5", "en"),
        ("es;q=0", "en"),
        ("es;q=much", "en"),
        ("es;level=1", "en"),
        (";;,,=", "en"),
    ],
)
def test_the_pages_language_is_the_browsers(accepted: str, language: str) -> None:
    assert preferred_language(accepted) == language
