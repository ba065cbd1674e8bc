"""What an administrator may write of a desk that is reached by mail, and what is said of mistakes."""

from collections.abc import Collection

import pytest
from pydantic import ValidationError

from routing.assess import assess_configuration
from routing.policy.settings import PolicySettings
from routing.settings import ProviderSettings
from routing.takeover.assessment import PolicyAssessment
from routing.takeover.bounds import Platform
from tests.support.mail_desk import desk_settings

NOON = 1_784_505_600.0


def test_the_short_form_is_enough() -> None:
    settings = desk_settings(address="Desk@Sur.example")
    assert settings.known_senders == {"desk@sur.example"}
    assert settings.canaries() is None
    assert (settings.timeout, settings.health.every, settings.search_seconds) == (60.0, 30.0, 0.0)


def test_the_long_form() -> None:
    settings = desk_settings(
        senders=["Agents@sur.example", "@TEAM.sur.example"],
        ticket_number=r"\[SUR#(\d+)\]",
        picked_up="has been assigned",
        resolved="is closed",
        accepted="acknowledgement",
        health={"smtp": "mx.sur.example:25", "every": "1m"},
        canary={"every": "10m", "within": "2m"},
    )
    assert settings.known_senders == {"agents@sur.example", "@team.sur.example"}
    assert str(settings.health.smtp) == "mx.sur.example:25"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"address": "desk"}, "an address is needed, such as desk@sur.example"),
        ({"address": "desk@sur.example\r\nBcc: eve@x.example"}, "an address is needed"),
        ({"address": "Sur <desk@sur.example>"}, "an address is needed"),
        ({"senders": ["sur.example"]}, "an address is needed, or a domain such as @sur.example"),
        ({"ticket_number": r"\[SUR#\d+\]"}, "the pattern has 0 groups .* instead of 1"),
        ({"ticket_number": r"(\d+)+"}, "a group must not be repeated"),
        ({"ticket_number": r"(\d+"}, "not a regular expression"),
        ({"ticket_number": ""}, "at least 1 character"),
        ({"resolved": "(closed)"}, "the pattern has 1 groups .* instead of 0"),
        ({"picked_up": "a*b*c*"}, "more than 2 repeats without a bound"),
        ({"accepted": "hope"}, "'relay' or 'acknowledgement'"),
        ({"canary": {"every": "1m", "within": "2m"}}, "within must not be longer than every"),
        ({"health": {"smtp": "mx.sur.example"}}, "a host and a port are needed"),
        ({"health": {"smtp": "127.0.0.1:25"}}, "allow_private"),
        ({"health": {"url": "http://sur.example"}}, "Extra inputs are not permitted"),
        ({"search_timeout": "1s"}, "Extra inputs are not permitted"),
        ({"key_memory": "1d"}, "Extra inputs are not permitted"),
    ],
)
def test_mistakes(given: dict[str, object], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        desk_settings(**given)


# What `relevo check` says


def assessed(
    pick_up_within: float | None = None, unproven: Collection[str] = (), **providers: ProviderSettings
) -> PolicyAssessment:
    policy = PolicySettings(
        name="default", providers=tuple(providers), takeover_within=900.0, pick_up_within=pick_up_within
    )
    return assess_configuration(providers, [policy], Platform(), NOON, unproven).policies[0]


def test_what_accepted_means_stands_beside_the_bound() -> None:
    relay = assessed(sur=desk_settings(), este=desk_settings(accepted="acknowledgement", timeout="2m"))
    assert relay.met
    bound = relay.backups[0].ticket
    assert "sur has a ticket once the mail server took the letter: nobody there need have seen it" in bound.assumptions
    assert "este has a ticket once its system acknowledged it by mail, which takes 2m at most" in bound.assumptions
    assert "este has 64 hand-overs in hand at most: no more than 0.53 a second while each takes 2m" in bound.assumptions
    assert [term.seconds for term in bound.terms if term.formula == "D_b"] == [120.0]
    assert [term.seconds for term in bound.terms if term.formula == "F"] == [0.0]


def test_doubles_after_an_unknown_outcome_are_warned_about() -> None:
    words = "; ".join(assessed(sur=desk_settings(), este=desk_settings()).warnings)
    assert "sur can't be asked for a ticket after an unknown outcome: unless another takes it, it is sent" in words
    assert "este can't be asked for a ticket" in words


def test_a_desk_without_a_backup_says_what_its_acceptance_is_worth() -> None:
    assert "nobody there need have seen it" in "; ".join(assessed(sur=desk_settings()).warnings)


def test_canaries_bound_how_long_silent_death_stays_unknown() -> None:
    quiet, watched = (
        assessed(sur=settings).providers[0].silent_death
        for settings in (desk_settings(), desk_settings(canary={"every": "10m", "within": "2m"}))
    )
    assert quiet is None
    assert watched is not None
    # C + I(1+j) + W_c, then errors: I(1+j) + s + (n-2) I_f (1+j) + D + e, with s = D = 5 s
    assert watched.seconds == pytest.approx(600 + 33 + 120 + 33 + 5 + 5.5 + 5 + 0.25)
    assert "while sur works, it acknowledges a canary within 2m" in watched.assumptions


def test_a_pick_up_promise_needs_a_sign_of_it() -> None:
    words = "; ".join(assessed(3600.0, sur=desk_settings(), este=desk_settings(picked_up="assigned")).warnings)
    assert "nothing shows that sur has picked a ticket up: each goes to the next provider after 1h" in words
    assert "nothing shows that este" not in words
    assert "nothing shows" not in "; ".join(assessed(sur=desk_settings()).warnings)


def test_numbers_that_nobody_vouches_for_are_warned_about() -> None:
    sur, este = desk_settings(ticket_number=r"\[SUR#(\d+)\]"), desk_settings()
    words = "; ".join(assessed(unproven=["mail"], sur=sur, este=este).warnings)
    assert "sur's ticket numbers prove nothing, since mail has neither authserv_id nor check_dkim" in words
    assert "este's ticket numbers" not in words
    assert "ticket numbers" not in "; ".join(assessed(unproven=["other"], sur=sur, este=este).warnings)
