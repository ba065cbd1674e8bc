"""`make run` installs what requirements.lock names, and no more: what the tests need beside it would hide a lack."""

import ast
import re
import sys
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

ROOT = Path(__file__).parents[2]
OWN = ("channels", "config", "gateway", "routing")
OF_EXTRAS = {"channels/email/dkim_check.py", "channels/email/reading/text_records.py"}
"""Loaded where their extra is installed."""


def _imported(tree: ast.Module) -> Iterator[str]:
    """By the module as it is loaded: what a function imports is its own affair."""
    for statement in tree.body:
        if isinstance(statement, ast.Import):
            yield from (each.name for each in statement.names)
        elif isinstance(statement, ast.ImportFrom):
            assert statement.module
            yield statement.module


def test_what_a_module_imports_is_installed() -> None:
    locked = set(re.findall(r"^([a-z0-9-]+)==", (ROOT / "requirements.lock").read_text(), re.MULTILINE))
    distributions = packages_distributions()
    lacking = {
        f"{path.relative_to(ROOT)} imports {package}"
        for own in OWN
        for path in (ROOT / own).rglob("*.py")
        if str(path.relative_to(ROOT)) not in OF_EXTRAS
        for package in {each.split(".")[0] for each in _imported(ast.parse(path.read_bytes()))}
        if package not in OWN and package not in sys.stdlib_module_names
        if not locked & {_normal(each) for each in distributions.get(package, [])}
    }
    assert not lacking


def _normal(distribution: str) -> str:
    return re.sub(r"[-_.]+", "-", distribution).lower()
