"""What a desk's mails say, found by patterns that can't run away."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from channels.email.desk_mail import DeskEvent, DeskReader
from channels.email.threading.claims import Claim, Strategy
from channels.email.threading.tokens import Party
from gateway.core.desk_pattern import DeskPattern
from tests.support.mails import mail

_READER = DeskReader("sur", r"\[SUR#(\d+)\]", r"(?:resuelto|cerrado)", r"asignad[oa] a")


@pytest.mark.parametrize(
    ("subject", "text", "automatic", "event", "number"),
    [
        ("[SUR#77] Recibido", "", True, DeskEvent.ACKNOWLEDGED, "77"),
        ("Recibido", "Su número es [sur#78]", True, DeskEvent.ACKNOWLEDGED, "78"),
        ("[SUR#77] Re: Hola", "Reinicie", False, DeskEvent.REPLIED, "77"),
        ("Re: Hola", "Reinicie", False, DeskEvent.REPLIED, None),
        ("[SUR#77] Resuelto", "", True, DeskEvent.RESOLVED, "77"),
        ("[SUR#77] Hola", "Caso\ncerrado", False, DeskEvent.RESOLVED, "77"),
        ("[SUR#77] Asignado a Luis", "", True, DeskEvent.PICKED_UP, "77"),
        ("Fuera de la oficina", "", True, DeskEvent.NOTHING, None),
        ("[SUR#] Hola", "", True, DeskEvent.NOTHING, None),
    ],
    ids=range(9),
)
def test_events(subject: str, text: str, automatic: bool, event: DeskEvent, number: str | None) -> None:
    read = _READER.read(mail(("Subject", subject), text=text), automatic=automatic)
    assert (read.event, read.number) == (event, number)


def test_what_a_mail_quotes_says_nothing() -> None:
    sent = mail(("Subject", "Re: Hola"), text="Sigue igual\n> [SUR#1] resuelto", reply="Sigue igual")
    assert _READER.read(sent, automatic=False).event is DeskEvent.REPLIED
    assert _READER.claim(sent) is None


def test_a_number_is_a_claim_in_the_desk_s_role() -> None:
    sent = mail(("Subject", "[SUR#77] Hola"))
    assert _READER.claim(sent) == Claim(Strategy.DESK_NUMBER, "77", Party("sur"))


def test_a_desk_without_patterns_has_answers_only() -> None:
    reader = DeskReader("sur")
    assert reader.read(mail(("Subject", "[SUR#77]")), automatic=False).event is DeskEvent.REPLIED
    assert reader.claim(mail(("Subject", "[SUR#77]"))) is None


@pytest.mark.parametrize(
    "pattern",
    [
        r"\[SUR#(\d+)\]",
        r"(?:Caso|Ticket) ?n\.? ?(\d{4,12})",
        r"^INC([0-9]{7})\b",
        r"([A-Z]{2,10}-\d+?)",
        r"[^]x]#(\w+)",
        r"(a|b)",
        r"\((\d+)\)",
        r"[\]*+?](\d)",
    ],
)
def test_patterns_of_use_are_taken(pattern: str) -> None:
    DeskPattern(pattern, groups=1)


@pytest.mark.parametrize(
    ("pattern", "wrong"),
    [
        (r"\d+", "0 groups"),
        (r"(\d)(\d)", "2 groups"),
        (r"(\d", "regular expression"),
        (r"(a+)+", "must not be repeated"),
        (r"(a|a)*b", "must not be repeated"),
        (r"(?:a+){1,9}(b)", "must not be repeated"),
        (r"(a)\1", "reference back"),
        (r"(?=a)(b)", "only"),
        (r"(?P<n>a)", "only"),
        (r"(\d+).*.*", "more than 2 repeats"),
        (r"(\d+).*a{1,500}", "more than 2 repeats"),
        ("(" + "a" * 300 + ")", "longer"),
    ],
    ids=range(12),
)
def test_t17_patterns_that_might_run_away_are_refused(pattern: str, wrong: str) -> None:
    with pytest.raises(ValueError, match=wrong):
        DeskPattern(pattern, groups=1)


@pytest.mark.parametrize("pattern", [r"(.*).*x", r"(\w*)\w*!", r"\d+(\d+)#"])
def test_t17_the_worst_that_is_taken_costs_little(pattern: str) -> None:
    found = DeskPattern(pattern, groups=1)
    started = time.process_time()
    assert found.find("1" * 100_000) is None
    assert time.process_time() - started < 0.5


@given(pattern=st.text(alphabet="ab()[]*+?{}1,|\\d.^", max_size=24))
@settings(max_examples=150, deadline=None)
def test_any_pattern_is_judged_and_none_that_is_taken_hangs(pattern: str) -> None:
    try:
        accepted = DeskPattern(pattern, groups=1)
    except ValueError:
        return
    accepted.find("ab1" * 70 + "!")
