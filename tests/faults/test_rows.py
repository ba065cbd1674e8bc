"""The table of faults in docs/faults.md names every test there is, and no other."""

import ast
import re
from pathlib import Path

_HERE = Path(__file__).parent
_TABLE = (_HERE.parents[1] / "docs" / "faults.md").read_text(encoding="utf-8")


def _tests(file: Path) -> set[str]:
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    named = (each.name for each in ast.parse(file.read_text(encoding="utf-8")).body if isinstance(each, functions))
    return {f"{file.name}::{name}" for name in named if name.startswith("test_")}


def test_the_table_of_faults_names_every_test_and_no_other() -> None:
    there_are = {test for file in _HERE.glob("test_*.py") if file != Path(__file__) for test in _tests(file)}
    assert set(re.findall(r"`(test_\w+\.py::test_\w+)`", _TABLE)) == there_are


def test_every_fault_has_a_test() -> None:
    rows = [line for line in _TABLE.splitlines() if line.startswith("| ") and not line.startswith("| fault |")]
    assert rows
    assert [row for row in rows if "`test_" not in row.split("|")[-2]] == []
