"""The gateway's own settings, the types of settings that adapters hand in, and the loaded configuration."""

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any, Generic, NamedTuple, TypeVar
from urllib.parse import urlsplit

import orjson
from pydantic import AfterValidator, Field, model_validator

from config.organisation import OrganisationSettings
from gateway.core.settings import Duration, Listen, ListenAddress, Network, Secret, Settings
from gateway.core.store_address import SQLITE, StoreUrl

PolicyT = TypeVar("PolicyT", bound=Settings)


def _base_url(url: str) -> str:
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        usable = False
    if not usable or parts.query or parts.fragment:
        raise ValueError("an address is needed, such as https://help.example.org")
    return url.rstrip("/")


def _own_url(validated: dict[str, Any]) -> str:
    return f"http://{validated['listen']}"


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class PublicSettings(Settings):
    """The listener for the outside: the form, the API, the channels' and providers' webhooks."""

    listen: ListenAddress = Field(Listen(host="127.0.0.1", port=8080), description="Address and port to listen on.")
    url: Annotated[str, AfterValidator(_base_url)] = Field(
        default_factory=_own_url,
        description="Address under which people and providers reach it. Without it: `http://` and what it listens on.",
    )
    trusted_proxies: tuple[Network, ...] = Field(
        (),
        description="Addresses or networks of the proxies before it. Only of these X-Forwarded-For is believed.",
    )
    connections: int = Field(
        4096, ge=16, description="Most connections at one time; fewer where the system allows fewer open files."
    )
    connections_per_address: int = Field(
        1024, ge=1, description="Of these, most from one address (of IPv6, one /64); a trusted proxy may have them all."
    )

    @model_validator(mode="after")
    def _reachable(self) -> "PublicSettings":
        if "url" not in self.model_fields_set and self.listen.host in ("0.0.0.0", "::"):  # noqa: S104
            raise ValueError("listening on every interface needs url, the address under which people reach it")
        return self


class OpsSettings(Settings):
    """The listener for operations: metrics, health and the API."""

    listen: ListenAddress = Field(Listen(host="127.0.0.1", port=8081), description="Address and port to listen on.")
    token: Secret | None = Field(None, description="Bearer token of the API; may be left out on loopback only.")

    @model_validator(mode="after")
    def _protected(self) -> "OpsSettings":
        if self.token is None and not _is_loopback(self.listen.host):
            raise ValueError("listening beyond loopback needs token; write token: {env: NAME} or {file: PATH}")
        return self


class SpoolSettings(Settings):
    """Where new requests are kept while a PostgreSQL store is away, until it has them: see docs/postgresql.md."""

    folder: Path = Field(
        Path("relevo.spool"),
        description="On a disk that outlives the process, and no other gateway's; relative to where the service runs, "
        "or absolute.",
    )
    limit: int = Field(
        67_108_864,
        ge=0,
        description="Bytes that it may have; what is more is refused. 0: all is, while the store is away.",
    )


class GatewaySettings(Settings):
    """The gateway itself. The times are assumptions of the contracted time: declared here, watched while it runs."""

    public: PublicSettings = PublicSettings()
    ops: OpsSettings = OpsSettings()
    store: StoreUrl = Field(
        "sqlite:relevo.db",
        validate_default=True,
        description="`sqlite:PATH`: the file, relative to where the service runs or absolute. "
        "`postgresql://USER@HOST,HOST/DATABASE`: see docs/postgresql.md; with a password in it, a secret.",
    )
    store_spool: SpoolSettings = SpoolSettings()
    peers: bool = Field(
        False, description="Other gateways share the store (PostgreSQL), and take over what this one had in hand."
    )
    organisation: OrganisationSettings = OrganisationSettings()
    restart_within: Duration = Field(
        1.5, gt=0, description="From a crash of the gateway until it hands off again; its supervisor must keep this."
    )
    lag_allowance: Duration = Field(0.25, gt=0, description="Most that the event loop and a commit may lag (e).")
    queue_allowance: Duration = Field(0.1, gt=0, description="Longest wait before a ticket's first attempt (q).")
    crashes: int = Field(
        1, ge=0, le=10, description="Crashes of the gateway within one ticket's time to allow for (f)."
    )
    hang_after: Duration = Field(
        10.0,
        gt=0,
        description="An event loop that stands still for so long ends the process, with its stacks in the log.",
    )
    shutdown_within: Duration = Field(10.0, gt=0, description="A stop waits this long for what is under way.")

    @model_validator(mode="after")
    def _sharable(self) -> "GatewaySettings":
        if self.peers and self.store.scheme == SQLITE:
            raise ValueError("peers need a store that gateways can share, such as postgresql://user@host/database")
        return self


class Typed(NamedTuple):
    """Settings with the `type` that they were written under."""

    type: str
    settings: Settings


@dataclass(frozen=True, slots=True)
class SettingsKinds(Generic[PolicyT]):
    """The types of settings that the registries hand in, by the name that `type` gives them in the file."""

    channels: Mapping[str, type[Settings]]
    providers: Mapping[str, type[Settings]]
    alarms: Mapping[str, type[Settings]]
    policy: type[PolicyT]


@dataclass(frozen=True, slots=True)
class Config(Generic[PolicyT]):
    """A valid configuration, its secrets resolved; neither `repr` nor `text` shows one."""

    path: Path
    digest: str
    """SHA-256 of the file's content, hexadecimal."""
    gateway: GatewaySettings
    channels: Mapping[str, Typed]
    providers: Mapping[str, Typed]
    policies: tuple[PolicyT, ...]
    alarms: tuple[Typed, ...]

    @property
    def text(self) -> str:
        """All settings in force as JSON, defaults included, secrets masked."""
        sections = {
            "gateway": _dump(self.gateway),
            "channels": {name: _dump_typed(typed) for name, typed in self.channels.items()},
            "providers": {name: _dump_typed(typed) for name, typed in self.providers.items()},
            "policies": [_dump(policy) for policy in self.policies],
            "alarms": [_dump_typed(typed) for typed in self.alarms],
        }
        return orjson.dumps(sections, option=orjson.OPT_INDENT_2).decode()


def _dump(settings: Settings) -> dict[str, Any]:
    return settings.model_dump(mode="json")


def _dump_typed(typed: Typed) -> dict[str, Any]:
    return {"type": typed.type, **_dump(typed.settings)}
