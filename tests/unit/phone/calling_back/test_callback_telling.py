"""What a call back leaves in its ticket: what was tried, with what result, and nothing of who the desks are."""

import pytest

from channels.phone.calling_back import inputs
from channels.phone.calling_back.callback import Refusal
from channels.phone.calling_back.telling import CallbackTeller
from tests.support.calls_back import NOON, CallingBackLine, new_callback

TELLER = CallbackTeller()


def account(line: CallingBackLine) -> list[str]:
    told = TELLER.account(line.callback)
    assert "acme" not in told
    assert line.callback.number not in told
    return told.splitlines()


def test_of_one_who_was_spoken_with() -> None:
    line = CallingBackLine()
    line.begin()
    line.end_desk("busy")
    line.accept()
    line.answer()
    line.end_requester(90, bridged=True)
    assert account(line) == [
        "Centro 1: comunicaba.",
        "Centro 2: un agente atendió la llamada y la persona contestó.",
        "Llamada devuelta 27 s después de pedirla; hablaron 1 min 31 s.",
    ]


def test_of_one_who_did_not_answer_in_english() -> None:
    line = CallingBackLine(callback=new_callback(language="en"), tries=2)
    line.in_vain()
    line.in_vain()
    assert account(line) == [
        "Desk 1: an agent took the call, and the person did not answer. (2 times)",
        "Called back in vain: the person did not answer. Calls: 2.",
    ]


def test_a_desk_has_one_number_in_all_rounds() -> None:
    line = CallingBackLine(pause="10m")
    for first, second in (("busy", "no-answer"), ("busy", "failed"), ("completed", "failed")):
        line.begin()
        line.end_desk(first)
        line.end_desk(second)
    assert account(line) == [
        "Centro 1: comunicaba. (2 veces)",
        "Centro 2: no contestó.",
        "Centro 2: no se pudo establecer la llamada. (2 veces)",
        "Centro 1: respondió una cola o una máquina, y nadie atendió la llamada.",
        "Llamada sin devolver: ningún agente la atendió en 20 min 34 s.",
        "La persona espera una llamada.",
    ]


@pytest.mark.parametrize("refusal", list(Refusal), ids=str)
@pytest.mark.parametrize("language", ["es", "en"])
def test_every_reason_has_its_words(refusal: Refusal, language: str) -> None:
    line = CallingBackLine(callback=new_callback(language=language))
    line.hear(inputs.Refused(NOON, refusal))
    reason, waits = account(line)
    assert reason.startswith("No se devuelve" if language == "es" else "Not called back")
    assert waits == ("La persona espera una llamada." if language == "es" else "The person is waiting for a call.")


def test_whoever_did_not_ask_himself_does_not_wait() -> None:
    line = CallingBackLine(callback=new_callback(asked_by="acme"))
    line.hear(inputs.Refused(NOON, Refusal.COSTLY))
    assert len(account(line)) == 1
