"""The providers of a configuration as they run, and the policies that lead to them."""

from collections.abc import Callable, Mapping, Sequence

from gateway.app.configuration import RelevoConfig, provider_settings
from gateway.core.events import ProviderStateChanged
from gateway.core.ports import Measurements
from gateway.core.provider import ProviderStatus
from gateway.web.ops import PolicyFacts
from routing.delivery.fleet import LiveProvider, Route
from routing.delivery.lanes import Lane
from routing.health.machine import Transition
from routing.health.monitor import Monitor
from routing.providers.context import ProviderContext
from routing.registry import build_provider
from routing.settings import ProviderSettings
from routing.takeover.assessment import Assessment

ChangeHeard = Callable[[ProviderStateChanged], None]


def build_providers(
    config: RelevoConfig,
    running: Mapping[str, LiveProvider],
    known: Mapping[str, ProviderStatus],
    context: Callable[[str], ProviderContext],
    measurements: Measurements,
    health_changed: ChangeHeard,
) -> dict[str, LiveProvider]:
    """Every provider of `config`; one whose settings are as before goes on running, with what is known of it.

    `known` is the health of each from before. Raises ConfigError where one can't be made.
    """
    return {
        name: running[name]
        if name in running and running[name].settings == settings
        else _build(config.providers[name].type, settings, context(name), known.get(name), measurements, health_changed)
        for name, settings in provider_settings(config).items()
    }


def _build(
    type_name: str,
    settings: ProviderSettings,
    context: ProviderContext,
    known: ProviderStatus | None,
    measurements: Measurements,
    health_changed: ChangeHeard,
) -> LiveProvider:
    def heard(change: Transition) -> None:
        health_changed(
            ProviderStateChanged(
                at=change.at, provider=context.name, old=change.old.value, new=change.new.value, reason=change.reason
            )
        )

    adapter = build_provider(type_name, settings, context)
    monitor = Monitor(adapter, settings.health, context.clock, heard, on_probe=measurements.probe_seconds, known=known)
    return LiveProvider(context.name, adapter, settings, monitor, Lane(settings.window, settings.rate))


def routes_of(config: RelevoConfig, assessment: Assessment) -> list[Route]:
    """The policies in order, each with its hedge deadline."""
    hedges = {each.name: each.hedge for each in assessment.policies}
    return [Route(policy, hedges[policy.name]) for policy in config.policies]


def policy_facts(config: RelevoConfig, assessment: Assessment) -> Sequence[PolicyFacts]:
    """What operations see of each policy."""
    assessed = {each.name: each for each in assessment.policies}
    return [
        PolicyFacts(
            name=policy.name,
            providers=policy.providers,
            takeover_within=policy.takeover_within,
            hedge_after=assessed[policy.name].hedge,
            bounds={
                "detection": assessed[policy.name].providers[0].silence.seconds,
                **{f"ticket.{backup.name}": backup.ticket.seconds for backup in assessed[policy.name].backups},
            },
        )
        for policy in config.policies
    ]
