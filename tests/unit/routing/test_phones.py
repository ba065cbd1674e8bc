"""Whose phones are dialled, for every combination of what can be known of a provider."""

from typing import Any

import pytest

from gateway.core.dialling import Desk, DialSettings
from gateway.core.hours import Hours
from gateway.core.provider import HealthState, ProviderStatus
from gateway.core.ticket import Priority
from routing.delivery.fleet import Fleet, LiveProvider, Route
from routing.delivery.lanes import Lane
from routing.health.monitor import Monitor
from routing.policy.coverage import Asked
from routing.policy.phones import PhoneOption, PhoneView, desks_of, phones
from routing.policy.plan import Use
from routing.policy.settings import ContractTerms, Match, PolicySettings
from routing.settings import AskableSettings
from tests.support.fake_desk import FakeDesk
from tests.support.tickets import NOW
from tests.support.virtual_time import VirtualClock

CALL = Asked("phone", "es", "mail")
VOICE = DialSettings(dial="+34910000001", timeout=20.0, accept_key="1")
CLOSED = Hours(timezone="UTC", open=("mon-sun 08:00-20:00",))  # NOW is midnight
UNFIT: dict[str, dict[str, Any]] = {
    "language": {"languages": ("en",)},
    "channel": {"channels": ("web",)},
    "category": {"categories": ("printers",)},
}


def view(
    state: HealthState = HealthState.UP,
    *,
    hard: bool = False,
    share: float = 1.0,
    paused: bool = False,
    voice: DialSettings | None = VOICE,
    **terms: Any,
) -> PhoneView:
    until = NOW + 3.0 if paused else 0.0
    return PhoneView(ProviderStatus("acme", state, NOW, "a reason", hard, share, until), ContractTerms(**terms), voice)


def dialled(*views: PhoneView) -> list[PhoneOption]:
    names = ("acme", "norte", "sur")[: len(views)]
    policy = PolicySettings(name="default", providers=names, takeover_within=5.0)
    return phones(CALL, policy, dict(zip(names, views, strict=True)), NOW)


@pytest.mark.parametrize(
    ("given", "use", "reason"),
    [
        pytest.param(view(), Use.NOW, "up", id="up"),
        pytest.param(view(HealthState.DOWN), Use.NOT, "down: a reason", id="down"),
        pytest.param(view(HealthState.SUSPECT, hard=True), Use.NOT, "suspect after an error: a reason", id="error"),
        pytest.param(
            view(HealthState.SUSPECT), Use.DOUBTFUL, "suspect, being confirmed: a reason", id="suspect for slowness"
        ),
        pytest.param(view(HealthState.UNKNOWN), Use.DOUBTFUL, "not probed yet", id="unknown"),
        pytest.param(view(paused=True), Use.DOUBTFUL, "asked to be left alone for a while", id="paused"),
        pytest.param(
            view(HealthState.RECOVERING, share=0.5),
            Use.LAST_RESORT,
            "recovering: proves itself by tickets first",
            id="recovering",
        ),
        pytest.param(view(voice=None), Use.NOT, "has no phone", id="no phone"),
        pytest.param(view(hours=CLOSED), Use.NOT, "closed at this hour", id="closed"),
        pytest.param(view(HealthState.UNKNOWN, hours=CLOSED), Use.NOT, "closed at this hour", id="closed and unknown"),
    ],
)
def test_what_is_known_of_a_provider_gives_its_place(given: PhoneView, use: Use, reason: str) -> None:
    (option,) = dialled(given)
    assert (option.use, str(option.reason)) == (use, reason)
    assert (option.desk is None) is (use is Use.NOT)


@pytest.mark.parametrize("terms", UNFIT.values(), ids=list(UNFIT))
def test_who_doesnt_serve_such_calls_is_dialled_when_nobody_else_is_left(terms: dict[str, Any]) -> None:
    options = dialled(view(**terms), view(HealthState.SUSPECT), view())
    assert [option.provider for option in options] == ["sur", "norte", "acme"]
    assert options[-1].use is Use.LAST_RESORT


@pytest.mark.parametrize("terms", UNFIT.values(), ids=list(UNFIT))
def test_who_is_down_isnt_dialled_though_all_others_fit_less(terms: dict[str, Any]) -> None:
    assert [desk.provider for desk in desks_of(dialled(view(HealthState.DOWN), view(**terms)))] == ["norte"]


def test_equals_keep_the_policys_order() -> None:
    assert [desk.provider for desk in desks_of(dialled(view(), view(), view()))] == ["acme", "norte", "sur"]
    doubtful = view(HealthState.SUSPECT)
    assert [desk.provider for desk in desks_of(dialled(doubtful, doubtful, view()))] == ["sur", "acme", "norte"]


def test_a_desk_is_as_it_is_configured() -> None:
    assert desks_of(dialled(view())) == [Desk("acme", "+34910000001", 20, "1", 10.0)]


def fleet_of(phones: dict[str, DialSettings | None], *policies: PolicySettings) -> Fleet:
    """Nobody has been probed yet."""
    clock = VirtualClock()
    providers = {}
    for name, voice in phones.items():
        settings = AskableSettings(voice=voice)
        desk = FakeDesk(name, clock, settings)
        monitor = Monitor(desk, settings.health, clock, lambda _: None)
        providers[name] = LiveProvider(name, desk, settings, monitor, Lane(settings.window, settings.rate))
    fleet = Fleet(clock)
    fleet.swap([Route(policy, 1.0) for policy in policies], providers)
    return fleet


async def test_the_fleet_offers_the_desks_of_the_policy_that_fits() -> None:
    mails = PolicySettings(name="mails", match=Match(channels=("mail",)), providers=("acme",), takeover_within=5.0)
    rest = PolicySettings(name="rest", providers=("sur", "norte", "acme"), takeover_within=5.0)
    fleet = fleet_of({"acme": VOICE, "norte": VOICE, "sur": None}, mails, rest)
    offered = {
        channel: [desk.provider for desk in fleet.desks(channel, "es", None, Priority.NORMAL)]
        for channel in ("mail", "phone")
    }
    assert offered == {"mail": ["acme"], "phone": ["norte", "acme"]}
