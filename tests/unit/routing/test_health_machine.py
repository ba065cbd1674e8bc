"""The state machine of a provider's health, fact by fact."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.provider import HealthState as State
from routing.health.evidence import FailureRate, Probe, Streak
from routing.health.machine import HealthMachine, Reaction
from routing.health.recovery import FIRST_SHARE, Relapses
from routing.health.settings import HealthSettings


def machine(**settings: float) -> HealthMachine:
    return HealthMachine("acme", HealthSettings(**settings), 0.0)


def healthy(**settings: float) -> HealthMachine:
    """Up, its last success at second 1."""
    subject = machine(**settings)
    subject.probe_succeeded(Probe(1.0), 1.01)
    return subject


def state_of(subject: HealthMachine) -> State:
    return subject.state


def fail(subject: HealthMachine, started: float, *, explicit: bool = True, confirming: bool = False) -> Reaction:
    ended = started + (0.0 if explicit else 1.0)
    return subject.probe_failed(Probe(started, confirming), ended, explicit=explicit, reason="refused")


def moves(reaction: Reaction) -> list[tuple[State, State]]:
    return [(transition.old, transition.new) for transition in reaction.transitions]


def down(at: float = 10.0, **settings: float) -> HealthMachine:
    """Down since `at`, by three explicit errors."""
    subject = healthy(**settings)
    for started in (at - 0.2, at - 0.1, at):
        fail(subject, started)
    assert state_of(subject) is State.DOWN
    return subject


def test_unknown_until_a_probe_succeeds() -> None:
    subject = machine()
    assert state_of(subject) is State.UNKNOWN
    assert moves(subject.probe_succeeded(Probe(0.5), 0.6)) == [(State.UNKNOWN, State.UP)]
    assert subject.status(1.0).last_good_at == 0.5


def test_unknown_falls_like_the_others() -> None:
    subject = machine()
    assert moves(fail(subject, 0.0)) == [(State.UNKNOWN, State.SUSPECT)]
    fail(subject, 0.1)
    assert moves(fail(subject, 0.2)) == [(State.SUSPECT, State.DOWN)]


def test_a_slow_probe_raises_soft_suspicion_and_its_own_late_answer_clears_it() -> None:
    subject = healthy()
    reaction = subject.probe_slow(Probe(2.0), 2.3)
    assert moves(reaction) == [(State.UP, State.SUSPECT)]
    assert reaction.confirmers == 2
    status = subject.status(2.3)
    assert not status.hard
    assert status.share == 1.0
    assert status.first_bad_at == 2.0
    assert moves(subject.probe_succeeded(Probe(2.0), 2.5)) == [(State.SUSPECT, State.UP)]
    assert subject.status(2.5).first_bad_at is None


def test_an_error_raises_hard_suspicion() -> None:
    subject = healthy()
    assert fail(subject, 2.0).confirmers == 2
    assert subject.status(2.0).hard
    subject.probe_succeeded(Probe(2.1), 2.2)
    assert state_of(subject) is State.UP
    assert not subject.status(2.2).hard


def test_a_slow_probe_that_then_fails_brings_its_confirmers_only_once() -> None:
    subject = healthy()
    assert subject.probe_slow(Probe(2.0), 2.3).confirmers == 2
    assert fail(subject, 2.0, explicit=False).confirmers == 0
    assert not subject.status(3.0).hard


def test_each_regular_probe_that_turns_bad_brings_its_own_confirmers_and_confirmers_bring_none() -> None:
    subject = healthy(failures=5)
    assert subject.probe_slow(Probe(2.0), 2.3).confirmers == 4
    assert subject.probe_slow(Probe(2.3, confirming=True), 2.6).confirmers == 0
    assert subject.probe_slow(Probe(3.0), 3.3).confirmers == 4
    assert fail(subject, 4.0).confirmers == 4


def test_a_stale_success_does_not_clear_suspicion() -> None:
    subject = healthy()
    fail(subject, 3.0)
    assert subject.probe_succeeded(Probe(2.9), 3.5) == Reaction()
    assert state_of(subject) is State.SUSPECT


def test_a_success_refutes_a_failure_that_ends_after_it_but_began_before_it() -> None:
    subject = healthy()
    subject.probe_succeeded(Probe(2.5), 2.6)
    assert fail(subject, 2.0, explicit=False) == Reaction()
    assert state_of(subject) is State.UP


@pytest.mark.parametrize("failures", [1, 2, 3, 5])
def test_exactly_so_many_failed_probes_mean_down(failures: int) -> None:
    subject = healthy(failures=failures)
    for number in range(failures - 1):
        fail(subject, 2.0 + number)
        assert state_of(subject) is State.SUSPECT
    assert fail(subject, 20.0).transitions[-1].new is State.DOWN
    assert subject.status(20.0).first_bad_at == (2.0 if failures > 1 else 20.0)
    assert subject.status(20.0).last_good_at == 1.0


def test_a_later_success_sets_the_count_back() -> None:
    subject = healthy()
    fail(subject, 2.0)
    fail(subject, 2.2)
    subject.probe_succeeded(Probe(2.4), 2.5)
    fail(subject, 2.6)
    fail(subject, 2.8)
    assert state_of(subject) is State.SUSPECT


def test_consecutive_live_failures_mean_down_though_probes_pass() -> None:
    subject = healthy()
    for start in (2.0, 3.0, 4.0):
        subject.probe_succeeded(Probe(start), start + 0.01)
        subject.live_failed(start + 0.1, start + 0.2, explicit=True, reason="status 500")
    assert state_of(subject) is State.DOWN
    assert "3 attempts in a row" in subject.status(5.0).reason


def test_one_live_failure_raises_suspicion_that_a_fresh_probe_clears() -> None:
    subject = healthy()
    reaction = subject.live_failed(2.0, 2.5, explicit=True, reason="status 500")
    assert moves(reaction) == [(State.UP, State.SUSPECT)]
    assert reaction.confirmers == 3
    assert subject.status(2.5).hard
    assert subject.probe_succeeded(Probe(2.4, confirming=True), 2.6) == Reaction()  # began before the failure was known
    assert moves(subject.probe_succeeded(Probe(2.5, confirming=True), 2.6)) == [(State.SUSPECT, State.UP)]


def test_live_silence_is_soft_and_a_later_live_success_clears_it() -> None:
    subject = healthy()
    subject.live_failed(2.0, 3.0, explicit=False, reason="no answer")
    assert not subject.status(3.0).hard
    subject.live_succeeded(2.5, 3.1)
    assert state_of(subject) is State.SUSPECT
    subject.live_succeeded(3.0, 3.2)
    assert state_of(subject) is State.UP


def test_two_live_failures_of_three_are_found_within_one_window() -> None:
    settings = HealthSettings()
    subject = healthy()
    at = 2.0
    while state_of(subject) is not State.DOWN:
        for good in (False, True, False):
            at += 0.6
            subject.probe_succeeded(Probe(at), at)
            if good:
                subject.live_succeeded(at, at + 0.01)
            else:
                subject.live_failed(at, at + 0.01, explicit=True, reason="status 500")
        assert at - 2.0 <= settings.live_window
    assert "within 10 s" in subject.status(at).reason


def test_a_few_failures_among_many_attempts_are_no_outage() -> None:
    subject = healthy()
    for number in range(400):
        at = 2.0 + number / 20
        if number % 4 == 3:
            subject.live_failed(at, at + 0.01, explicit=True, reason="status 500")
        else:
            subject.live_succeeded(at, at + 0.01)
    assert state_of(subject) is not State.DOWN


def test_down_becomes_recovering_only_by_a_probe_that_began_after_it_fell() -> None:
    subject = down(at=10.0)
    assert subject.probe_succeeded(Probe(9.95), 10.5) == Reaction()
    assert moves(subject.probe_succeeded(Probe(11.0), 11.1)) == [(State.DOWN, State.RECOVERING)]


def test_a_success_that_is_stale_by_a_later_slow_probe_does_not_bring_it_back() -> None:
    """Else the failure that begins between them would be noticed late: found by a random script."""
    subject = down(at=10.0)
    subject.probe_slow(Probe(12.0), 12.3)
    assert subject.probe_succeeded(Probe(11.0), 12.5) == Reaction()
    assert moves(subject.probe_succeeded(Probe(12.0), 12.6)) == [(State.DOWN, State.RECOVERING)]


def test_while_down_live_facts_change_nothing() -> None:
    subject = down()
    assert subject.live_succeeded(11.0, 11.1) == Reaction()
    assert subject.live_failed(11.0, 11.1, explicit=True, reason="refused") == Reaction()


def test_hold_and_ramp_are_exact() -> None:
    subject = down(hold=30.0, ramp=20.0)
    subject.probe_succeeded(Probe(12.0), 12.0)
    assert subject.next_tick() == 42.0
    assert subject.status(41.999).share == 0.0
    assert subject.tick(41.999) == Reaction()
    assert moves(subject.tick(42.0)) == [(State.RECOVERING, State.RECOVERING)]
    assert subject.status(42.0).share == FIRST_SHARE
    assert subject.status(52.0).share == pytest.approx((1 + FIRST_SHARE) / 2)
    assert subject.next_tick() == 62.0
    assert subject.tick(61.999) == Reaction()
    assert moves(subject.tick(62.0)) == [(State.RECOVERING, State.UP)]
    assert subject.status(62.0).share == 1.0
    assert subject.status(62.0).first_bad_at is None
    assert subject.next_tick() is None


def test_without_hold_and_ramp_it_is_up_at_once() -> None:
    subject = down(hold=0.0, ramp=0.0)
    reaction = subject.probe_succeeded(Probe(12.0), 12.0)
    assert moves(reaction)[-1] == (State.RECOVERING, State.UP)


def test_a_failed_probe_begins_the_hold_anew() -> None:
    subject = down()
    subject.probe_succeeded(Probe(12.0), 12.0)
    fail(subject, 20.0)
    subject.probe_succeeded(Probe(20.1), 20.2)
    assert subject.next_tick() == 50.0


def test_a_suspicion_takes_the_share_away_and_delays_the_end_of_the_ramp() -> None:
    subject = down()
    subject.probe_succeeded(Probe(12.0), 12.0)
    subject.tick(42.0)
    assert subject.probe_slow(Probe(71.9), 72.2).confirmers == 2
    assert subject.status(72.2).share == 0.0
    assert state_of(subject) is State.RECOVERING
    assert subject.next_tick() is None
    assert moves(subject.probe_succeeded(Probe(72.3), 72.4)) == [(State.RECOVERING, State.UP)]


def test_gray_failure_recovers_by_its_passing_probes_and_relapses_by_its_live_traffic() -> None:
    subject = healthy()
    for start in (2.0, 2.1, 2.2):
        subject.live_failed(start, start, explicit=True, reason="status 500")
    subject.probe_succeeded(Probe(3.0), 3.0)
    assert state_of(subject) is State.RECOVERING
    subject.tick(33.0)
    for start in (34.0, 34.1, 34.2):
        subject.live_failed(start, start, explicit=True, reason="status 500")
    assert state_of(subject) is State.DOWN
    assert subject.status(35.0).first_bad_at == 34.0


def test_attempts_begun_before_it_recovered_say_nothing_about_it() -> None:
    subject = down()
    subject.probe_succeeded(Probe(12.0), 12.0)
    for _ in range(20):
        subject.live_failed(9.9, 12.5, explicit=False, reason="no answer")
    assert state_of(subject) is State.RECOVERING


def relapse_after(subject: HealthMachine, recovered: float) -> float:
    """Answer again at `recovered`, fall when the hold is over; the length of that hold."""
    subject.probe_succeeded(Probe(recovered), recovered)
    hold_ends = subject.next_tick()
    assert hold_ends is not None
    subject.tick(hold_ends)
    for later in (0.1, 0.2, 0.3):
        fail(subject, hold_ends + later)
    assert state_of(subject) is State.DOWN
    return hold_ends - recovered


def test_each_relapse_doubles_the_hold_up_to_eight_times() -> None:
    subject = down()
    holds = [relapse_after(subject, 1000.0 * number) for number in range(1, 7)]
    assert holds == [30, 60, 120, 240, 240, 240]


def test_calm_makes_relapses_forgotten_and_the_lack_of_it_does_not() -> None:
    subject = down()
    relapse_after(subject, 100.0)
    subject.probe_succeeded(Probe(200.0), 200.0)  # hold 60 s, ramp 30 s
    subject.tick(260.0)
    subject.tick(290.0)
    assert state_of(subject) is State.UP
    for started in (500.0, 500.1, 500.2):  # not calm for 300 s
        fail(subject, started)
    assert relapse_after(subject, 510.0) == 120
    subject.probe_succeeded(Probe(1000.0), 1000.0)
    subject.tick(1240.0)
    subject.tick(1270.0)
    for started in (1570.0, 1570.1, 1570.2):
        fail(subject, started)
    subject.probe_succeeded(Probe(1580.0), 1580.0)
    assert subject.next_tick() == 1610.0


def test_relapses_count_from_the_first() -> None:
    relapses = Relapses(10.0, 5.0)
    relapses.fell(0.0, recovering=False)
    assert relapses.recovery(1.0).hold == 10.0


@given(st.lists(st.tuples(st.floats(0, 100), st.booleans()), max_size=30))
def test_a_streak_does_not_depend_on_the_order_in_which_probes_end(probes: list[tuple[float, bool]]) -> None:
    def run(order: list[tuple[float, bool]]) -> int:
        streak = Streak()
        for started, good in order:
            if good:
                streak.succeeded(started)
            else:
                streak.failed(started, explicit=True)
        return len(streak)

    last = max((started for started, good in probes if good), default=-1.0)
    expected = sum(not good and started >= last for started, good in probes)
    assert run(probes) == run(sorted(probes)) == run(probes[::-1]) == expected


@given(st.lists(st.tuples(st.floats(0, 3), st.booleans()), max_size=60))
def test_the_rate_counts_what_lies_within_the_window(attempts: list[tuple[float, bool]]) -> None:
    rate, now, ended = FailureRate(5.0, 3, 0.5), 0.0, []
    for gap, failed in attempts:
        now += gap
        rate.add(now, now, failed=failed)
        ended.append((now, failed))
        counted = [failure for at, failure in ended if at > now - 5.0]
        assert rate.exceeded == (len(counted) >= 3 and sum(counted) >= 0.5 * len(counted))


_FACTS = st.sampled_from(["good", "slow", "bad", "live good", "live bad"])


@given(st.lists(st.tuples(_FACTS, st.floats(0, 2), st.floats(0, 1)), max_size=80), st.integers(1, 5))
def test_no_script_breaks_the_invariants(script: list[tuple[str, float, float]], failures: int) -> None:
    subject, now = machine(failures=failures, hold=2.0, ramp=2.0), 0.0
    allowed = {
        State.UNKNOWN: {State.UP, State.SUSPECT, State.DOWN},
        State.UP: {State.SUSPECT, State.DOWN},
        State.SUSPECT: {State.UP, State.DOWN},
        State.DOWN: {State.RECOVERING},
        State.RECOVERING: {State.RECOVERING, State.UP, State.DOWN},
    }
    for fact, gap, length in script:
        now += gap
        before, started = subject.state, max(0.0, now - length)
        match fact:
            case "good":
                reaction = subject.probe_succeeded(Probe(started), now)
            case "slow":
                reaction = subject.probe_slow(Probe(started), now)
            case "bad":
                reaction = subject.probe_failed(Probe(started), now, explicit=length < 0.5, reason="bad")
            case "live good":
                reaction = subject.live_succeeded(started, now)
            case _:
                reaction = subject.live_failed(started, now, explicit=length < 0.5, reason="bad")
        state = before
        for transition in reaction.transitions:
            assert transition.old is state
            assert transition.new in allowed[state]
            state = transition.new
        assert subject.state is state
        status = subject.status(now)
        assert 0.0 <= status.share <= 1.0
        assert (status.share == 0.0) or state is not State.DOWN
        assert (status.first_bad_at is None) == (state in (State.UNKNOWN, State.UP))
        if state is State.SUSPECT:
            assert subject.confirming
        if state is State.DOWN:
            assert not status.hard
            assert reaction.confirmers == 0
