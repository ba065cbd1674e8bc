"""What `relevo check` prints, as data: contracts met or not, the tightest knob, and what to heed."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.assess import assess_configuration
from routing.health.settings import HealthSettings
from routing.policy.settings import PolicySettings
from routing.settings import AskableSettings, ProviderSettings
from routing.takeover.assessment import PolicyAssessment, assess, assess_policy
from routing.takeover.bounds import Desk, Platform, Probing
from routing.takeover.inputs import PolicyFigures, ProviderFigures
from routing.takeover.knob import slack, tightest_knob
from routing.takeover.promise import PolicyPromise

PLATFORM = Platform()
PROBING = Probing(every=1.0, timeout=1.0, suspect_after=0.3, failures=3, confirm_every=0.25, jitter=0.1)


def provider(name: str, *, timeout: float = 1.0, search: float = 0.3, rate: float = 50.0) -> ProviderFigures:
    return ProviderFigures(Desk(name, timeout, search, rate, timeout + search + 1.0), PROBING)


POLICY = PolicyFigures("default", (provider("acme"), provider("norte")), contract=5.0)


def configured(contract: float = 5.0, **providers: ProviderSettings) -> PolicyAssessment:
    policy = PolicySettings(name="default", providers=tuple(providers), takeover_within=contract)
    return assess_configuration(providers, [policy], PLATFORM, 1_784_505_600.0).policies[0]


def test_the_short_form_of_the_configuration_meets_a_contract_of_five_seconds() -> None:
    assessment = configured(acme=AskableSettings(), norte=AskableSettings())
    assert assessment.met
    assert assessment.hedge >= 0.3
    assert assessment.backups[0].ticket.seconds == pytest.approx(5.0)
    assert assessment.warnings == ()


def test_the_long_form_does_too() -> None:
    health = HealthSettings(every=1.0, timeout=1.0, suspect_after=0.3, failures=3, confirm_every=0.25, hold=30.0)
    assessment = configured(
        acme=AskableSettings(timeout=2.0, rate=50.0, health=health, languages=("es", "en")),
        norte=AskableSettings(health=HealthSettings(every=1.0, timeout=1.0)),
    )
    assert assessment.met
    assert assessment.hedge >= 0.3


def test_without_a_backup_no_contract_can_be_met() -> None:
    assessment = configured(acme=AskableSettings())
    assert not assessment.met
    assert assessment.knob is None
    assert "no backup" in (assessment.problem or "")


def turn(assessment: PolicyAssessment) -> str | None:
    return assessment.knob.turn if assessment.knob else None


def test_a_contract_too_short_names_the_tightest_knob() -> None:
    assessment = assess_policy(replace(POLICY, contract=4.0), PLATFORM)
    assert not assessment.met
    assert assessment.problem == "a ticket may take 4.55s, and 4s are promised"
    assert turn(assessment) == "providers.norte.timeout: 725ms instead of 1s"


def test_a_given_hedge_can_be_the_knob() -> None:
    assessment = assess_policy(replace(POLICY, hedge=0.6), PLATFORM)
    assert not assessment.met
    assert turn(assessment) == "providers.norte.timeout: 975ms instead of 1s"
    assessment = assess_policy(replace(POLICY, hedge=3.0), PLATFORM)
    assert turn(assessment) == "policies.default.hedge: 550ms instead of 3s"


def test_where_no_single_setting_is_enough_none_is_named() -> None:
    assessment = assess_policy(replace(POLICY, contract=1.0), PLATFORM)
    assert not assessment.met
    assert assessment.knob is None


@given(
    st.floats(0.5, 10.0),
    st.floats(0.1, 5.0),
    st.floats(0.05, 2.0),
    st.one_of(st.none(), st.floats(0.1, 5.0)),
    st.floats(0.1, 5.0),
    st.booleans(),
)
def test_turning_the_knob_makes_the_contract_hold(
    contract: float, timeout: float, search: float, hedge: float | None, restart: float, peers: bool
) -> None:
    backup = provider("norte", timeout=timeout, search=search)
    policy = PolicyFigures("default", (provider("acme"), backup), contract, hedge)
    platform = Platform(restart_within=restart, peers=peers)
    knob = None if slack(policy, platform) >= 0 else tightest_knob(policy, platform)
    if knob is None:
        return
    match knob.setting:
        case "providers.norte.timeout":
            turned = replace(policy, providers=(provider("acme"), provider("norte", timeout=knob.to, search=search)))
        case "providers.norte.search_timeout":
            turned = replace(policy, providers=(provider("acme"), provider("norte", timeout=timeout, search=knob.to)))
        case "policies.default.hedge":
            turned = replace(policy, hedge=knob.to)
        case _:
            turned, platform = policy, replace(platform, restart_within=knob.to)
    assert assess_policy(turned, platform).met


def test_every_backup_has_its_bound_and_the_first_carries_the_promise() -> None:
    policy = replace(POLICY, providers=(*POLICY.providers, provider("sur", timeout=2.0)))
    assessment = assess_policy(policy, PLATFORM)
    assert [backup.name for backup in assessment.backups] == ["norte", "sur"]
    assert assessment.backups[1].ticket.seconds > policy.contract
    assert assessment.met


def test_a_pick_up_promise_bounds_silent_death() -> None:
    assert assess_policy(POLICY, PLATFORM).backups[0].silent_death is None
    death = assess_policy(replace(POLICY, pick_up_within=600.0), PLATFORM).backups[0].silent_death
    assert death is not None
    assert death.seconds == pytest.approx(601.65)


def warnings_of(policy: PolicyFigures) -> str:
    return "; ".join(assess_policy(policy, PLATFORM).warnings)


def with_backup(**changed: object) -> PolicyFigures:
    return replace(POLICY, providers=(POLICY.primary, replace(POLICY.backups[0], **changed)))  # type: ignore[arg-type]


def test_a_backup_that_is_hardly_probed_is_warned_about() -> None:
    assert "probed too slowly" in warnings_of(with_backup(probing=replace(PROBING, every=30.0)))
    assert "more slowly than acme" in warnings_of(with_backup(probing=replace(PROBING, every=2.0)))


def test_a_backup_that_takes_less_is_warned_about() -> None:
    assert "norte takes 10 tickets a second" in warnings_of(
        with_backup(desk=replace(POLICY.backups[0].desk, rate=10.0))
    )


def test_a_short_memory_of_keys_is_warned_about() -> None:
    forgetful = with_backup(key_memory=60.0)
    assert "remembers a key for 1m" in warnings_of(replace(forgetful, retry_horizon=300.0))
    assert warnings_of(replace(forgetful, retry_horizon=30.0)) == ""


def test_a_lease_shorter_than_an_attempt_is_warned_about() -> None:
    assert "shorter than an attempt at norte" in warnings_of(
        with_backup(desk=replace(POLICY.backups[0].desk, lease=1.0))
    )


def test_a_hedge_below_the_primarys_timeout_is_warned_about_where_doubles_can_not_be_found_out() -> None:
    blind = replace(POLICY.primary, honours_key=False, can_search=False)
    assert "doubles" in warnings_of(replace(POLICY, providers=(blind, *POLICY.backups)))


def test_a_backup_of_another_level_is_warned_about() -> None:
    assessment = configured(acme=ProviderSettings(languages=("es", "en")), norte=AskableSettings(languages=("es",)))
    words = "; ".join(assessment.warnings)
    assert "not of the same level as acme: it does not serve the languages en" in words
    assert "neither key nor search" in words


def test_it_says_what_happens_when_relevo_itself_is_down() -> None:
    alone = " ".join(assess([POLICY], PLATFORM).notes)
    assert "takes in nothing" in alone
    assert "restart within 1.5s" in alone
    peers = " ".join(assess([POLICY], Platform(peers=True)).notes)
    assert "a restart is in no bound" in peers


def test_the_whole_is_met_only_if_every_policy_is() -> None:
    assert assess([POLICY], PLATFORM).met
    assert not assess([POLICY, replace(POLICY, name="hasty", contract=1.0)], PLATFORM).met


def test_the_promise_is_what_was_printed() -> None:
    assessment = assess_policy(POLICY, PLATFORM)
    promise = PolicyPromise(assessment)
    assert promise.detection("acme") == pytest.approx(2.925 + 0.25)
    assert promise.ticket("norte") == assessment.backups[0].ticket.seconds
    assert promise.ticket("acme") == pytest.approx(5.0)
    assert promise.ticket(None) == 5.0
    assert promise.rescue("acme", "norte", 100) == pytest.approx(assessment.backups[0].rescue.seconds)
    assert promise.rescue("acme", None, 1) < promise.rescue("acme", "norte", 100)
