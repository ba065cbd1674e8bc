"""Is the backup of the same level, and which policy decides about a ticket?"""

import pytest

from gateway.core.hours import Hours
from gateway.core.ticket import Priority
from routing.policy.level import findings
from routing.policy.match import fits, matching
from routing.policy.settings import ContractTerms, Match, PolicySettings

NOW = 1_784_505_600.0  # 2026-07-20, a Monday


def found(primary: ContractTerms, backup: ContractTerms, match: Match | None = None) -> str:
    return "; ".join(findings(primary, backup, match or Match(), NOW))


def test_the_same_terms_are_the_same_level() -> None:
    week = Hours(timezone="Europe/Madrid", open=("mon-fri 08:00-20:00",))
    terms = ContractTerms(
        languages=("es",), channels=("web",), categories=("vpn",), hours=week, confidentiality=("gdpr",)
    )
    assert found(terms, terms) == ""
    assert found(terms, ContractTerms(confidentiality=("gdpr",))) == ""


def test_a_missing_language_is_named() -> None:
    assert "languages en" in found(ContractTerms(languages=("es", "en")), ContractTerms(languages=("es",)))


def test_a_backup_with_a_list_is_less_than_a_primary_without_one() -> None:
    assert "only the languages es" in found(ContractTerms(), ContractTerms(languages=("es",)))


def test_only_what_the_policy_asks_for_counts() -> None:
    primary, backup = ContractTerms(languages=("es", "en")), ContractTerms(languages=("es",))
    assert found(primary, backup, Match(languages=("es",))) == ""
    assert found(ContractTerms(), backup, Match(languages=("es",))) == ""
    assert "languages en" in found(ContractTerms(), backup, Match(languages=("es", "en")))


def test_a_match_on_what_the_primary_does_not_serve_needs_nothing_of_the_backup() -> None:
    assert found(ContractTerms(languages=("es",)), ContractTerms(languages=("en",)), Match(languages=("fr",))) == ""


def test_channels_categories_and_confidentiality_are_compared_too() -> None:
    primary = ContractTerms(channels=("web", "email"), categories=("vpn", "mail"), confidentiality=("gdpr", "ens-high"))
    backup = ContractTerms(channels=("web",), categories=("vpn",), confidentiality=("gdpr",))
    words = found(primary, backup)
    assert "channels email" in words
    assert "categories mail" in words
    assert "not signed ens-high" in words


def test_hours_are_compared_and_the_next_gap_is_said() -> None:
    week = Hours(timezone="Europe/Madrid", open=("mon-fri 08:00-20:00",))
    short = Hours(timezone="Europe/Madrid", open=("mon-fri 08:00-18:00",))
    assert "2026-07-20T16:00:00.000Z" in found(ContractTerms(hours=week), ContractTerms(hours=short))
    assert found(ContractTerms(hours=short), ContractTerms(hours=week)) == ""
    assert "closed when the primary works" in found(ContractTerms(), ContractTerms(hours=week))


def policy(name: str, **match: tuple[str, ...]) -> PolicySettings:
    return PolicySettings(name=name, match=Match(**match), providers=("acme",), takeover_within=5.0)


POLICIES = [
    policy("urgent", priorities=("urgent", "high")),
    policy("spanish", languages=("es",), channels=("web", "email")),
    policy("vpn", categories=("vpn",)),
    policy("rest"),
]


@pytest.mark.parametrize(
    ("channel", "language", "category", "priority", "expected"),
    [
        ("web", "es", None, Priority.URGENT, "urgent"),
        ("web", "es", "vpn", Priority.NORMAL, "spanish"),
        ("web", "es-MX", None, Priority.NORMAL, "spanish"),
        ("voice", "es", "vpn", Priority.NORMAL, "vpn"),
        ("web", None, None, Priority.NORMAL, "rest"),
        ("web", "est", None, Priority.LOW, "rest"),
    ],
)
def test_the_first_policy_that_fits_decides(
    channel: str, language: str | None, category: str | None, priority: Priority, expected: str
) -> None:
    chosen = matching(POLICIES, channel, language, category, priority)
    assert chosen is not None
    assert chosen.name == expected


def test_without_a_policy_that_fits_there_is_none() -> None:
    assert matching(POLICIES[:1], "web", "es", None, Priority.LOW) is None


def test_a_regional_language_is_not_fitted_by_another_region() -> None:
    assert fits(Match(languages=("es-MX",)), "web", "ES-mx", None, Priority.LOW)
    assert not fits(Match(languages=("es-MX",)), "web", "es", None, Priority.LOW)


def test_an_unknown_priority_is_refused() -> None:
    with pytest.raises(ValueError, match="allowed: low, normal, high, urgent"):
        Match(priorities=("asap",))
