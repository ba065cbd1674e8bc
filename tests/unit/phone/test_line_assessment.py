"""Whether a line keeps its contracted time to answer, what to turn where it doesn't, and what to heed."""

from dataclasses import replace

import pytest

from channels.phone.promise.assessment import Crew, LineAssessment, LineAssessor
from channels.phone.promise.bounds import longest, ringing
from channels.phone.speaking import Speaker
from gateway.core.dialling import Desk
from tests.support.phone_calls import NUMBER, voice_settings

PUBLIC = "https://relevo.example.org"
ACME = Desk("acme", "+34910000001", 15, "1", 10.0)
NORTE = Desk("norte", "+34910000002", 20, "1", 10.0)
SUR = Desk("sur", "+34910000003", 30, "1", 10.0)


def assess(*crews: Crew, public_url: str = PUBLIC, **changes: object) -> LineAssessment:
    settings = voice_settings(**changes)
    return LineAssessor("phone", settings, Speaker(settings, "Ayuntamiento")).assess(crews, public_url)


def warned(*desks: Desk, public_url: str = PUBLIC) -> list[str]:
    return [str(each) for each in assess(Crew("default", desks), public_url=public_url).warnings]


def test_two_desks_as_they_come_keep_a_minute() -> None:
    line = assess(Crew("default", (ACME, replace(NORTE, timeout=15))))
    assert (line.met, line.problem, line.knob, line.warnings) == (True, None, None, ())
    assert line.crews[0].typical.seconds < 60 < line.crews[0].slowest.seconds


def test_whoever_is_dialled_last_the_bound_holds() -> None:
    """The desk that rings shortest may be in doubt, and comes after the others then."""
    settings = voice_settings()
    speaker = Speaker(settings, "Ayuntamiento")
    orders = [(ACME, NORTE, SUR), (NORTE, SUR, ACME), (SUR, ACME, NORTE), (SUR, NORTE, ACME)]
    worst = max(ringing(settings, speaker, order).seconds for order in orders)
    for order in orders:
        assert longest(settings, speaker, order).seconds == pytest.approx(worst)
    assert str(longest(settings, speaker, orders[0]).what) == "a call, until it rings at acme"


def test_the_tightest_knob_is_what_keeps_it() -> None:
    crew = Crew("default", (ACME, NORTE, SUR))
    late = assess(crew, answer_within="120s")
    assert str(late.problem) == "by policy default a caller may wait 123.8s, and 2m are promised"
    assert late.knob is not None
    assert (late.knob.setting, late.knob.now, late.knob.to) == ("providers.sur.voice.timeout", 30, 26)
    assert assess(Crew("default", (ACME, NORTE, replace(SUR, timeout=26))), answer_within="120s").met
    assert not assess(Crew("default", (ACME, NORTE, replace(SUR, timeout=27))), answer_within="120s").met


def test_no_single_setting_is_enough_where_the_last_desk_may_be_another() -> None:
    late = assess(Crew("default", (ACME, ACME)), answer_within="20s")
    assert not late.met
    assert late.knob is None


def test_the_worst_policy_counts() -> None:
    line = assess(Crew("quick", (ACME,)), Crew("slow", (ACME, NORTE)), answer_within="30s")
    assert "by policy slow" in str(line.problem)
    assert [each.crew.policy for each in line.crews] == ["quick", "slow"]


def test_a_policy_without_a_phone_answers_nobody() -> None:
    line = assess(Crew("default", (ACME, NORTE)), Crew("mute", ()))
    assert str(line.problem) == "no provider of policy mute has a phone: give one voice"
    assert line.knob is None


@pytest.mark.parametrize(
    ("desks", "words"),
    [
        pytest.param((ACME,), "only acme has a phone in policy default", id="one desk"),
        pytest.param((replace(ACME, accept_key=None), NORTE), "acme has no accept_key", id="no key"),
        pytest.param(
            (replace(ACME, caller_id="+34910000009"), NORTE), "acme is shown +34910000009, none of the", id="caller id"
        ),
    ],
)
def test_what_is_to_be_heeded(desks: tuple[Desk, ...], words: str) -> None:
    (warning,) = warned(*desks)
    assert warning.startswith(words)


def test_our_own_number_may_be_shown() -> None:
    assert warned(replace(ACME, caller_id=NUMBER), NORTE) == []


def test_twilio_needs_a_public_address() -> None:
    (warning,) = warned(ACME, NORTE, public_url="http://relevo.example.org")
    assert warning.startswith("gateway.public.url is http://relevo.example.org: Twilio")


def test_what_two_policies_have_in_common_is_said_once() -> None:
    mute = replace(ACME, accept_key=None)
    assert len(assess(Crew("a", (mute, NORTE)), Crew("b", (NORTE, mute))).warnings) == 1
