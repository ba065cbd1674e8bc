"""Every example of a configuration loads, and promises what can be kept."""

import re
from pathlib import Path

import pytest

from gateway.app.configuration import assess, load_configuration, require_possible
from gateway.app.lines import assess_lines

EXAMPLES = sorted(Path(__file__).parents[2].joinpath("config", "examples").iterdir())


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.name)
def test_an_example_loads_and_its_contracts_can_be_met(example: Path) -> None:
    secrets = re.findall(r"env: (\w+)", example.read_text(encoding="utf-8"))
    config = load_configuration(example, {name: f"a secret for {name}" for name in secrets})
    require_possible(assess(config, now=0.0), assess_lines(config))


def test_there_is_an_example() -> None:
    assert EXAMPLES
