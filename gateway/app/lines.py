"""The voice channels of a configuration, with what routing may make of their calls."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from channels.phone.settings import VoiceSettings
from gateway.app.configuration import RelevoConfig, provider_settings
from gateway.core.dialling import Desk
from gateway.core.errors import ConfigError
from gateway.core.ticket import Priority
from routing.policy.match import matching
from routing.policy.settings import PolicySettings
from routing.settings import ProviderSettings

if TYPE_CHECKING:  # most have no phone, and it takes a while
    from channels.phone.promise.assessment import Crew, LineAssessment
    from channels.phone.speaking import Speaker


def lines_of(config: RelevoConfig) -> dict[str, VoiceSettings]:
    """Each voice channel's settings by name."""
    return {
        name: typed.settings for name, typed in config.channels.items() if isinstance(typed.settings, VoiceSettings)
    }


def called_back_by(config: RelevoConfig) -> dict[str, str]:
    """For each channel whose requesters desks may have called, the voice channel that calls them."""
    return {channel: name for name, line in lines_of(config).items() for channel in line.callback.for_channels}


def policies_for(config: RelevoConfig, channel: str, line: VoiceSettings) -> list[PolicySettings]:
    """Those that decide about some call of this channel, in the order of the file."""
    chosen = {
        (matching(config.policies, channel, language, category, priority) or config.policies[-1]).name
        for language in {*line.languages, *line.number_languages.values()}
        for category, priority in _choices(line)
    }
    return [policy for policy in config.policies if policy.name in chosen]


def desks_of(policy: PolicySettings, providers: Mapping[str, ProviderSettings]) -> tuple[Desk, ...]:
    """Its providers that have a phone, in its order."""
    voices = ((name, providers[name].voice) for name in policy.providers)
    return tuple(voice.desk(name) for name, voice in voices if voice is not None)


def usual_desks(config: RelevoConfig, channel: str, language: str) -> tuple[Desk, ...]:
    """Those of the policy that a caller gets who chooses nothing. Raises ConfigError where it has none."""
    policy = matching(config.policies, channel, language, None, Priority.NORMAL) or config.policies[-1]
    desks = desks_of(policy, provider_settings(config))
    if not desks:
        raise ConfigError(f"{config.path}: no provider of policy {policy.name} has a phone: give one voice")
    return desks


def assess_lines(config: RelevoConfig) -> "tuple[LineAssessment, ...]":
    """How long callers wait at most, for each voice channel."""
    return tuple(_assess(config, name, line) for name, line in lines_of(config).items())


def speaker_of(config: RelevoConfig, line: VoiceSettings) -> "Speaker":
    """Who speaks on this line, with the organisation's name and its own texts."""
    from channels.phone.speaking import Speaker

    organisation = config.gateway.organisation
    return Speaker(line, organisation.name, organisation.texts)


def _assess(config: RelevoConfig, name: str, line: VoiceSettings) -> "LineAssessment":
    from channels.phone.promise.assessment import LineAssessor

    assessor = LineAssessor(name, line, speaker_of(config, line))
    return assessor.assess(list(_crews(config, name, line)), config.gateway.public.url)


def _crews(config: RelevoConfig, name: str, line: VoiceSettings) -> "Iterator[Crew]":
    from channels.phone.promise.assessment import Crew

    providers = provider_settings(config)
    for policy in policies_for(config, name, line):
        yield Crew(policy.name, desks_of(policy, providers))


def _choices(line: VoiceSettings) -> list[tuple[str | None, Priority]]:
    """What callers may choose by key; nothing is a choice, too."""
    chosen = [(each.id, Priority[(each.priority or "normal").upper()]) for each in line.categories]
    return [(None, Priority.NORMAL), *chosen]
