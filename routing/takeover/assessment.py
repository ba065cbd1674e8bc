"""The assessment of a configuration: for every policy its bounds, whether they meet the contract, and what to heed.

Data only; `relevo check` prints it, `serve` refuses by it, and the evidence of takeovers is measured against it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from gateway.core.bound import Bound, Knob
from gateway.core.settings import show_duration
from gateway.core.texts import Saying
from routing.takeover.bounds import (
    Drain,
    Platform,
    detection,
    detection_of_errors,
    drain,
    longest_hedge,
    rescue,
    silent_death,
    ticket,
    unanswered_canary,
)
from routing.takeover.inputs import PolicyFigures, ProviderFigures
from routing.takeover.knob import SHORTEST_HEDGE, slack, tightest_knob

EXAMPLE_RESCUE = 100
"""Tickets in the rescue that is printed as an example."""

_EPSILON = 1e-9


@dataclass(frozen=True, slots=True)
class ProviderAssessment:
    """How soon a provider's failure is noticed."""

    name: str
    silence: Bound
    errors: Bound
    silent_death: Bound | None
    """None where no canaries are sent to it."""


@dataclass(frozen=True, slots=True)
class BackupAssessment:
    """What one backup means for a ticket; only the first one carries the promise."""

    name: str
    ticket: Bound
    rescue: Bound
    drain: Drain
    silent_death: Bound | None
    """None where the policy has no pick-up promise."""


@dataclass(frozen=True, slots=True)
class PolicyAssessment:
    """All that is known beforehand of one policy."""

    policy: PolicyFigures
    platform: Platform
    hedge: float
    """Seconds; derived unless the policy gives it."""
    providers: tuple[ProviderAssessment, ...]
    backups: tuple[BackupAssessment, ...]
    met: bool
    problem: Saying | None
    """Why the contract can't be met."""
    knob: Knob | None
    """What to turn where it isn't met; None where no single setting is enough."""
    warnings: tuple[Saying, ...]

    @property
    def name(self) -> str:
        return self.policy.name


@dataclass(frozen=True, slots=True)
class Assessment:
    """Of the whole configuration."""

    policies: tuple[PolicyAssessment, ...]
    notes: tuple[Saying, ...]
    """What happens when Relevo itself is down, and what shortens that."""

    @property
    def met(self) -> bool:
        return all(policy.met for policy in self.policies)


def assess(policies: Sequence[PolicyFigures], platform: Platform) -> Assessment:
    """Assess every policy under the same assumptions about Relevo and its machine."""
    return Assessment(tuple(assess_policy(policy, platform) for policy in policies), _notes(platform))


def assess_policy(policy: PolicyFigures, platform: Platform) -> PolicyAssessment:
    hedge = _hedge(policy, platform)
    met = bool(policy.backups) and slack(policy, platform) >= -_EPSILON
    return PolicyAssessment(
        policy=policy,
        platform=platform,
        hedge=hedge,
        providers=tuple(_assess_provider(provider, platform) for provider in policy.providers),
        backups=tuple(_assess_backup(policy, number, hedge, platform) for number in range(len(policy.backups))),
        met=met,
        problem=None if met else _problem(policy, hedge, platform),
        knob=None if met or not policy.backups else tightest_knob(policy, platform),
        warnings=tuple(_warnings(policy, hedge, platform)),
    )


def _hedge(policy: PolicyFigures, platform: Platform) -> float:
    if policy.hedge is not None:
        return policy.hedge
    if not policy.backups:
        return policy.contract
    return max(SHORTEST_HEDGE, longest_hedge(policy.contract, policy.primary.desk, [policy.backups[0].desk], platform))


def _assess_provider(provider: ProviderFigures, platform: Platform) -> ProviderAssessment:
    return ProviderAssessment(
        provider.name,
        detection(provider.probing, platform.lag),
        detection_of_errors(provider.probing, platform.lag),
        unanswered_canary(provider.name, provider.canaries, provider.probing, platform.lag)
        if provider.canaries
        else None,
    )


def _assess_backup(policy: PolicyFigures, number: int, hedge: float, platform: Platform) -> BackupAssessment:
    desks = [backup.desk for backup in policy.backups[: number + 1]]
    backup, primary = desks[-1], policy.primary
    detected = detection(primary.probing, platform.lag)
    return BackupAssessment(
        name=backup.name,
        ticket=ticket(hedge, primary.desk, desks, platform),
        rescue=rescue(EXAMPLE_RESCUE, detected, backup, platform),
        drain=drain(EXAMPLE_RESCUE, backup.rate, arrivals=backup.rate / 2),
        silent_death=silent_death(policy.pick_up_within, backup, platform) if policy.pick_up_within else None,
    )


def _problem(policy: PolicyFigures, hedge: float, platform: Platform) -> Saying:
    contract = show_duration(policy.contract)
    if not policy.backups:
        return Saying(
            "there is no backup: when {primary} fails, nobody takes over, within {contract} or ever",
            primary=policy.primary.name,
            contract=contract,
        )
    needed = ticket(hedge, policy.primary.desk, [policy.backups[0].desk], platform).seconds
    return Saying(
        "a ticket may take {needed}, and {contract} are promised", needed=show_duration(needed), contract=contract
    )


def _warnings(policy: PolicyFigures, hedge: float, platform: Platform) -> Iterator[Saying]:
    yield from _doubles(policy, hedge)
    if not policy.backups:  # else they stand beside the bounds
        yield from policy.primary.desk.assumptions
    for backup in policy.backups:
        yield from _idle_backup(policy, backup, platform)
        yield from _rate(policy.primary, backup)
        for finding in policy.level_findings.get(backup.name, ()):
            yield Saying(
                "{backup} is not of the same level as {primary}: {finding}",
                backup=backup.name,
                primary=policy.primary.name,
                finding=finding,
            )
    for provider in policy.providers:
        yield from provider.warnings
        yield from _blind(provider)
        yield from _mute(policy, provider)
        yield from _memory(policy, provider)
        yield from _lease(provider)


def _doubles(policy: PolicyFigures, hedge: float) -> Iterator[Saying]:
    primary = policy.primary
    if policy.backups and hedge < primary.desk.timeout and not (primary.honours_key or primary.can_search):
        yield Saying(
            "the hedge of {hedge} is shorter than {primary}'s timeout of {timeout}, and {primary} knows neither key "
            "nor search: answers that come in between make doubles that can't be found out",
            hedge=show_duration(hedge),
            primary=primary.name,
            timeout=show_duration(primary.desk.timeout),
        )


def _blind(provider: ProviderFigures) -> Iterator[Saying]:
    if not provider.honours_key and not provider.can_search:
        yield Saying(
            "{provider} can't be asked for a ticket after an unknown outcome: unless another takes it, it is sent "
            "twice more, 5 and 30 minutes later, and a system there which doesn't know it again has each",
            provider=provider.name,
        )


def _mute(policy: PolicyFigures, provider: ProviderFigures) -> Iterator[Saying]:
    if policy.pick_up_within is not None and not provider.shows_pick_up:
        yield Saying(
            "nothing shows that {provider} has picked a ticket up: each goes to the next provider after {promise}; "
            "give it picked_up",
            provider=provider.name,
            promise=show_duration(policy.pick_up_within),
        )


def _idle_backup(policy: PolicyFigures, backup: ProviderFigures, platform: Platform) -> Iterator[Saying]:
    noticed = detection(backup.probing, platform.lag).seconds
    if noticed > policy.contract:
        yield Saying(
            "{backup} is probed too slowly for a backup: it may be dead for {noticed} before that is known, and the "
            "promise is {contract}",
            backup=backup.name,
            noticed=show_duration(noticed),
            contract=show_duration(policy.contract),
        )
    elif backup.probing.every > policy.primary.probing.every:
        yield Saying(
            "{backup} is probed every {every}, more slowly than {primary}: when it is needed, less is known of it",
            backup=backup.name,
            every=show_duration(backup.probing.every),
            primary=policy.primary.name,
        )


def _rate(primary: ProviderFigures, backup: ProviderFigures) -> Iterator[Saying]:
    if backup.desk.rate < primary.desk.rate:
        yield Saying(
            "{backup} takes {less} tickets a second and {primary} {more}: what comes faster than the backup can take "
            "waits longer than promised",
            backup=backup.name,
            less=f"{backup.desk.rate:g}",
            primary=primary.name,
            more=f"{primary.desk.rate:g}",
        )


def _memory(policy: PolicyFigures, provider: ProviderFigures) -> Iterator[Saying]:
    if provider.honours_key and provider.key_memory < policy.retry_horizon:
        yield Saying(
            "{provider} remembers a key for {memory}, but one ticket may be tried over {horizon}: late tries can make "
            "doubles",
            provider=provider.name,
            memory=show_duration(provider.key_memory),
            horizon=show_duration(policy.retry_horizon),
        )


def _lease(provider: ProviderFigures) -> Iterator[Saying]:
    attempt = provider.desk.search_timeout + provider.desk.timeout
    if provider.desk.lease < attempt:
        yield Saying(
            "the lease of {lease} is shorter than an attempt at {provider}, {attempt}: another worker may ask for the "
            "same ticket meanwhile",
            lease=show_duration(provider.desk.lease),
            provider=provider.name,
            attempt=show_duration(attempt),
        )


def _notes(platform: Platform) -> tuple[Saying, ...]:
    down = Saying(
        "While Relevo itself is down it takes in nothing: web requests fail and their senders have to try again. "
        "What it had answered with yes is on disk and goes on after the start."
    )
    if platform.peers:
        return (down, Saying("Other gateways share the store and go on meanwhile; a restart is in no bound."))
    return (
        down,
        Saying(
            "The bounds assume {crashes} crash(es) during one hand-over and a restart within {restart}: have a "
            "supervisor restart it at once (systemd: Restart=always, RestartSec=100ms). Several gateways on one "
            "PostgreSQL would take the restart out of the bounds.",
            crashes=platform.crashes,
            restart=show_duration(platform.restart_within),
        ),
        Saying("A machine that is lost, or an outage longer than that, is in no bound."),
    )
