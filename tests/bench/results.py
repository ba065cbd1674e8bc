"""What a part has found, kept until that part is measured again: docs/bench/PART.json.

So the report is made of each part's last result, with the circumstances that it was measured in.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from pydantic import TypeAdapter

from tests.bench.processor import machine, today, versions

Figures = TypeVar("Figures")

_PACKAGES = ("aiohttp", "uvloop", "pydantic", "orjson", "sqlalchemy")


@dataclass(frozen=True, slots=True)
class Circumstances:
    """When, by what command, on what machine and with what versions."""

    at: str
    command: str
    machine: Mapping[str, str]
    versions: Mapping[str, str]

    def rows(self) -> list[tuple[str, str]]:
        """For the report's table."""
        return [("measured", self.at), ("command", f"`{self.command}`"), *self.machine.items(), *self.versions.items()]


@dataclass(frozen=True, slots=True)
class Result(Generic[Figures]):
    """One part's."""

    circumstances: Circumstances
    figures: Figures


def circumstances(command: str, folder: Path, others: Mapping[str, str]) -> Circumstances:
    """Those of now; `others` has the versions of what the part measures beside us."""
    return Circumstances(today(), command, machine(folder), versions(_PACKAGES) | dict(others))


def save(file: Path, result: Result[Figures], figures: type[Figures]) -> None:
    """Keep it in place of the last."""
    file.parent.mkdir(parents=True, exist_ok=True)
    head = _CIRCUMSTANCES.dump_json(result.circumstances, indent=1)
    body = TypeAdapter(figures).dump_json(result.figures)
    file.write_bytes(b'{"circumstances": %b,\n"figures": %b}\n' % (head, body))


def load(file: Path, figures: type[Figures]) -> Result[Figures] | None:
    """The last; None where the part has never been measured. Raises ValueError where its figures are others now."""
    try:
        kept = TypeAdapter(dict[str, object]).validate_json(file.read_bytes())
    except FileNotFoundError:
        return None
    known = _CIRCUMSTANCES.validate_python(kept["circumstances"])
    return Result(known, TypeAdapter(figures).validate_python(kept["figures"]))


_CIRCUMSTANCES = TypeAdapter(Circumstances)
