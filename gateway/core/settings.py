"""What every settings class builds on: strict models, durations, secrets, listen addresses.

An adapter defines its settings beside its class; the registries hand the types to the configuration loader.
"""

import re
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetPydanticSchema,
    PlainSerializer,
    PlainValidator,
    SecretStr,
    StringConstraints,
    ValidationInfo,
)
from pydantic_core.core_schema import no_info_after_validator_function

from gateway.core.texts import LANGUAGES

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)")


class Settings(BaseModel):
    """Unknown keys are errors; values never change after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


def parse_duration(value: Any) -> Any:
    """Seconds from `300ms`, `2s`, `5m`, `1h`, `30d`; a plain number is refused, since its unit is anybody's guess."""
    if isinstance(value, str):
        match = _DURATION.fullmatch(value.strip())
        if match:
            return float(match[1]) * _UNITS[match[2]]
    elif isinstance(value, float):
        return value  # a default, already in seconds
    raise ValueError("a duration with its unit is needed, such as 300ms, 2s, 5m, 1h or 30d")


def show_duration(seconds: float) -> str:
    """`300ms`, `2s`, `2.55s`, `5m`: as one would write it in the configuration."""
    if seconds < 1:
        return f"{round(seconds * 1000)}ms"
    for unit in ("d", "h", "m"):
        if seconds % _UNITS[unit] == 0 and seconds >= _UNITS[unit]:
            return f"{int(seconds // _UNITS[unit])}{unit}"
    return f"{seconds:.3f}".rstrip("0").rstrip(".") + "s"


def _duration(value: Any, info: ValidationInfo) -> Any:
    """In a file (JSON mode) a bare float is refused like a bare integer."""
    return parse_duration(str(value) if info.mode == "json" else value)


_WrittenDuration = Annotated[
    str, Field(pattern=rf"^\s*{_DURATION.pattern}\s*$", json_schema_extra={"duration": True}, examples=["300ms", "2s"])
]
_LONGEST = 3650 * _UNITS["d"]

Duration = Annotated[
    float,
    BeforeValidator(_duration, json_schema_input_type=_WrittenDuration),
    PlainSerializer(show_duration, return_type=str, when_used="json"),
    Field(ge=0, le=_LONGEST),
]
"""Seconds; written with a unit, ten years at most."""


class Like(GetPydanticSchema):
    """An annotation of texts: those of this pattern. The schema shows it, and people are told in words what is
    `needed`."""

    def __init__(self, pattern: str, needed: str) -> None:
        compiled = re.compile(pattern, re.ASCII)

        def check(written: str) -> str:
            if compiled.fullmatch(written) is None:
                raise ValueError(needed)
            return written

        super().__init__(
            lambda source, handler: no_info_after_validator_function(check, handler(source)),
            lambda schema, handler: {**handler(schema), "pattern": pattern},
        )


class SecretReference(Settings):
    """Where a secret is kept: an environment variable, or a file (its content without surrounding white space)."""

    env: str | None = Field(None, description="Name of an environment variable.")
    file: str | None = Field(None, description="Path of a file.")


def _resolve(value: Any, info: ValidationInfo) -> Any:
    """While a file is loaded the validation's context is the loader's resolver, and nothing but a reference will do."""
    return info.context(value) if callable(info.context) else value


SECRET_LENGTH = 16
"""Characters that a secret has at least: shorter ones are guessed, or found out from a single signature."""


def _hard_to_guess(secret: SecretStr) -> SecretStr:
    if len(secret) < SECRET_LENGTH:
        raise ValueError(f"this secret is too short; at least {SECRET_LENGTH} characters, drawn at random")
    return secret


Secret = Annotated[
    SecretStr,
    BeforeValidator(_resolve, json_schema_input_type=SecretReference),
    AfterValidator(_hard_to_guess),
    Field(json_schema_extra={"secret": True}),
]
"""A secret's value. In the file it is a reference, `{env: NAME}` or `{file: PATH}`, which the loader resolves."""


def _local_text(value: Any) -> Any:
    """A plain text is the same in every language."""
    return dict.fromkeys(LANGUAGES, value) if isinstance(value, str) else value


def _known_languages(texts: dict[str, str]) -> dict[str, str]:
    if not texts or set(texts) - set(LANGUAGES):
        raise ValueError(f"a text, or one for each language, is needed; languages: {', '.join(LANGUAGES)}")
    return texts


LocalText = Annotated[
    dict[str, Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]],
    BeforeValidator(_local_text, json_schema_input_type=str | dict[Literal["en", "es"], str]),
    AfterValidator(_known_languages),
]
"""A text that people see, by language (see `texts.in_language`). In the file it is a text, or `{es: ..., en: ...}`."""


def _beside_the_file(path: Path, info: ValidationInfo) -> Path:
    """A relative path starts at the folder of the configuration file, which the loader's resolver knows."""
    folder: Path = getattr(info.context, "folder", Path())
    return folder / path


LocalPath = Annotated[Path, AfterValidator(_beside_the_file), PlainSerializer(str, return_type=str)]
"""A file or folder on this machine."""


class Listen(Settings):
    """An address to listen on."""

    host: str
    port: int = Field(ge=0, le=65535)

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def parse_listen(value: Any) -> Any:
    """`127.0.0.1:8080` or `[::1]:8080`; every interface is written out, `0.0.0.0:8080`."""
    if isinstance(value, str):
        host, colon, port = value.rpartition(":")
        if colon and host and port.isascii() and port.isdigit():
            return {"host": host.removeprefix("[").removesuffix("]"), "port": int(port[:6])}
    elif isinstance(value, Listen):
        return value
    raise ValueError("an address and a port are needed, such as 127.0.0.1:8080 or [::1]:8080")


ListenAddress = Annotated[
    Listen,
    BeforeValidator(parse_listen, json_schema_input_type=Annotated[str, Field(json_schema_extra={"listen": True})]),
]


def _network(written: Any) -> IPv4Network | IPv6Network:
    """`192.0.2.7`, `192.0.2.0/24` or `2001:db8::/32`; what stands for everybody is refused."""
    if isinstance(written, IPv4Network | IPv6Network):
        return written
    try:
        network = ip_network(written if isinstance(written, str) else "")
    except ValueError:
        raise ValueError("an address or a network is needed, such as 10.0.0.5 or 10.0.0.0/8") from None
    if not network.prefixlen:
        raise ValueError("everybody is in that network")
    return network


Network = Annotated[
    IPv4Network | IPv6Network,
    PlainValidator(_network, json_schema_input_type=Annotated[str, Field(examples=["10.0.0.0/8"])]),
    PlainSerializer(str, return_type=str),
]
"""A network of addresses; one address is a network of its own."""
