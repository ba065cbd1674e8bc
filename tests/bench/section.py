"""A part's section of the report, and the Markdown that sections are written in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

Table = Sequence[Sequence[str]]


@dataclass(frozen=True, slots=True)
class Verdict:
    """One thing that was asked for, what was found, and whether that will do."""

    asked: str
    found: str
    held: bool


@dataclass(frozen=True, slots=True)
class Section:
    """`lines` are Markdown below the title; `pictures` are SVG, by the file name that the lines know them by."""

    title: str
    lines: Sequence[str]
    verdicts: Sequence[Verdict] = ()
    pictures: Mapping[str, str] = field(default_factory=dict)


def table(heads: Sequence[str], rows: Table, texts: int = 1) -> str:
    """The first so many columns are texts, the others figures; where there are two columns, both are texts."""
    texts = 2 if len(heads) == 2 else texts
    rule = ["---"] * texts + ["---:"] * (len(heads) - texts)
    return "\n".join(f"| {' | '.join(line)} |" for line in [heads, rule, *rows])


def drawn(alternative: str, file: str) -> str:
    """A picture in the text."""
    return f"![{alternative}](bench/{file})"
