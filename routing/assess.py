"""Gathers the figures of a configuration and has them assessed: what `relevo check` prints and `serve` refuses by."""

from collections.abc import Collection, Mapping, Sequence

from gateway.core.clock import Instant
from gateway.core.sending_again import AFTER_DOUBT
from routing.delivery.backoff import backoff
from routing.delivery.tickets import LEASE_SLACK
from routing.policy.level import findings
from routing.policy.settings import PolicySettings
from routing.settings import ProviderSettings
from routing.takeover.assessment import Assessment, assess
from routing.takeover.bounds import Desk, Platform, Probing
from routing.takeover.inputs import PolicyFigures, ProviderFigures


def assess_configuration(
    providers: Mapping[str, ProviderSettings],
    policies: Sequence[PolicySettings],
    platform: Platform,
    now: Instant,
    unproven: Collection[str] = (),
) -> Assessment:
    """Assess every policy; `now` is where the comparison of service hours begins, `unproven` are the mail channels that
    can't tell whose a mail is."""
    figures = {name: _provider(name, settings, unproven) for name, settings in providers.items()}
    return assess([_policy(policy, providers, figures, now) for policy in policies], platform)


def _provider(name: str, settings: ProviderSettings, unproven: Collection[str]) -> ProviderFigures:
    health = settings.health
    return ProviderFigures(
        desk=Desk(
            name=name,
            timeout=settings.timeout,
            search_timeout=settings.search_seconds,
            rate=settings.rate,
            lease=settings.search_seconds + settings.timeout + LEASE_SLACK,
            assumptions=settings.assumptions(name),
            doubt=0.0 if settings.can_search else AFTER_DOUBT[0],
        ),
        probing=Probing(
            every=health.every,
            timeout=health.timeout,
            suspect_after=health.suspect_after,
            failures=health.failures,
            confirm_every=health.confirm_every,
            jitter=health.jitter,
        ),
        honours_key=settings.honours_key,
        can_search=settings.can_search,
        key_memory=settings.key_seconds,
        canaries=settings.canaries(),
        shows_pick_up=settings.shows_pick_up,
        warnings=settings.warnings(name, unproven),
    )


def _policy(
    policy: PolicySettings,
    providers: Mapping[str, ProviderSettings],
    figures: Mapping[str, ProviderFigures],
    now: Instant,
) -> PolicyFigures:
    primary, *backups = policy.providers
    level = {name: tuple(findings(providers[primary], providers[name], policy.match, now)) for name in backups}
    return PolicyFigures(
        name=policy.name,
        providers=tuple(figures[name] for name in policy.providers),
        contract=policy.takeover_within,
        hedge=policy.hedge,
        pick_up_within=policy.pick_up_within,
        retry_horizon=sum(backoff(attempt, policy.name) for attempt in range(1, policy.give_up_after)),
        level_findings=level,
    )
