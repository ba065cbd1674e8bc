"""The report: docs/bench.md and its pictures, from each part's section."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.bench.results import Circumstances
from tests.bench.section import Section, table

_HEAD = """\
# Measurements

Written by `make bench`; don't edit. Each part is measured by itself (`make bench PART=takeover`), and shows its last \
result with the circumstances. Only the ratios are worth comparing between machines."""


def report(measured: Sequence[tuple[Section, Circumstances]], missing: Sequence[str]) -> str:
    """Markdown; `missing` names the parts that have never been measured."""
    verdicts = [(each, circumstances) for section, circumstances in measured for each in section.verdicts]
    lines = [
        _HEAD,
        "",
        table(
            ("asked for", "found", "", "measured"),
            [(each.asked, each.found, "yes" if each.held else "**no**", at.at) for each, at in verdicts],
            texts=4,
        ),
    ]
    if missing:
        lines += ["", f"Not measured yet: {', '.join(missing)}."]
    for section, circumstances in measured:
        lines += ["", f"## {section.title}", "", *section.lines, "", table(("", ""), circumstances.rows())]
    return "\n".join([*lines, ""])


def write(folder: Path, text: str, pictures: Mapping[str, str]) -> Path:
    """The report's file, with the pictures in the folder `bench` beside it."""
    (folder / "bench").mkdir(exist_ok=True)
    for name, picture in pictures.items():
        (folder / "bench" / name).write_text(picture, encoding="utf-8")
    file = folder / "bench.md"
    file.write_text(text, encoding="utf-8")
    return file
