"""Small settings types to try the configuration with, in place of the adapters' own."""

from typing import Literal

from pydantic import Field, field_validator

from config.schema import SettingsKinds
from gateway.core.settings import Duration, Secret, Settings


class SampleChannel(Settings):
    """A channel without settings of its own."""

    type: Literal["web"] = "web"


class SampleHealth(Settings):
    """How the desk is watched."""

    every: Duration = Field(1.0, gt=0, le=60, description="Period of the probes.")
    failures: int = Field(3, ge=1, le=20, description="Failed probes that mean down.")
    jitter: float = Field(0.1, ge=0, le=0.5, description="Part of a period.")


class SampleHours(Settings):
    """When it works."""

    open: tuple[str, ...] = Field(min_length=1, description="Days and times.")


class SampleProvider(Settings):
    """A desk."""

    url: str = Field(description="Where tickets are posted.")
    secret: Secret = Field(description="Shared with the desk.")
    allow_private: bool = Field(False, description="Permits a private address.")
    timeout: Duration = Field(1.0, gt=0, description="One attempt, in all.")
    languages: tuple[str, ...] = Field((), description="Languages it serves.")
    level: Literal["basic", "full"] = Field("full", description="How much it gets.")
    health: SampleHealth = SampleHealth()
    hours: tuple[SampleHours, ...] = Field((), max_length=2, description="Service hours.")

    @field_validator("url")
    @classmethod
    def _is_http(cls, url: str) -> str:
        if not url.startswith("http"):
            raise ValueError("an http or https URL is needed")
        return url


class SampleAlarm(Settings):
    """Where alarms are posted."""

    url: str = Field(description="Where.")
    secret: Secret = Field(description="Key of the signature.")


class SampleLog(Settings):
    """Alarms in the log."""


class SamplePolicy(Settings):
    """A policy."""

    name: str = Field(pattern="^[a-z]+$", description="Unique name.")
    providers: tuple[str, ...] = Field(min_length=1, description="In order.")
    takeover_within: Duration = Field(gt=0, description="The contracted time.")
    hedge: Duration | None = Field(None, gt=0, description="Derived unless given.")


SAMPLE_KINDS = SettingsKinds(
    channels={"web": SampleChannel},
    providers={"webhook": SampleProvider, "email": SampleProvider},
    alarms={"webhook": SampleAlarm, "log": SampleLog},
    policy=SamplePolicy,
)
