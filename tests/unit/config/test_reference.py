"""The reference page and the JSON schema say what the settings are."""

from enum import StrEnum
from typing import Any

import orjson
from pydantic import Field

from config.json_schema import config_schema, settings_schema
from config.reference import Row, reference_page, rows, schema_text, undescribed
from config.schema import GatewaySettings, SettingsKinds
from gateway.core.settings import Settings
from tests.support.sample_settings import SAMPLE_KINDS, SampleChannel, SamplePolicy

Rank = StrEnum("Rank", ["FIRST", "LAST"])


def test_a_row_has_key_type_default_and_meaning() -> None:
    page = reference_page(SAMPLE_KINDS)

    assert "| `timeout` | duration | `1s` | One attempt, in all. |" in page
    assert "| `health.failures` | whole number | `3` | Failed probes that mean down. |" in page
    assert "| `health` | mapping |  | How the desk is watched. |" in page
    assert "| `hours[].open` | list of texts | required | Days and times. |" in page
    assert "| `secret` | secret | required | Shared with the desk. |" in page
    assert "| `level` | `basic` or `full` | `full` | How much it gets. |" in page
    assert "| `hedge` | duration |  | Derived unless given. |" in page
    assert "| `public.listen` | address:port | `127.0.0.1:8080` |" in page
    assert "| `lag_allowance` | duration | `250ms` |" in page


def test_choices_show_their_values_wherever_they_are_defined() -> None:
    class Ranked(Settings):
        rank: Rank | None = Field(None, description="When its turn is.")

    definitions: dict[str, Any] = {}
    assert list(rows(settings_schema(Ranked, definitions), definitions)) == [
        Row("rank", "`first` or `last`", "", "When its turn is.")
    ]


def test_each_type_has_its_table() -> None:
    page = reference_page(SAMPLE_KINDS)

    headings = [line for line in page.splitlines() if line.startswith("##")]
    assert headings == [
        "## gateway",
        "## channels",
        "### channels: web",
        "## providers",
        "### providers: email",
        "### providers: webhook",
        "## policies",
        "## alarms",
        "### alarms: log",
        "### alarms: webhook",
    ]
    assert "| `type` | `email` | required |" in page


def test_the_schema_describes_the_file_as_it_is_written() -> None:
    schema: dict[str, Any] = orjson.loads(schema_text(SAMPLE_KINDS))

    email, webhook = sorted(
        schema["properties"]["providers"]["additionalProperties"]["oneOf"],
        key=lambda each: str(each["properties"]["type"]["const"]),
    )
    assert email["properties"]["type"]["const"] == "email"
    assert webhook["required"] == ["type", "url", "secret"]
    assert webhook["additionalProperties"] is False
    assert webhook["properties"]["timeout"]["default"] == "1s"
    assert webhook["properties"]["timeout"]["type"] == "string"
    assert webhook["properties"]["secret"]["$ref"] == "#/$defs/SecretReference"
    assert "default" not in webhook["properties"]["health"]
    assert schema["$defs"]["SampleHealth"]["properties"]["every"]["default"] == "1s"


def test_every_reference_of_the_schema_leads_somewhere() -> None:
    text = schema_text(SAMPLE_KINDS)
    definitions = config_schema(SAMPLE_KINDS)["$defs"]

    references = {part.partition('"')[0] for part in text.split('"$ref": "#/$defs/')[1:]}
    assert references
    assert references <= set(definitions)


def test_the_same_types_give_the_same_texts() -> None:
    assert schema_text(SAMPLE_KINDS) == schema_text(SAMPLE_KINDS)
    assert reference_page(SAMPLE_KINDS) == reference_page(SAMPLE_KINDS)


def test_a_setting_without_description_is_found() -> None:
    class Bare(Settings):
        depth: int = 1

    kinds = SettingsKinds(channels={"web": SampleChannel}, providers={"bare": Bare}, alarms={}, policy=SamplePolicy)

    assert undescribed(kinds) == ["providers.bare.depth"]
    assert undescribed(SAMPLE_KINDS) == []


def test_every_setting_of_the_gateway_is_described() -> None:
    kinds = SettingsKinds(channels={}, providers={}, alarms={}, policy=GatewaySettings)

    assert undescribed(kinds) == []
