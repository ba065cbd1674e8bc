"""What every settings class builds on: strict models, durations, secrets, listen addresses.

An adapter defines its settings beside its class; the registries hand the types to the configuration loader.
"""

import re
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, SecretStr, ValidationInfo

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


class SecretReference(Settings):
    """Where a secret is kept: an environment variable, or a file (its content without surrounding white space)."""

    env: str | None = Field(None, description="Name of an environment variable.")
    file: str | None = Field(None, description="Path of a file.")


def _resolve(value: Any, info: ValidationInfo) -> Any:
    """While a file is loaded the validation's context is the loader's resolver, and nothing but a reference will do."""
    return info.context(value) if callable(info.context) else value


Secret = Annotated[
    SecretStr,
    BeforeValidator(_resolve, json_schema_input_type=SecretReference),
    Field(json_schema_extra={"secret": True}),
]
"""A secret's value. In the file it is a reference, `{env: NAME}` or `{file: PATH}`, which the loader resolves."""


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
