"""The reference page and the JSON schema of the configuration, generated from the settings' own descriptions."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import orjson

from config.json_schema import Schema, config_schema, settings_schema, typed_schema
from config.schema import GatewaySettings, PolicyT, SettingsKinds
from gateway.core.settings import Settings

_INTRODUCTION = """\
# Configuration

This page is generated from the settings' descriptions in the code; change it there.

The file is YAML 1.2 in UTF-8, at most 1 MiB. It has the sections `gateway`, `channels`, `providers`, `policies` and
`alarms`. `relevo check -c FILE` reports everything that is wrong in it, each with line and column, what is wrong and
what is allowed. `config/relevo.schema.json` lets an editor complete and check it while it is written.

- A **duration** has its unit: `300ms`, `2s`, `5m`, `1h`, `30d`.
- A **secret** never stands in the file. It is a reference: `{env: NAME}` for an environment variable, or `{file: PATH}`
  for a file; a relative path starts at the folder of the configuration file. It has at least 16 characters, drawn at
  random, such as `openssl rand -base64 24` gives; no two providers may have the same.
- A **name** of a channel, provider or policy has small letters, digits, `-` and `_`, and begins with a letter or digit.
- `no`, `on` and `12:30` are texts, as YAML 1.2 has it; a text that looks like a number goes in quotes.
"""


class Row(NamedTuple):
    """One setting, as its row in a table shows it."""

    key: str
    type: str
    default: str
    meaning: str


def reference_page(kinds: SettingsKinds[PolicyT]) -> str:
    """The page `docs/configuration.md`."""
    parts = [
        _INTRODUCTION,
        _section("gateway", "The gateway itself; every key may be left out.", GatewaySettings),
        _types("channels", "By name, at least one: where messages come in and answers go out.", kinds.channels),
        _types("providers", "By name, at least one: the help desks that can take tickets.", kinds.providers),
        _section(
            "policies", "A list, at least one: which tickets go to which providers, within which times.", kinds.policy
        ),
        _types("alarms", "A list, may be left out: who is told when a promise is in danger.", kinds.alarms),
    ]
    return "\n".join(parts)


def schema_text(kinds: SettingsKinds[PolicyT]) -> str:
    """The file `config/relevo.schema.json`."""
    return orjson.dumps(config_schema(kinds), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).decode()


def rows(schema: Schema, definitions: Schema, prefix: str = "") -> Iterator[Row]:
    """The settings of one class in their order, with those of the classes inside it in place."""
    required = schema.get("required", ())
    for name, written in schema.get("properties", {}).items():
        key = prefix + name
        inner = _inner(written, definitions)
        yield Row(
            key, _type(written, inner, definitions), _default(written, name in required), _meaning(written, inner)
        )
        if inner is not None:
            yield from rows(inner, definitions, f"{key}." if "items" not in written else f"{key}[].")


def undescribed(kinds: SettingsKinds[PolicyT]) -> list[str]:
    """The keys whose meaning nobody has written down where they are defined."""
    classes: dict[str, type[Settings]] = {"gateway": GatewaySettings, "policies": kinds.policy}
    for section, types in (("channels", kinds.channels), ("providers", kinds.providers), ("alarms", kinds.alarms)):
        classes |= {f"{section}.{name}": model for name, model in types.items()}
    missing = []
    for section, model in classes.items():
        definitions: Schema = {}
        schema = settings_schema(model, definitions)
        missing += [
            f"{section}.{row.key}" for row in rows(schema, definitions) if not row.meaning and row.key != "type"
        ]
    return missing


def _section(name: str, introduction: str, model: type[Settings]) -> str:
    definitions: Schema = {}
    return f"## {name}\n\n{introduction}\n\n" + _table(settings_schema(model, definitions), definitions)


def _types(name: str, introduction: str, types: Mapping[str, type[Settings]]) -> str:
    parts = [f"## {name}\n\n{introduction}\n"]
    for type_name, model in sorted(types.items()):
        definitions: Schema = {}
        schema = typed_schema(type_name, model, definitions)
        described = f"{schema['description']}\n\n" if "description" in schema else ""
        parts.append(f"### {name}: {type_name}\n\n{described}" + _table(schema, definitions))
    return "\n".join(parts)


def _table(schema: Schema, definitions: Schema) -> str:
    lines = ["| key | type | default | meaning |", "|---|---|---|---|"]
    for row in rows(schema, definitions):
        cells = (f"`{row.key}`", row.type, row.default, row.meaning)
        lines.append("| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |")
    return "\n".join(lines) + "\n"


def _inner(written: Schema, definitions: Schema) -> Schema | None:
    """The class of settings inside this one, unless it is a secret's reference."""
    for variant in (*_variants(written), *_variants(written.get("items", {}))):
        if "$ref" in variant and not variant.get("secret"):
            found: Schema = definitions[variant["$ref"].rpartition("/")[2]]
            return found if "properties" in found else None
    return None


def _type(written: Schema, inner: Schema | None, definitions: Schema) -> str:
    if inner is not None:
        return "list of mappings" if "items" in written else "mapping"
    return " or ".join(_plain_type(_choice(variant, definitions) or variant) for variant in _variants(written))


def _choice(variant: Schema, definitions: Schema) -> Schema | None:
    """The values to choose from, where these are defined apart."""
    found: Schema = definitions.get(variant.get("$ref", "").rpartition("/")[2], {})
    return found if "enum" in found else None


def _plain_type(variant: Schema) -> str:
    if variant.get("secret"):
        return "secret"
    if variant.get("duration"):
        return "duration"
    if variant.get("listen"):
        return "address:port"
    if "const" in variant:
        return f"`{variant['const']}`"
    if "enum" in variant:
        return " or ".join(f"`{value}`" for value in variant["enum"])
    if variant.get("type") == "array":
        return f"list of {_plain_type(variant.get('items', {}))}s"
    words = {"string": "text", "integer": "whole number", "number": "number", "boolean": "true or false"}
    return words.get(variant.get("type", ""), "mapping")


def _default(written: Schema, required: bool) -> str:
    if required:
        return "required"
    default = written.get("default")
    if default is None or default in ([], {}):
        return ""
    return f"`{default if isinstance(default, str) else orjson.dumps(default).decode()}`"


def _meaning(written: Schema, inner: Schema | None) -> str:
    meaning = written.get("description") or (inner or {}).get("description", "")
    return str(meaning)


def _variants(written: Schema) -> list[Schema]:
    """What may be written here, nothing aside."""
    return [variant for variant in written.get("anyOf", [written]) if variant.get("type") != "null"]
