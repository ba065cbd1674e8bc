"""The command speaks the terminal's language."""

import pytest

from gateway.cli.language import say
from gateway.core.texts import Saying


@pytest.mark.parametrize(
    ("locale", "said"),
    [
        ("es_ES.UTF-8", "Solo se muestran las 3 más recientes."),
        ("en_GB.UTF-8", "Only the newest 3 are shown."),
        ("ca_ES.UTF-8", "Only the newest 3 are shown."),
    ],
)
def test_the_terminals_language_is_spoken(locale: str, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", locale)

    assert say("Only the newest {count} are shown.", count=3) == said


def test_what_others_have_said_is_said_in_it_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "es_ES.UTF-8")
    problem = Saying("one attempt at {provider}", provider="norte")

    assert say(problem) == "un intento en norte"
    assert say("why: {problem}", problem=problem) == "por qué: un intento en norte"
