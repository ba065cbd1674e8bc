"""What can be wrong in a configuration file, and the error that carries all of it at once."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import NamedTuple

from gateway.core.errors import ConfigError

_PLAIN_KEY = re.compile(r"[A-Za-z0-9_-]{1,64}")

Path = tuple[str | int, ...]
"""Keys and positions in lists that lead to a value."""


class Mark(NamedTuple):
    """A place in the file, both counted from 1."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong. The text repeats no value of the file: any of them may be a secret by mistake."""

    text: str
    """What is wrong, and what is allowed."""
    mark: Mark | None = None
    """None where the file could not be read at all."""
    path: Path = ()

    def show(self, file: str) -> str:
        """`relevo.yaml:7:5: providers.acme.url: is missing`."""
        place = f"{file}:{self.mark.line}:{self.mark.column}" if self.mark else file
        return ": ".join(part for part in (place, show_path(self.path), self.text) if part)


class InvalidConfig(ConfigError):
    """The file can't be used; `problems` has everything that was found, in the order of the file."""

    def __init__(self, file: str, problems: Iterable[Problem]) -> None:
        self.file = file
        self.problems = tuple(sorted(dict.fromkeys(problems), key=_place))
        super().__init__("\n".join(problem.show(file) for problem in self.problems))


def show_path(path: Path) -> str:
    """`policies[0].providers[1]`; a key that isn't a plain name is left out, since it may be a misplaced secret."""
    shown = ""
    for part in path:
        if isinstance(part, int):
            shown += f"[{part}]"
        else:
            shown += ("." if shown else "") + (part if _PLAIN_KEY.fullmatch(part) else "?")
    return shown


def suggest(given: str, known: Iterable[str]) -> str:
    """`; did you mean acme?` where one of `known` is close to `given`, else nothing."""
    close = get_close_matches(given[:64], list(known), n=1)
    return f"; did you mean {close[0]}?" if close else ""


def one_of(known: Iterable[str]) -> str:
    """`; allowed: a, b`."""
    return "; allowed: " + (", ".join(sorted(known)) or "none")


def _place(problem: Problem) -> tuple[Mark, str]:
    return problem.mark or Mark(0, 0), show_path(problem.path)
