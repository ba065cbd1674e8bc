"""Which policy decides about a ticket: the first whose match fits."""

from collections.abc import Sequence

from gateway.core.ticket import Priority
from routing.policy.settings import Match, PolicySettings


def matching(
    policies: Sequence[PolicySettings], channel: str, language: str | None, category: str | None, priority: Priority
) -> PolicySettings | None:
    """The first policy that fits; None where none does."""
    return next((policy for policy in policies if fits(policy.match, channel, language, category, priority)), None)


def fits(match: Match, channel: str, language: str | None, category: str | None, priority: Priority) -> bool:
    """All that the match names must fit; what a ticket doesn't say fits only a match that doesn't ask."""
    return (
        _is_one_of(channel, match.channels)
        and serves_language(language, match.languages)
        and _is_one_of(category, match.categories)
        and _is_one_of(priority.label, match.priorities)
    )


def _is_one_of(value: str | None, wanted: Sequence[str]) -> bool:
    return not wanted or value in wanted


def serves_language(language: str | None, wanted: Sequence[str]) -> bool:
    """`es` serves every Spanish; `es-MX` only that. No language named serves all."""
    if not wanted or language is None:
        return not wanted
    return any(_covers(each.lower(), language.lower()) for each in wanted)


def _covers(wanted: str, language: str) -> bool:
    return language == wanted or language.startswith(f"{wanted}-")
