"""What callers and agents hear."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from channels.phone import inputs
from channels.phone.answers import Answer, Dial, Gather, Hangup, Play, Record, Redirect, Say
from channels.phone.call import State
from channels.phone.speaking import Speaker
from channels.phone.spoken import is_number, seconds_of, spoken_reference
from gateway.core.dialling import Desk
from tests.support.phone_calls import ACME, CALLER, CATEGORIES, NORTE, NUMBER, WITH_KEY, Line, World, voice_settings


def _words(answer: Answer) -> list[str]:
    """All that is said, prompts included."""
    said: list[str] = []
    for verb in answer:
        prompts = verb.prompts if isinstance(verb, Gather) else (verb,)
        said += [prompt.text for prompt in prompts if isinstance(prompt, Say)]
    return said


def _dial(line: Line) -> Dial:
    dial = line.answer()[-1]
    assert isinstance(dial, Dial)
    return dial


def _at_desk(line: Line, seconds: float) -> Answer:
    return line.speaker.answer_to(inputs.Whispered(line.now + seconds, line.step), line.call)


def test_the_greeting_is_said_once() -> None:
    line = Line(World(ACME, NORTE))
    assert _words(line.answer()) == [
        "Ayuntamiento. Gracias por llamar.",
        "Un momento, por favor. Le pasamos con un agente.",
    ]
    line.end_dial("busy")
    assert _words(line.answer()) == ["Estamos llamando a otro equipo para atenderle. No cuelgue, por favor."]


def test_each_language_is_offered_in_itself() -> None:
    line = Line(World(ACME), languages=["es", "en"])
    gather, redirect = line.answer()
    assert isinstance(gather, Gather)
    assert [(each.text, each.language) for each in gather.prompts[1:] if isinstance(each, Say)] == [
        ("Para español, pulse 1.", "es"),
        ("For English, press 2.", "en"),
    ]
    assert redirect == Redirect(gather.to)


def test_the_notice_is_said_in_the_language_chosen_and_once() -> None:
    notice = {"es": "Se graba.", "en": "It is recorded."}
    line = Line(World(ACME), languages=["es", "en"], categories=CATEGORIES, notice=notice)
    assert not line.call.told_of_recording
    line.press("2")
    assert _words(line.answer())[0] == "It is recorded."
    assert line.call.told_of_recording
    line.press("7")
    assert "It is recorded." not in _words(line.answer())


def test_a_notice_that_a_reload_took_away_is_said_no_more() -> None:
    line = Line(World(ACME), notice="Se graba.")
    assert "Se graba." in _words(line.answer())
    assert len(_words(Speaker(voice_settings(), "Ayuntamiento").answer(line.call))) == 2


def test_the_menu_says_what_there_is() -> None:
    line = Line(World(ACME, call_back=True), categories=CATEGORIES, ask_reference=True, callback={"offer": True})
    assert _words(line.answer())[1:] == [
        "Para averías, pulse 1.",
        "Para facturas, pulse 2.",
        "Si prefiere que le devolvamos la llamada en lugar de esperar, pulse 8.",
        "Si ya tiene una referencia, pulse 9.",
        "O permanezca a la espera.",
    ]


def test_ten_digits_are_waited_for_and_a_wrong_reference_is_said_to_be_wrong() -> None:
    line = Line(World(ACME), ask_reference=True)
    line.press("9")
    gather = line.answer()[0]
    assert isinstance(gather, Gather)
    assert gather.most == 10
    line.press("1")
    assert _words(line.answer()) == ["Esa referencia no es correcta. Marque de nuevo sus diez cifras, por favor."]


def test_an_own_greeting_and_an_own_recording_stand_in_place_of_ours(tmp_path: Path) -> None:
    own: dict[str, Any] = {"greeting": "Buenos días.", "audio": {"connecting": {"es": tmp_path / "un-momento.mp3"}}}
    first, second, _ = Line(World(ACME), **own).answer()
    assert first == Say("Buenos días.", "es")
    assert second == Play("connecting", "es")


def test_own_texts_stand_in_place_of_ours(tmp_path: Path) -> None:
    header = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n\n'
    text = 'msgid "Thank you for calling. Goodbye."\nmsgstr "Hasta luego."\n'
    (tmp_path / "es.po").write_text(header + text, encoding="utf-8")
    line = Line(World(), voicemail={"offer": False})
    assert _words(Speaker(voice_settings(), "Ayuntamiento", tmp_path).answer(line.call))[-1] == "Hasta luego."


def test_a_reference_is_said_digit_by_digit_and_twice() -> None:
    assert spoken_reference("4829157360") == "4 8 2, 9 1 5, 7 3 6 0"
    line = Line(World())
    call = replace(line.call, reference="4829157360")
    assert "4 8 2, 9 1 5, 7 3 6 0. Se la repito: 4 8 2, 9 1 5, 7 3 6 0." in _words(line.speaker.answer(call))[2]


@pytest.mark.parametrize("state", [State.VOICEMAIL, State.CLOSING])
def test_t06_who_keys_a_reference_in_is_told_none(state: State) -> None:
    line = Line(World())
    call = replace(line.call, state=state, reference="4829157360", claimed="4829157360")
    assert not any("7 3 6 0" in words for words in _words(line.speaker.answer(call)))


def test_a_message_is_asked_for_and_asked_for_again() -> None:
    line = Line(World(ACME), voicemail={"longest": "60s", "transcribe": True})
    line.end_dial("busy")
    *_, how, record, redirect = line.answer()
    assert isinstance(how, Say)
    assert "quedará grabado" in how.text
    assert isinstance(record, Record)
    assert (record.longest, redirect) == (60, Redirect(record.to))
    assert record.transcription is not None
    line.end_record()
    assert _words(line.answer())[0] == "No hemos oído nada."


@pytest.mark.parametrize(
    ("caller", "shown"),
    [
        (CALLER, None),
        ("anonymous", NUMBER),
        ("", NUMBER),
        ("+266696687", NUMBER),
        ("sip:alice@example.org", NUMBER),
    ],
)
def test_whoever_hides_his_number_is_shown_as_ours(caller: str, shown: str | None) -> None:
    assert _dial(Line(World(ACME), caller=caller)).caller_id == shown


def test_a_call_that_came_by_another_way_than_a_number_is_shown_as_our_first() -> None:
    assert _dial(Line(World(ACME), caller="", called="sip:cau@example.org")).caller_id == NUMBER


def test_a_desk_may_be_shown_a_number_of_its_own() -> None:
    desk = Desk("acme", "+34910000001", 15, caller_id="+34910000009")
    assert _dial(Line(World(desk))).caller_id == "+34910000009"


def test_numbers_are_told_from_what_stands_for_none() -> None:
    assert is_number(CALLER)
    assert not any(map(is_number, ("+86282452253", "600111222", "+0", "Anonymous", "+34 600")))


def test_the_agent_is_asked_for_the_key_as_long_as_there_is_time_and_then_cut_off() -> None:
    line = Line(World(WITH_KEY))
    line.whisper()
    gather, hangup = _at_desk(line, 0)
    assert isinstance(gather, Gather)
    assert hangup == Hangup()
    assert _words((gather,)) == ["Llamada de Ayuntamiento. Pulse 1 para atenderla."] * 5
    later, _ = _at_desk(line, 25)
    assert _words((later,)) == ["Llamada de Ayuntamiento. Pulse 1 para atenderla."]
    assert _at_desk(line, 30) == (Hangup(),)


def test_the_agent_who_pressed_the_key_is_joined_by_an_empty_document() -> None:
    line = Line(World(WITH_KEY))
    line.press_at_desk("1")
    assert _at_desk(line, 1) == ()


def test_an_agent_who_is_too_late_is_cut_off() -> None:
    line = Line(World(WITH_KEY, NORTE))
    late = inputs.WhisperKeys(line.now, line.step, "1")
    line.end_dial("no-answer")
    line.hear(late)
    assert line.call.legs[0].accepted_at is None
    assert line.speaker.answer_to(late, line.call) == (Hangup(),)


@pytest.mark.parametrize(
    ("keys", "said"),
    [("1", "Le devolveremos la llamada al número desde el que nos llama."), ("2", "Gracias por llamar. Adiós.")],
)
def test_the_last_words_fit_the_outcome(keys: str, said: str) -> None:
    line = Line(World(call_back=True), callback={"offer": True})
    line.press("")
    line.press(keys)
    if keys == "2":
        line.end_record(8.0)
    *_, hangup = line.answer()
    assert said in _words(line.answer())
    assert hangup == Hangup()


def test_that_nobody_can_take_the_call_is_said_once() -> None:
    line = Line(World(call_back=True), callback={"offer": True})
    line.press("")
    nobody = "En este momento nadie puede atender su llamada."
    assert nobody in _words(line.answer())
    line.press("2")
    assert nobody not in _words(line.answer())
    assert nobody in _words(Line(World()).answer())


def test_the_offer_without_voicemail_offers_no_message() -> None:
    line = Line(World(call_back=True), callback={"offer": True}, voicemail={"offer": False})
    line.press("")
    assert _words(line.answer())[-1] == "Si quiere que le devolvamos la llamada a este número, pulse 1."


def test_the_star_key_is_told_of_once_and_asked_about() -> None:
    line = Line(World(ACME, NORTE), star_leaves=True)
    assert "asterisco" in _words(line.answer())[-1]
    assert _dial(line).star_leaves
    line.end_dial("completed")
    assert "pulse 1" in _words(line.answer())[0]
    line.press("1")
    assert "asterisco" not in " ".join(_words(line.answer()))


def test_reports_are_answered_by_nothing_and_a_call_that_is_over_by_a_cut_line() -> None:
    line = Line(World(ACME))
    assert line.speaker.answer_to(inputs.HungUp(0), line.hang_up()) == ()
    assert line.answer() == (Hangup(),)


def test_how_long_an_answer_takes() -> None:
    line = Line(World(WITH_KEY))
    line.whisper()
    at_desk = _at_desk(line, 0)
    sentence = len("Llamada de Ayuntamiento. Pulse 1 para atenderla.") / 12
    assert seconds_of(at_desk) == pytest.approx(5 * (sentence + 2) + 1)
    assert seconds_of((Play("greeting", "es"), Hangup())) == 10
    asked = Line(World(ACME), ask_reference=True)
    asked.press("9")
    words = len("Marque, por favor, las diez cifras de su referencia.") / 12
    assert seconds_of(asked.answer()) == pytest.approx(words + 10 * 8)
    assert seconds_of(Line(World(), voicemail={"longest": "60s"}).answer()) > 60
