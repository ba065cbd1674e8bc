"""The JSON schema of the configuration file, by which editors complete and check it while it is written.

It is also what the reference page is made from, so that both say the same.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from config.schema import GatewaySettings, PolicyT, SettingsKinds
from gateway.core.settings import Settings, show_duration

Schema = dict[str, Any]

_NUMBER_BOUNDS = ("gt", "ge", "lt", "le")
"""What a bound on the number becomes beside a text: no word of JSON schema."""


def config_schema(kinds: SettingsKinds[PolicyT]) -> Schema:
    """The schema of the whole file, for the types that the registries hand in."""
    definitions: Schema = {}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Relevo configuration",
        "type": "object",
        "additionalProperties": False,
        "required": ["channels", "providers", "policies"],
        "properties": {
            "gateway": settings_schema(GatewaySettings, definitions),
            "channels": _named(kinds.channels, definitions),
            "providers": _named(kinds.providers, definitions),
            "policies": {"type": "array", "minItems": 1, "items": settings_schema(kinds.policy, definitions)},
            "alarms": {"type": "array", "items": _one_of(kinds.alarms, definitions)},
        },
        "$defs": dict(sorted(definitions.items())),
    }


def settings_schema(model: type[Settings], definitions: Schema) -> Schema:
    """One settings class as it is written in the file; the classes inside it are added to `definitions`."""
    schema = model.model_json_schema(mode="validation")
    for part in _parts(schema):
        _as_written(part)
    definitions.update(schema.pop("$defs", {}))
    return schema


def typed_schema(name: str, model: type[Settings], definitions: Schema) -> Schema:
    """As `settings_schema`, with the `type` that the settings are written under."""
    schema = settings_schema(model, definitions)
    schema["properties"] = {"type": {"const": name, "description": "Selects these settings."}} | {
        key: value for key, value in schema.get("properties", {}).items() if key != "type"
    }
    schema["required"] = ["type", *(key for key in schema.get("required", ()) if key != "type")]
    return schema


def _named(types: Mapping[str, type[Settings]], definitions: Schema) -> Schema:
    return {
        "type": "object",
        "minProperties": 1,
        "propertyNames": {"pattern": "^[a-z0-9][a-z0-9_-]{0,63}$"},
        "additionalProperties": _one_of(types, definitions),
    }


def _one_of(types: Mapping[str, type[Settings]], definitions: Schema) -> Schema:
    return {"oneOf": [typed_schema(name, model, definitions) for name, model in types.items()]}


def _parts(schema: Any) -> Iterator[Schema]:
    """Every mapping in the schema, outermost first."""
    if isinstance(schema, dict):
        yield schema
        schema = list(schema.values())
    if isinstance(schema, list):
        for part in schema:
            yield from _parts(part)


def _as_written(part: Schema) -> None:
    """Durations and addresses are texts in the file, so their defaults become texts too; titles only repeat names."""
    variants = [part, *part.get("anyOf", ())]
    default = part.get("default")
    if any(variant.get("duration") is True for variant in variants):
        for bound in _NUMBER_BOUNDS:
            part.pop(bound, None)
        if isinstance(default, int | float):
            part["default"] = show_duration(default)
    if any(variant.get("listen") is True for variant in variants) and isinstance(default, dict):
        part["default"] = f"{default['host']}:{default['port']}"
    if isinstance(default, dict) and "$ref" in part:
        del part["default"]  # the class that is referred to has the default of each key
    if isinstance(part.get("title"), str):
        del part["title"]
