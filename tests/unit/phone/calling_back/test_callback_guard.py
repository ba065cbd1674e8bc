"""T35: who may be called by us, when, how often and for how much."""

from dataclasses import replace
from typing import Any

import pytest
from pydantic import ValidationError

from channels.phone.calling_back.callback import Refusal
from channels.phone.calling_back.guard import Claimed, line_limit, over_limits, refusal, seconds_of, with_one_more
from gateway.core.calls import CallsMade
from tests.support.calls_back import NOON, CallingBackLine, callback_settings
from tests.support.phone_calls import ACME, NUMBER, WITH_KEY, voice_settings

MOBILE = "+34600111222"
_WORKDAYS = {"timezone": "Europe/Madrid", "open": ["mon-fri 09:00-14:00"]}


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (MOBILE, None),
        ("+34910000001", None),
        ("+34 600 111 222", None),
        (None, Refusal.NO_NUMBER),
        ("", Refusal.NO_NUMBER),
        ("anonymous", Refusal.NO_NUMBER),
        ("+266696687", Refusal.NO_NUMBER),
        ("+34600", Refusal.NO_NUMBER),
        ("sip:ana@pbx.example", Refusal.NO_NUMBER),
        (NUMBER, Refusal.OURS),
        ("+34803111222", Refusal.COSTLY),
        ("+34806111222", Refusal.COSTLY),
        ("+34902111222", Refusal.COSTLY),
        ("+34704123456", Refusal.COSTLY),
        ("+14155552671", Refusal.COUNTRY),
        ("+18765551234", Refusal.COUNTRY),
        ("+881612345678", Refusal.COUNTRY),
        ("+447911123456", Refusal.COUNTRY),
    ],
    ids=str,
)
def test_t35_only_ordinary_subscribers_of_the_permitted_countries_are_called(
    number: str | None, expected: Refusal | None
) -> None:
    assert refusal(Claimed(number, told_by_network=True, attested=False), voice_settings(), NOON) is expected


@pytest.mark.parametrize(
    ("settings", "told", "attested", "expected"),
    [
        ({}, True, False, None),
        ({}, False, True, Refusal.NOT_VERIFIED),
        ({"verification": "attestation"}, True, True, None),
        ({"verification": "attestation"}, True, False, Refusal.NOT_VERIFIED),
        ({"verification": "attestation"}, False, True, Refusal.NOT_VERIFIED),
    ],
)
def test_t35_a_number_that_somebody_wrote_is_never_called(
    settings: dict[str, Any], told: bool, attested: bool, expected: Refusal | None
) -> None:
    assert refusal(Claimed(MOBILE, told, attested), voice_settings(callback=settings), NOON) is expected


def test_t35_nobody_is_called_outside_the_hours() -> None:
    settings, claimed = (
        voice_settings(callback={"hours": _WORKDAYS}),
        Claimed(MOBILE, told_by_network=True, attested=False),
    )
    assert refusal(claimed, settings, NOON) is None
    assert refusal(claimed, settings, NOON + 2 * 3600) is Refusal.HOURS
    assert refusal(claimed, settings, NOON - 86_400) is Refusal.HOURS, "a Sunday"


def test_t35_so_many_calls_a_day_in_all_and_to_one_number() -> None:
    settings = callback_settings(most_a_day=5, most_a_day_each=2)
    assert over_limits(settings, CallsMade(5, 0.0), CallsMade(2, 0.0)) is None
    assert over_limits(settings, CallsMade(6, 0.0), CallsMade(2, 0.0)) is Refusal.MOST_A_DAY
    assert over_limits(settings, CallsMade(3, 0.0), CallsMade(3, 0.0)) is Refusal.MOST_A_DAY_EACH


def test_t35_what_calls_may_cost_at_most_is_never_more_than_the_days_money() -> None:
    settings = callback_settings(longest="10m", price_a_minute=0.10, spend_a_day=5.0)
    assert over_limits(settings, CallsMade(1, 3000.0), CallsMade(1, 3000.0)) is None
    assert over_limits(settings, CallsMade(1, 3001.0), CallsMade(1, 3001.0)) is Refusal.SPEND
    none_made = CallsMade(0, 0.0)
    assert with_one_more(none_made, settings) == CallsMade(1, 1200.0)


def test_t35_lines_that_are_open_count_with_all_that_they_may_last_and_then_with_what_they_did() -> None:
    line = CallingBackLine(WITH_KEY, longest="10m")
    settings = line.settings
    assert seconds_of(line.callback, settings) == 0
    line.begin()
    most = seconds_of(line.callback, settings)
    assert most >= line_limit(WITH_KEY, settings) + 600
    line.accept()
    line.answer()
    line.end_requester(61, bridged=True)
    assert seconds_of(line.callback, settings) == most, "the desk's line is open still"
    line.end_desk(seconds=130)
    assert seconds_of(line.callback, settings) == 180 + 120, "each line by the minutes begun"


def test_t35_a_talk_whose_end_nobody_has_told_counts_for_as_long_as_the_desks_line() -> None:
    line = CallingBackLine(WITH_KEY, longest="30m")
    line.begin()
    line.accept()
    line.answer()
    line.end_desk(seconds=1790)
    assert seconds_of(line.callback, line.settings) == 1800 + 1800
    line.end_requester(1700, bridged=True)
    assert seconds_of(line.callback, line.settings) == 1800 + 1740, "told late"


def test_t35_a_line_that_was_not_answered_costs_nothing() -> None:
    line = CallingBackLine(ACME)
    line.begin()
    line.end_desk("busy")
    assert seconds_of(line.callback, line.settings) == 0


def test_t35_twilio_itself_cuts_a_line_that_nobody_ends() -> None:
    settings = callback_settings(longest="10m", ring="30s")
    assert line_limit(ACME, settings) == 20 + 30 + 20 + 30 + 600
    assert line_limit(replace(ACME, accept_key="1", accept_within=60.0), settings) == 60 + 30 + 20 + 30 + 600


def test_money_that_pays_for_no_single_call_is_an_error_of_the_file() -> None:
    with pytest.raises(ValidationError, match="spend_a_day"):
        callback_settings(longest="4h", price_a_minute=1.0, spend_a_day=10.0)
