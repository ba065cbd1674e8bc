"""The configuration with the types of this distribution, and what it promises."""

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import BaseModel, SecretStr

from channels.email.settings import EmailSettings
from channels.registry import CHANNEL_TYPES
from config.loader import load
from config.schema import Config, SettingsKinds
from gateway.alarms.settings import ALARM_TYPES
from gateway.core.clock import Instant
from gateway.core.errors import RelevoError
from routing.assess import assess_configuration
from routing.policy.settings import PolicySettings
from routing.registry import PROVIDER_TYPES
from routing.settings import ProviderSettings
from routing.takeover.assessment import Assessment
from routing.takeover.bounds import Platform

if TYPE_CHECKING:
    from channels.phone.promise.assessment import LineAssessment

RelevoConfig = Config[PolicySettings]

KINDS = SettingsKinds(
    channels={name: each.settings for name, each in CHANNEL_TYPES.items()},
    providers={name: each.settings for name, each in PROVIDER_TYPES.items()},
    alarms=ALARM_TYPES,
    policy=PolicySettings,
)


class ImpossibleContract(RelevoError):
    """A policy's bound exceeds its contract; the text says which, and what to turn."""


def load_configuration(path: Path, environ: Mapping[str, str] = os.environ) -> RelevoConfig:
    """Raises ConfigError, with file, line and column of every problem."""
    config = load(path, KINDS, environ)
    if config.gateway.organisation.texts is not None:
        from gateway.app.own_texts import check_own_texts  # only here: most have none, and it makes the start longer

        check_own_texts(config.gateway.organisation.texts)
    return config


def provider_settings(config: RelevoConfig) -> dict[str, ProviderSettings]:
    """Each provider's settings by name."""
    return {
        name: typed.settings for name, typed in config.providers.items() if isinstance(typed.settings, ProviderSettings)
    }


def assess(config: RelevoConfig, now: Instant) -> Assessment:
    """The bounds of every policy, with what they assume."""
    gateway = config.gateway
    platform = Platform(
        lag=gateway.lag_allowance,
        wait=gateway.queue_allowance,
        crashes=gateway.crashes,
        restart_within=gateway.restart_within,
        peers=gateway.peers,
    )
    unproven = [
        name
        for name, typed in config.channels.items()
        if isinstance(typed.settings, EmailSettings) and not typed.settings.proves_senders
    ]
    return assess_configuration(provider_settings(config), config.policies, platform, now, unproven)


def require_possible(assessment: Assessment, lines: "Sequence[LineAssessment]") -> None:
    """Raises ImpossibleContract where a policy, or a voice channel, can't keep its contract."""
    broken = [f"{policy.name}: {policy.problem}" for policy in assessment.policies if not policy.met]
    broken += [f"{line.channel}: {line.problem}" for line in lines if not line.met]
    if broken:
        reasons = "; ".join(broken)
        raise ImpossibleContract(
            f"{reasons}. `relevo check` shows the sums; `relevo serve --accept-impossible` starts all the same."
        )


def secrets_of(config: RelevoConfig) -> Iterator[str]:
    """Every secret's value, for the log to redact."""
    yield from _secrets(config.gateway)
    for typed in (*config.channels.values(), *config.providers.values(), *config.alarms):
        yield from _secrets(typed.settings)


def _secrets(value: object) -> Iterator[str]:
    """Those in settings, however deep they lie."""
    if isinstance(value, SecretStr):
        yield value.get_secret_value()
    elif isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from _secrets(getattr(value, name))
    elif isinstance(value, tuple | list | dict):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _secrets(each)
