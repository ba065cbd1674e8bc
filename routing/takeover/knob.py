"""The tightest knob: which single setting, turned least, makes a bound that exceeds its contract fit."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from gateway.core.bound import Knob
from routing.takeover.bounds import Desk, Platform, longest_hedge
from routing.takeover.inputs import PolicyFigures, ProviderFigures

SHORTEST_HEDGE = 0.1
"""Seconds; with less, nearly every ticket would go to two providers. A contract that needs less can't be met."""

_STEPS = 40


@dataclass(frozen=True, slots=True)
class _Candidate:
    setting: str
    now: float
    least: float
    """What can still be asked of it."""
    slack: Callable[[float], float]
    """Seconds by which the bound stays within the contract when the setting has a value."""


def slack(policy: PolicyFigures, platform: Platform) -> float:
    """Seconds that the contract leaves with the first backup; negative where it can't be met."""
    hedge = SHORTEST_HEDGE if policy.hedge is None else policy.hedge
    return longest_hedge(policy.contract, policy.primary.desk, [policy.backups[0].desk], platform) - hedge


def tightest_knob(policy: PolicyFigures, platform: Platform) -> Knob | None:
    """The setting that has to be turned by the smallest part of its value; None where no single one is enough."""
    knobs = [knob for candidate in _candidates(policy, platform) if (knob := _turned(candidate)) is not None]
    return min(knobs, key=lambda knob: (knob.now - knob.to) / knob.now, default=None)


def _candidates(policy: PolicyFigures, platform: Platform) -> Iterator[_Candidate]:
    backup = policy.backups[0]
    name = f"providers.{backup.name}"

    def with_backup(changed: ProviderFigures) -> float:
        return slack(replace(policy, providers=(policy.primary, changed, *policy.backups[1:])), platform)

    def with_desk(**changed: float) -> float:
        return with_backup(replace(backup, desk=_desk(backup, **changed)))

    if policy.hedge is not None:
        yield _Candidate(
            f"policies.{policy.name}.hedge",
            policy.hedge,
            SHORTEST_HEDGE,
            lambda value: slack(replace(policy, hedge=value), platform),
        )
    yield _Candidate(f"{name}.timeout", backup.desk.timeout, 0.1, lambda value: with_desk(timeout=value))
    yield _Candidate(
        f"{name}.search_timeout", backup.desk.search_timeout, 0.05, lambda value: with_desk(search_timeout=value)
    )
    if platform.crashes and not platform.peers:
        yield _Candidate(
            "gateway.restart_within",
            platform.restart_within,
            0.3,
            lambda value: slack(policy, replace(platform, restart_within=value)),
        )


def _desk(backup: ProviderFigures, **changed: float) -> Desk:
    """The backup's desk with other times; its lease is an attempt long, so it moves along."""
    desk = replace(backup.desk, **changed)  # type: ignore[arg-type]
    longer = desk.timeout + desk.search_timeout - backup.desk.timeout - backup.desk.search_timeout
    return replace(desk, lease=desk.lease + longer)


def _turned(candidate: _Candidate) -> Knob | None:
    """Bisect for the largest value that fits, in whole milliseconds; every bound grows with every candidate."""
    if candidate.least >= candidate.now or candidate.slack(candidate.least) < 0:
        return None
    fits, exceeds = candidate.least, candidate.now
    for _ in range(_STEPS):
        middle = (fits + exceeds) / 2
        if candidate.slack(middle) >= 0:
            fits = middle
        else:
            exceeds = middle
    return Knob(candidate.setting, candidate.now, math.floor(fits * 1000 + 1e-6) / 1000)
