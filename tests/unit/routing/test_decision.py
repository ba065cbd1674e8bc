"""The next step for a ticket: named rules, and rules that hold for every combination."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.handoff import Handoff, HandoffState, holding_copy, surplus_copies
from gateway.core.texts import Saying
from routing.delivery.decision import Adopt, Attempt, Done, GiveUp, Hold, Patience, Postpone, Step, decide
from routing.policy.plan import Option, Use
from tests.support.tickets import NOW, make_case, make_handoff, make_ticket

TICKET = make_ticket(hedge_after=1.0)
PATIENCE = Patience(TICKET.hedge_at, give_up_after=12)
BEFORE, AFTER = NOW + 0.5, NOW + 2.0


def option(provider: str, use: Use, **given: Any) -> Option:
    return Option(provider, use, Saying(f"{provider} is {use.value}"), **given)


def step(
    options: list[Option],
    *copies: Handoff,
    in_flight: Mapping[str, float] | None = None,
    now: float = BEFORE,
    patience: Patience = PATIENCE,
    unreadable: Collection[str] = (),
) -> Step:
    return decide(make_case(*copies, ticket=TICKET), options, in_flight or {}, patience, now, unreadable=unreadable)


def test_the_first_provider_that_is_up_gets_it() -> None:
    chosen = step([option("acme", Use.NOW), option("norte", Use.NOW)])
    assert isinstance(chosen, Attempt)
    assert chosen.provider == "acme"


@pytest.mark.parametrize("use", [Use.SOON, Use.DOUBTFUL])
def test_a_doubtful_primary_is_waited_for_until_the_hedge_deadline(use: Use) -> None:
    options = [option("acme", use), option("norte", Use.NOW)]
    assert step(options) == Hold(TICKET.hedge_at)
    after = step(options, now=AFTER)
    assert isinstance(after, Attempt)
    assert after.provider == "norte"


def test_a_primary_that_is_down_is_not_waited_for() -> None:
    chosen = step([option("acme", Use.NOT), option("norte", Use.NOW)])
    assert isinstance(chosen, Attempt)
    assert chosen.provider == "norte"


def test_an_error_leads_to_the_next_at_once() -> None:
    failed = make_handoff(TICKET, "acme", HandoffState.UNAVAILABLE, answered_at=BEFORE)
    chosen = step([option("acme", Use.NOW), option("norte", Use.NOW)], failed)
    assert isinstance(chosen, Attempt)
    assert chosen.provider == "norte"


def test_silence_leads_to_the_next_at_the_hedge_deadline() -> None:
    options = [option("acme", Use.NOW), option("norte", Use.NOW)]
    started = make_handoff(TICKET, "acme", HandoffState.STARTED)
    assert step(options, started, in_flight={"acme": NOW}) == Hold(TICKET.hedge_at)
    chosen = step(options, started, in_flight={"acme": NOW}, now=AFTER)
    assert isinstance(chosen, Attempt)
    assert chosen.provider == "norte"


def test_a_primary_asked_only_after_the_deadline_is_left_the_time_of_a_search() -> None:
    """A crash came in between: if it has the ticket, that shows at once; if it is silent, nobody waits for it again."""
    options = [option("acme", Use.NOW), option("norte", Use.NOW)]
    patience = replace(PATIENCE, late_try=0.3)
    assert step(options, in_flight={"acme": AFTER}, now=AFTER, patience=patience) == Hold(AFTER + 0.3)
    chosen = step(options, in_flight={"acme": AFTER}, now=AFTER + 0.31, patience=patience)
    assert isinstance(chosen, Attempt)
    assert chosen.provider == "norte"


def test_who_waits_for_room_stands_in_that_line_alone() -> None:
    options = [option("acme", Use.SOON, room=False), option("norte", Use.SOON, room=False)]
    assert step(options) == Hold(TICKET.hedge_at, ("acme",))
    assert step(options, now=AFTER) == Hold(AFTER + 1.0, ("acme", "norte"))
    assert step([option("acme", Use.NOT), option("norte", Use.LAST_RESORT, room=False)]) == Hold(
        BEFORE + 1.0, ("norte",)
    )


def test_while_all_are_down_a_ticket_waits_to_be_woken() -> None:
    for attempts in (1, 7):
        failed = make_handoff(TICKET, "acme", HandoffState.UNAVAILABLE, answered_at=BEFORE, attempts=attempts)
        chosen = step([option("acme", Use.NOT), option("norte", Use.NOT)], failed)
        assert isinstance(chosen, Postpone)
        assert chosen.until - BEFORE >= 20.0


def test_a_pause_that_ends_is_waited_for() -> None:
    chosen = step([option("acme", Use.NOT), option("norte", Use.SOON, until=AFTER + 4.0)], now=AFTER)
    assert isinstance(chosen, Postpone)
    assert chosen.until == AFTER + 4.0


def test_a_copy_that_cannot_be_read_back_does_not_keep_the_ticket_from_others() -> None:
    copy = make_handoff(TICKET, "acme", HandoffState.ACCEPTED, answered_at=NOW, superseded=True)
    options = [option("acme", Use.NOW), option("norte", Use.NOW)]
    chosen = step(options, copy, unreadable={copy.id})
    assert isinstance(chosen, Attempt)
    assert chosen.provider == "norte"
    alone = step([option("acme", Use.NOW), option("norte", Use.NOT)], copy, unreadable={copy.id})
    assert isinstance(alone, Postpone)
    assert alone.until == BEFORE + 1.0


def test_the_attempt_that_the_hedge_started_is_left_its_time() -> None:
    options = [option(name, Use.NOW) for name in ("acme", "norte", "sur")]
    assert isinstance(step(options, in_flight={"acme": NOW, "norte": AFTER}, now=AFTER), Hold)


@pytest.mark.parametrize("state", [HandoffState.UNKNOWN, HandoffState.ABSENT, HandoffState.UNAVAILABLE])
def test_a_further_try_keeps_its_key(state: HandoffState) -> None:
    copy = make_handoff(TICKET, "acme", state, answered_at=NOW - 100)
    chosen = step([option("acme", Use.NOW)], copy, now=AFTER)
    assert isinstance(chosen, Attempt)
    assert chosen.again == copy


@pytest.mark.parametrize("state", [HandoffState.WITHDRAWN, HandoffState.LOST])
def test_a_copy_that_ended_is_not_tried_under_its_key(state: HandoffState) -> None:
    chosen = step([option("acme", Use.NOW)], make_handoff(TICKET, "acme", state, answered_at=NOW))
    assert isinstance(chosen, Attempt)
    assert chosen.again is None


def test_a_provider_that_failed_is_left_alone_for_a_while() -> None:
    copy = make_handoff(TICKET, "acme", HandoffState.UNKNOWN, answered_at=AFTER)
    chosen = step([option("acme", Use.NOW)], copy, now=AFTER)
    assert isinstance(chosen, Postpone)
    assert chosen.until > AFTER


def test_one_that_failed_before_the_clock_was_set_back_is_not_left_alone_until_the_clock_is_there_again() -> None:
    copy = make_handoff(TICKET, "acme", HandoffState.UNAVAILABLE, answered_at=AFTER + 3600.0)
    assert step([option("acme", Use.NOW)], copy, now=AFTER) == Attempt("acme", Saying("acme is now"), copy)
    by_another_gateway = replace(copy, answered_at=AFTER + 0.1)
    assert isinstance(step([option("acme", Use.NOW)], by_another_gateway, now=AFTER), Postpone)
    unaskable = replace(copy, state=HandoffState.UNKNOWN)
    in_doubt = step([option("acme", Use.NOW, can_search=False)], unaskable, now=AFTER)
    assert isinstance(in_doubt, Postpone), "it may have it, and another copy is not made sooner"


def test_refused_by_all_is_for_a_person() -> None:
    copies = [make_handoff(TICKET, name, HandoffState.REFUSED, answered_at=NOW) for name in ("acme", "norte")]
    assert isinstance(step([option("acme", Use.NOW), option("norte", Use.NOW)], *copies), GiveUp)


def test_refused_by_one_and_the_other_down_waits() -> None:
    refused = make_handoff(TICKET, "acme", HandoffState.REFUSED, answered_at=NOW)
    assert isinstance(step([option("acme", Use.NOW), option("norte", Use.NOT)], refused, now=AFTER), Postpone)


def test_a_ticket_that_fails_while_others_get_through_is_poison() -> None:
    copy = make_handoff(TICKET, "acme", HandoffState.UNKNOWN, answered_at=AFTER, attempts=12)
    assert isinstance(step([option("acme", Use.NOW, accepted_at=AFTER)], copy, now=AFTER), GiveUp)


def test_a_ticket_that_fails_like_all_others_waits_on() -> None:
    copy = make_handoff(TICKET, "acme", HandoffState.UNKNOWN, answered_at=AFTER, attempts=12)
    assert isinstance(step([option("acme", Use.NOW)], copy, now=AFTER), Postpone)


def test_while_another_worker_asks_a_provider_it_gets_no_second_copy_and_is_left_its_time() -> None:
    options = [option(name, Use.NOW) for name in ("acme", "norte", "sur")]
    superseded = make_handoff(TICKET, "acme", HandoffState.ACCEPTED, answered_at=NOW, superseded=True)
    started = make_handoff(TICKET, "norte", HandoffState.STARTED, started_at=BEFORE)
    assert step(options, superseded, started) == Postpone(TICKET.hedge_at, "norte is being asked already")
    assert step(options, superseded, started, now=AFTER) == Postpone(AFTER + 1.0, "norte is being asked already")


def test_a_failed_provider_that_is_back_before_anybody_else_was_asked_keeps_its_copy() -> None:
    copy = make_handoff(TICKET, "acme", HandoffState.ACCEPTED, answered_at=NOW, superseded=True)
    assert step([option("acme", Use.LAST_RESORT), option("norte", Use.NOW)], copy, now=AFTER) == Adopt(copy)
    assert isinstance(step([option("acme", Use.NOT), option("norte", Use.NOW)], copy, now=AFTER), Attempt)


def test_a_copy_that_nobody_picked_up_in_time_is_not_kept() -> None:
    copy = make_handoff(TICKET, "acme", HandoffState.ACCEPTED, answered_at=NOW, superseded=True)
    patience = Patience(TICKET.hedge_at, 12, pick_up_within=1.0)
    chosen = step([option("acme", Use.NOW), option("norte", Use.NOW)], copy, now=AFTER, patience=patience)
    assert isinstance(chosen, Attempt)
    assert chosen.provider == "norte"


@pytest.mark.parametrize("state", [HandoffState.ACCEPTED, HandoffState.PICKED_UP, HandoffState.RESOLVED])
def test_a_provider_that_has_it_ends_the_matter(state: HandoffState) -> None:
    assert step([option("acme", Use.NOW)], make_handoff(TICKET, "norte", state)) == Done()


PROVIDERS = ("acme", "norte", "sur")
copies = st.builds(
    lambda provider, state, since, superseded, attempts: make_handoff(
        TICKET,
        provider,
        state,
        started_at=NOW + since,
        answered_at=NOW + since,
        superseded=superseded,
        attempts=attempts,
    ),
    st.sampled_from(PROVIDERS),
    st.sampled_from(HandoffState),
    st.floats(-100, 3),
    st.booleans(),
    st.integers(1, 15),
)
uses = st.tuples(*[st.sampled_from(Use) for _ in PROVIDERS])


@given(uses, st.lists(copies, max_size=3), st.sets(st.sampled_from(PROVIDERS), max_size=2), st.floats(0, 20))
def test_every_step_is_a_sane_one(used: tuple[Use, ...], made: list[Handoff], asked: set[str], age: float) -> None:
    """Whatever the situation: nobody is asked who must not be, and nothing waits without an end."""
    now = NOW + age
    options = [option(name, use) for name, use in zip(PROVIDERS, used, strict=True)]
    chosen = step(options, *made, in_flight=dict.fromkeys(asked, NOW), now=now)
    assert (chosen == Done()) is (holding_copy(made) is not None)
    match chosen:
        case Attempt(provider, _, again):
            assert provider not in asked
            assert dict(zip(PROVIDERS, used, strict=True))[provider] is not Use.NOT
            latest = max((c for c in made if c.provider == provider), key=lambda c: (c.started_at, c.id), default=None)
            refused = latest is not None and latest.state is HandoffState.REFUSED and not latest.superseded
            assert latest is None or not (refused or latest.live or latest.state is HandoffState.STARTED)
            assert again is None or again is latest
        case Hold(until):
            assert until > now
            assert until <= max(TICKET.hedge_at, now + 1.0)
        case Postpone(until, reason):
            assert until > now
            assert not asked
            assert reason
        case Adopt(copy):
            assert copy.live
            assert copy.superseded
            assert not asked
        case GiveUp(_):
            assert not asked


@given(st.lists(copies, max_size=5))
def test_all_copies_but_the_one_that_holds_the_ticket_are_surplus(made: list[Handoff]) -> None:
    assert holding_copy(made) == holding_copy(reversed(made))
    live = [copy for copy in made if copy.live]
    kept = [copy for copy in live if copy not in surplus_copies(made)]
    if any(copy.state is HandoffState.RESOLVED for copy in made):
        assert kept == []
    elif any(copy.state is HandoffState.PICKED_UP or not copy.superseded for copy in live):
        assert kept == [holding_copy(made)]
        assert kept[0].state is HandoffState.PICKED_UP or all(copy.state is HandoffState.ACCEPTED for copy in live)
    else:
        assert kept == live, "which of them stays is decided when a provider is back"


def test_a_desk_that_may_have_it_and_can_not_be_asked_is_written_to_three_times_at_most() -> None:
    options = [option("sur", Use.NOW, can_search=False, accepted_at=NOW + 9e5)]
    for attempts, pause in ((1, 300.0), (2, 1800.0)):
        doubtful = make_handoff(TICKET, "sur", HandoffState.UNKNOWN, answered_at=AFTER, attempts=attempts)
        assert isinstance(step(options, doubtful, now=AFTER + pause - 1.0), Postpone)
        assert isinstance(step(options, doubtful, now=AFTER + pause), Attempt)
    for attempts in (3, 50):
        doubtful = make_handoff(TICKET, "sur", HandoffState.UNKNOWN, answered_at=AFTER, attempts=attempts)
        waits = step(options, doubtful, now=AFTER + 8e5)
        assert isinstance(waits, Postpone), "neither a copy more nor the quarantine: its own word may come yet"
        assert waits.reason == "sur may have it, and can't be asked"


def test_one_that_a_person_sent_on_its_way_again_is_written_to_at_once() -> None:
    forgotten = make_handoff(TICKET, "sur", HandoffState.UNKNOWN, answered_at=AFTER, attempts=0)
    assert isinstance(step([option("sur", Use.NOW, can_search=False)], forgotten, now=AFTER), Attempt)


def test_another_desk_has_it_at_once_while_the_first_may_have_it() -> None:
    doubtful = make_handoff(TICKET, "sur", HandoffState.UNKNOWN, answered_at=BEFORE)
    chosen = step([option("sur", Use.NOW, can_search=False), option("norte", Use.NOW)], doubtful)
    assert isinstance(chosen, Attempt)
    assert chosen.provider == "norte"


def test_a_ticket_that_failed_often_while_the_mail_server_was_away_is_not_given_up_when_others_get_through() -> None:
    late = NOW + 3600.0
    failed = make_handoff(TICKET, "sur", HandoffState.UNAVAILABLE, started_at=late, answered_at=late, attempts=100)
    options = [option("sur", Use.NOW, can_search=False, accepted_at=late + 0.1)]
    assert isinstance(step(options, failed, now=late + 0.2), Postpone)
    days = NOW + 5 * 86_400.0
    poisoned = replace(failed, started_at=days, answered_at=days)
    options = [option("sur", Use.NOW, can_search=False, accepted_at=days + 0.1)]
    assert isinstance(step(options, poisoned, now=days + 0.2), GiveUp)
