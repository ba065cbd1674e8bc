"""The arithmetic of contracted time, term by term."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.takeover.bounds import (
    Desk,
    Platform,
    Probing,
    crash_cost,
    detection,
    detection_of_errors,
    drain,
    longest_hedge,
    rescue,
    silent_death,
    ticket,
)

PROBING = Probing(every=1.0, timeout=1.0, suspect_after=0.3, failures=3, confirm_every=0.25, jitter=0.1)
ACME = Desk("acme", timeout=1.0, search_timeout=0.3, rate=50.0, lease=2.3)
NORTE = Desk("norte", timeout=1.0, search_timeout=0.3, rate=50.0, lease=2.3)
SUR = Desk("sur", timeout=2.0, search_timeout=0.5, rate=10.0, lease=3.5)
PLATFORM = Platform()


def test_detection_without_jitter_and_lag_is_what_the_design_says() -> None:
    assert detection(replace(PROBING, jitter=0.0), 0.0).seconds == pytest.approx(2.55)


def test_detection_with_the_defaults() -> None:
    bound = detection(PROBING, 0.25)
    assert bound.seconds == pytest.approx(2.925)
    assert [term.formula for term in bound.terms] == ["I(1+j)", "s", "(n-2) I_f (1+j)", "D", "e"]
    assert "no probe is answered" in bound.assumptions[0]


def test_one_failed_probe_needs_no_suspicion() -> None:
    assert detection(replace(PROBING, failures=1), 0.25).seconds == pytest.approx(1.1 + 1.0 + 0.25)


def test_two_failed_probes_need_no_spacing() -> None:
    assert detection(replace(PROBING, failures=2), 0.25).seconds == pytest.approx(1.1 + 0.3 + 1.0 + 0.25)


def test_suspicion_comes_no_later_than_the_timeout() -> None:
    assert detection(replace(PROBING, timeout=0.2), 0.0).seconds == pytest.approx(1.1 + 0.2 + 0.275 + 0.2)


def test_errors_are_noticed_sooner() -> None:
    assert detection_of_errors(PROBING, 0.25).seconds == pytest.approx(1.1 + 0.3 + 0.275 + 0.3 + 0.25)


def test_a_crash_of_the_only_gateway_costs_the_attempt_in_hand_the_restart_and_a_search() -> None:
    assert crash_cost(ACME, [NORTE], PLATFORM).seconds == pytest.approx(1.0 + 1.5 + 0.3)


def test_a_backup_that_can_not_be_asked_is_left_alone_for_a_while_after_a_crash() -> None:
    by_mail = replace(NORTE, search_timeout=0.0, doubt=300.0)
    assert crash_cost(ACME, [by_mail], PLATFORM).seconds == pytest.approx(1.0 + 1.5 + 300.0)
    assert crash_cost(replace(ACME, doubt=300.0), [NORTE], PLATFORM).seconds == pytest.approx(1.0 + 1.5 + 0.3)


def test_a_crash_among_peers_costs_the_lease_and_no_restart() -> None:
    assert crash_cost(ACME, [NORTE], Platform(peers=True, restart_within=99)).seconds == pytest.approx(2.3 + 0.5 + 0.3)


def test_a_lone_gateway_whose_store_keeps_leases_waits_for_the_later_of_lease_and_restart() -> None:
    platform = Platform(leases_void_at_start=False)
    assert crash_cost(ACME, [NORTE], platform).seconds == pytest.approx(2.5 + 0.5 + 0.3)
    assert crash_cost(replace(ACME, lease=9.0), [NORTE], platform).seconds == pytest.approx(9.0 + 0.5 + 0.3)


def test_one_ticket_with_the_defaults() -> None:
    bound = ticket(0.55, ACME, [NORTE], PLATFORM)
    assert bound.seconds == pytest.approx(5.0)
    assert [term.formula for term in bound.terms] == ["q", "h", "F", "D_b", "e", "D_b + restart + F"]
    assert "attempts assumed: 1" in bound.assumptions[0]
    assert str(bound).startswith("5s = 100ms (wait before the first attempt) + 550ms (hedge")


def test_a_second_backup_waits_for_the_silence_of_the_first() -> None:
    bound = ticket(0.5, ACME, [NORTE, SUR], PLATFORM)
    assert bound.seconds == pytest.approx(0.1 + 0.5 + 0.5 + 1.0 + 2.0 + 0.25 + (2.0 + 1.5 + 0.5))
    assert any("norte" in each and "silent" in each for each in bound.assumptions)


def test_crashes_are_counted_as_often_as_they_are_tolerated() -> None:
    bounds = [ticket(0.5, ACME, [NORTE], Platform(crashes=crashes)).seconds for crashes in range(3)]
    assert bounds[1] - bounds[0] == pytest.approx(2.8)
    assert bounds[2] - bounds[1] == pytest.approx(2.8)


def test_rescue_adds_the_backlog_at_half_of_the_backups_rate_since_new_tickets_take_turns_with_it() -> None:
    bound = rescue(100, detection(PROBING, 0.25), NORTE, PLATFORM)
    assert bound.seconds == pytest.approx(2.925 + 0.25 + 4.0 + 0.3 + 1.0)


def test_silent_death_is_the_pick_up_promise_and_one_hand_over() -> None:
    assert silent_death(600.0, NORTE, PLATFORM).seconds == pytest.approx(600 + 0.1 + 0.3 + 1.0 + 0.25)


def test_a_backlog_drains_only_if_less_comes_than_is_taken() -> None:
    assert drain(100, rate=50.0, arrivals=25.0).longest_wait == 2.0
    assert drain(100, rate=50.0, arrivals=25.0).seconds == 4.0
    assert drain(100, rate=50.0, arrivals=50.0).seconds is None


_SECONDS = st.floats(0.01, 60.0)
_DESKS = st.builds(
    lambda timeout, search: Desk("sur", timeout, search, 50.0, timeout + search + 1.0), _SECONDS, _SECONDS
)
_PLATFORMS = st.builds(
    Platform,
    lag=_SECONDS,
    wait=_SECONDS,
    crashes=st.integers(0, 3),
    restart_within=_SECONDS,
    reclaim=_SECONDS,
    leases_void_at_start=st.booleans(),
    peers=st.booleans(),
)


@given(_SECONDS, st.lists(_DESKS, min_size=1, max_size=3), _PLATFORMS)
def test_the_longest_hedge_uses_the_contract_up(contract: float, desks: list[Desk], platform: Platform) -> None:
    hedge = longest_hedge(contract, ACME, desks, platform)
    assert ticket(hedge, ACME, desks, platform).seconds == pytest.approx(contract)


@given(_DESKS, _PLATFORMS, st.floats(1.0, 10.0))
def test_nothing_that_gets_slower_makes_a_bound_shorter(desk: Desk, platform: Platform, factor: float) -> None:
    before = ticket(0.5, ACME, [desk], platform).seconds
    for slower in (replace(desk, timeout=desk.timeout * factor), replace(desk, search_timeout=desk.search_timeout * 2)):
        assert ticket(0.5, ACME, [slower], platform).seconds >= before
    for worse in (
        replace(platform, restart_within=platform.restart_within * factor),
        replace(platform, lag=platform.lag * factor),
        replace(platform, crashes=platform.crashes + 1),
    ):
        assert ticket(0.5, ACME, [desk], worse).seconds >= before


@given(_SECONDS, _SECONDS, st.floats(0, 1), st.integers(1, 9), _SECONDS, st.floats(0, 0.5), _SECONDS)
def test_errors_are_never_noticed_later_than_silence(
    every: float, timeout: float, part: float, failures: int, spacing: float, jitter: float, lag: float
) -> None:
    probing = Probing(every, timeout, timeout * part, failures, spacing, jitter)
    assert detection_of_errors(probing, lag).seconds <= detection(probing, lag).seconds
