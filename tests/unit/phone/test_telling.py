"""What a call leaves in its ticket, in words."""

from dataclasses import replace

from channels.phone import inputs
from channels.phone.telling import Teller
from tests.support.phone_calls import ACME, CATEGORIES, NORTE, WITH_KEY, Line, World, voice_settings


def teller(line: Line) -> Teller:
    return Teller(line.settings)


def test_the_account_of_a_call_that_the_second_desk_answered() -> None:
    line = Line(World(replace(ACME, provider="a very secret name"), NORTE))
    line.end_dial("busy", after=4)
    line.end_dial("completed", after=100, bridged=True, seconds=80.0, caller_gone=True)
    assert teller(line).account(line.call) == (
        "Centro 1: comunicaba.\n"
        "Centro 2: contestó 24 s después de empezar la llamada.\n"
        "La llamada se atendió tras 24 s de espera; hablaron durante 1 min 20 s."
    )


def test_desks_are_not_named() -> None:
    line = Line(World(replace(ACME, provider="secreta"), replace(WITH_KEY, provider="callada", dial="sip:x@y.example")))
    line.end_dial("no-answer", after=20)
    line.whisper()
    line.end_dial("completed", after=30, bridged=False)
    line.hang_up()
    text = teller(line).account(line.call)
    assert "no contestó en 20 s" in text
    assert "una cola o una máquina" in text
    assert not any(word in text for word in ("secreta", "callada", "sip:", ACME.dial))


def test_each_outcome_has_its_words() -> None:
    line = Line(World(ACME), languages=["en"])
    line.end_dial("failed", after=2)
    line.end_record(9.0)
    line.hang_up()
    assert teller(line).account(line.call) == (
        "Desk 1: could not be reached.\nNobody answered within 2 s; the caller left a message."
    )
    line = Line(World(ACME), languages=["en"])
    line.hang_up()
    line.hear(inputs.NothingMore(line.after(60)))
    assert "The caller hung up after 2 s, before anybody answered." in teller(line).account(line.call)


def test_the_opening_says_who_calls_and_that_nobody_has_proved_it() -> None:
    line = Line(World(ACME), categories=CATEGORIES, notice="Se graba.", ask_reference=True)
    call = replace(line.press("1"), claimed="4829157360")
    assert teller(line).opening(call, joined=False) == (
        "Llamada telefónica del +34600111222 al +34910000000.\n"
        "El número de quien llama es el que muestra la red; nadie ha comprobado que sea suyo.\n"
        "Opción elegida con el teclado: averías.\n"
        "Quien llama ha marcado la referencia 482-915-7360, y no consta que la solicitud sea suya.\n"
        "Quien llama ha oído el aviso de que la llamada puede grabarse."
    )
    assert "ha marcado la referencia de esta solicitud" in teller(line).opening(call, joined=True)
    assert teller(line).subject(call) == "Llamada telefónica: averías"


def test_a_transcription_is_bounded() -> None:
    line = Line(World(ACME))
    text = Teller(voice_settings()).transcription(line.call, "a" * 50_000)
    assert text.startswith("El mensaje tal como lo ha transcrito una máquina")
    assert len(text) < 10_200
