"""The plan, for every combination of what can be known of a provider."""

import itertools
from dataclasses import replace
from typing import Any

import pytest

from gateway.core.hours import Hours
from gateway.core.provider import HealthState, ProviderStatus
from routing.policy.plan import Option, Use, View, falls_within, plan, serving
from routing.policy.settings import ContractTerms, PolicySettings
from tests.support.tickets import NOW, make_ticket

TICKET = make_ticket(language="es", channel="web", category="mail")
UNFIT: dict[str, dict[str, Any]] = {
    "language": {"languages": ("en",)},
    "channel": {"channels": ("voice",)},
    "category": {"categories": ("printers",)},
    "hour": {"hours": Hours(timezone="UTC", open=("mon-sun 08:00-20:00",))},  # NOW is midnight
}
STATES = [
    (state, hard) for state in HealthState for hard in ((False, True) if state is HealthState.SUSPECT else (False,))
]


def view(
    state: HealthState = HealthState.UP,
    *,
    hard: bool = False,
    share: float = 1.0,
    paused: bool = False,
    room: bool = True,
    **terms: Any,
) -> View:
    until = NOW + 3.0 if paused else NOW - 3.0
    status = ProviderStatus("acme", state, NOW, "a reason", hard, share, until)
    return View(status, ContractTerms(**terms), room, accepted_at=NOW - 1.0)


def planned(*views: View) -> list[Option]:
    names = ("acme", "norte", "sur")[: len(views)]
    policy = PolicySettings(name="default", providers=names, takeover_within=5.0)
    return plan(TICKET, policy, dict(zip(names, views, strict=True)), NOW)


def expected(state: HealthState, hard: bool, share: float, paused: bool, room: bool) -> Use:
    """The rules, from the strongest."""
    rules = [
        (state is HealthState.DOWN or hard, Use.NOT),
        (paused, Use.SOON),
        (state is HealthState.RECOVERING and share == 0.0, Use.LAST_RESORT),
        (not room, Use.SOON),
        (state in (HealthState.SUSPECT, HealthState.UNKNOWN), Use.DOUBTFUL),
        (True, Use.NOW),
    ]
    return next(use for holds, use in rules if holds)


@pytest.mark.parametrize(("state", "hard"), STATES)
def test_every_combination_of_health_room_share_and_pause(state: HealthState, hard: bool) -> None:
    for share, paused, room in itertools.product((0.0, 1.0), (False, True), (False, True)):
        (option,) = planned(view(state, hard=hard, share=share, paused=paused, room=room))
        use = expected(state, hard, share, paused, room)
        assert option.use is use
        assert option.room is room
        assert option.until == (NOW + 3.0 if paused and use is Use.SOON else None)
        assert option.reason
        assert option.accepted_at == NOW - 1.0


@pytest.mark.parametrize("terms", UNFIT.values(), ids=UNFIT)
@pytest.mark.parametrize(("state", "hard"), STATES)
def test_who_does_not_fit_comes_last_and_only_if_nobody_else_is_left(
    state: HealthState, hard: bool, terms: dict[str, Any]
) -> None:
    for share, paused, room in itertools.product((0.0, 1.0), (False, True), (False, True)):
        unfit = view(state, hard=hard, share=share, paused=paused, room=room, **terms)
        options = planned(unfit, view(HealthState.DOWN), view())
        assert [option.provider for option in options] == ["norte", "sur", "acme"]
        usable = state is not HealthState.DOWN and not hard and not paused
        assert options[-1].use is (Use.LAST_RESORT if usable else Use.NOT)
        assert options[-1].room is room


def test_what_a_ticket_does_not_say_and_a_contract_does_not_limit_fits() -> None:
    anything = make_ticket(language=None, category=None)
    policy = PolicySettings(name="default", providers=("acme",), takeover_within=5.0)
    limited = view(languages=("en",), categories=("printers",))
    (option,) = plan(anything, policy, {"acme": limited}, NOW)
    assert option.use is Use.NOW
    assert [option.use for option in planned(view(languages=("es",), channels=("web",), categories=("mail",)))] == [
        Use.NOW
    ]


def test_the_policys_order_is_kept() -> None:
    assert [option.provider for option in planned(view(), view(), view())] == ["acme", "norte", "sur"]


def test_a_share_is_of_tickets_grows_with_them_and_is_always_the_same() -> None:
    tickets = [f"{number:032x}" for number in range(2000)]
    for share in (0.0, 0.1, 0.5, 0.9, 1.0):
        within = {ticket for ticket in tickets if falls_within(ticket, share)}
        assert abs(len(within) / len(tickets) - share) < 0.03
        assert within <= {ticket for ticket in tickets if falls_within(ticket, min(1.0, share + 0.1))}
    assert planned(view(HealthState.RECOVERING, share=0.0))[0].use is Use.LAST_RESORT
    assert planned(view(HealthState.RECOVERING, share=1.0))[0].use is Use.NOW


@pytest.mark.parametrize(("first", "second"), list(itertools.product(HealthState, repeat=2)))
def test_the_serving_provider_is_the_first_that_is_neither_down_nor_held_back(
    first: HealthState, second: HealthState
) -> None:
    policy = PolicySettings(name="default", providers=("acme", "norte"), takeover_within=5.0)
    states = {"acme": first, "norte": second}
    served = serving(policy, {name: ProviderStatus(name, state, NOW, "") for name, state in states.items()})
    well = [name for name, state in states.items() if state not in (HealthState.DOWN, HealthState.RECOVERING)]
    back = [name for name, state in states.items() if state is HealthState.RECOVERING]
    assert served == next(iter(well + back), None)


def test_a_ticket_that_was_put_off_waits_while_others_are_taken() -> None:
    (option,) = planned(replace(view(), put_off_until=NOW + 60.0))
    assert (option.use, option.until, option.put_off) == (Use.SOON, NOW + 60.0, True)
    (paused,) = planned(replace(view(paused=True), put_off_until=NOW - 60.0))
    assert (paused.until, paused.put_off) == (NOW + 3.0, False)
    (down,) = planned(replace(view(HealthState.DOWN), put_off_until=NOW + 60.0))
    assert down.use is Use.NOT
