"""How long a caller waits at most, term by term, and the calls that it is true of."""

from pathlib import Path

import pytest

from channels.phone import inputs
from channels.phone.promise.bounds import WORST_WEBHOOK, ringing
from channels.phone.speaking import Speaker
from channels.phone.spoken import seconds_of
from tests.support.phone_calls import ACME, CATEGORIES, NORTE, NUMBER, WITH_KEY, Line, World, voice_settings

_GREETING = len("Ayuntamiento. Gracias por llamar.") / 12
_CONNECTING = len("Un momento, por favor. Le pasamos con un agente.") / 12
_ANOTHER = len("Estamos llamando a otro equipo para atenderle. No cuelgue, por favor.") / 12


def _speaker(**changes: object) -> Speaker:
    return Speaker(voice_settings(**changes), "Ayuntamiento")


def test_each_desk_before_rings_in_vain() -> None:
    bound = ringing(voice_settings(), _speaker(), [ACME, NORTE])
    assert {term.formula: term.seconds for term in bound.terms} == pytest.approx(
        {"M": 0, "v": _GREETING + _CONNECTING + _ANOTHER, "S + t + c": 23, "S": 3, "n w": 1.0}
    )
    assert str(bound.what) == "a call, until it rings at norte"


def test_a_queue_is_waited_for_besides() -> None:
    bound = ringing(voice_settings(), _speaker(), [WITH_KEY, NORTE])
    once_more = len("Llamada de Ayuntamiento. Pulse 1 para atenderla.") / 12 + 2 + 1
    assert [(term.formula, term.seconds) for term in bound.terms[3:]] == [
        ("A", pytest.approx(30 + once_more)),
        ("S", 3),
        ("n w", 1.5),
    ]


@pytest.mark.parametrize("pressed_after", [0.0, 7.0, 29.9])
def test_an_agent_is_never_asked_for_longer_than_that(pressed_after: float) -> None:
    """The words of an organisation with a long name take longer, so they are said less often."""
    name = "Ayuntamiento de la Muy Noble y Muy Leal Ciudad de Santa Cruz de Tenerife"
    settings, line = voice_settings(), Line(World(WITH_KEY))
    speaker = Speaker(settings, name)
    line.whisper()
    waited_for = ringing(settings, speaker, [WITH_KEY, NORTE]).terms[3]
    asked = speaker.answer_to(inputs.WhisperKeys(line.now + pressed_after, line.step, "7"), line.call)
    assert waited_for.formula == "A"
    assert pressed_after + seconds_of(asked) <= waited_for.seconds


def test_the_primary_alone_rings_after_what_is_said() -> None:
    bound = ringing(voice_settings(), _speaker(), [ACME])
    assert bound.seconds == pytest.approx(_GREETING + _CONNECTING + 3 + 0.5)


def test_menus_are_said_to_their_end_in_the_longest_language() -> None:
    changes = {"languages": ["es", "en"], "categories": CATEGORIES, "ask_reference": True}
    bound = ringing(voice_settings(**changes), _speaker(**changes), [ACME], WORST_WEBHOOK)
    shortest = ringing(voice_settings(**changes, number_languages={NUMBER: "en"}), _speaker(**changes), [ACME])
    assert bound.terms[0].seconds > shortest.terms[0].seconds > 5
    assert bound.terms[-1].seconds == 3 * WORST_WEBHOOK
    assert "keying in a reference is the caller's own time" in map(str, bound.assumptions)
    assert not any("recording" in assumption for assumption in bound.assumptions)


def test_the_longest_language_counts_wherever_it_stands() -> None:
    changes = {"languages": ["en", "es"]}
    bound = ringing(voice_settings(**changes), _speaker(**changes), [ACME, NORTE])
    assert bound.terms[1].seconds == pytest.approx(_CONNECTING + _ANOTHER)


def test_recordings_take_as_long_as_is_assumed_of_them(tmp_path: Path) -> None:
    changes = {"audio": {"connecting": {"es": tmp_path / "un-momento.mp3"}}}
    bound = ringing(voice_settings(**changes), _speaker(**changes), [ACME])
    assert bound.terms[1].seconds == pytest.approx(_GREETING + 10)
    assert "a recording to be played lasts at most 10s" in map(str, bound.assumptions)


def test_the_last_desk_need_not_answer_for_it() -> None:
    slow = ringing(voice_settings(), _speaker(), [ACME, WITH_KEY])
    assert "nobody at acme presses the key" not in [str(term.words) for term in slow.terms]
