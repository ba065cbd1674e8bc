"""The report is made of each part's last result."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.bench.catalogue import PARTS, write_report
from tests.bench.curves import Curve, Panel, curves
from tests.bench.parts.takeover import FaultFigures, TakeoverFigures
from tests.bench.report import report
from tests.bench.results import Circumstances, Result, load, save
from tests.bench.section import Section, Verdict, table
from tests.bench.sections import takeover
from tests.bench.takeover.books import Phase
from tests.bench.takeover.phases import Script

AT = Circumstances("2026-12-24 03:00 UTC", "make bench PART=x", {"processors": "2"}, {"Python": "3.11"})
FAULTS = ("kill", "hang", "error", "gray")


@dataclass(frozen=True, slots=True)
class Figures:
    """A part's."""

    seconds: list[tuple[float | None, int]]


def outages(seconds: list[tuple[float | None, int]], *, failed_tries: int = 0) -> dict[str, FaultFigures]:
    phase = Phase(0.5, 10, 10 + failed_tries, failed_tries, 0, 1.0, 0, 0, 0, 0)
    return {fault: FaultFigures([phase], seconds) for fault in FAULTS}


def test_a_result_comes_back_as_it_was_kept(tmp_path: Path) -> None:
    result = Result(AT, Figures([(0.02, 3), (None, 1)]))

    save(tmp_path / "bench" / "x.json", result, Figures)

    assert load(tmp_path / "bench" / "x.json", Figures) == result
    assert load(tmp_path / "bench" / "y.json", Figures) is None


def test_a_result_of_other_figures_is_refused(tmp_path: Path) -> None:
    save(tmp_path / "x.json", Result(AT, Figures([])), Figures)

    with pytest.raises(ValueError, match="phases"):
        load(tmp_path / "x.json", FaultFigures)


def test_the_report_says_what_held_what_did_not_and_what_was_never_measured() -> None:
    verdicts = [Verdict("fast", "0.5", held=True), Verdict("safe", "3 lost", held=False)]

    text = report([(Section("Takeover", ["Told."], verdicts), AT)], ["rt"])

    assert "| fast | 0.5 | yes | 2026-12-24 03:00 UTC |" in text
    assert "| safe | 3 lost | **no** | 2026-12-24 03:00 UTC |" in text
    assert "Not measured yet: rt." in text
    assert "| command | `make bench PART=x` |" in text


def test_without_any_result_the_report_names_every_part(tmp_path: Path) -> None:
    text = write_report(tmp_path).read_text()

    assert f"Not measured yet: {', '.join(part.name for part in PARTS)}." in text


def test_the_takeovers_verdicts_are_on_relevo_alone() -> None:
    """What HAProxy failed at is shown, and is none of ours."""
    ours, theirs = outages([(0.02, 9), (4.9, 1)]), outages([(0.02, 5), (None, 5)], failed_tries=7)

    section = takeover.section(TakeoverFigures({"Relevo": ours, "HAProxy": theirs}, Script(), 1))

    assert [verdict.held for verdict in section.verdicts] == [True, True, True]
    assert "| hangs, and thaws | HAProxy | 10 | 0.02 | never | never | 50.0% | 41.2% | 0 |" in "\n".join(section.lines)


@pytest.mark.parametrize(
    ("seconds", "failed_tries", "held"),
    [
        ([(5.01, 1)], 0, [False, True, True]),
        ([(None, 1)], 0, [False, True, True]),
        ([(0.1, 1)], 1, [True, False, True]),
    ],
)
def test_a_late_ticket_or_a_failed_try_of_ours_is_said(
    seconds: list[tuple[float | None, int]], failed_tries: int, held: list[bool]
) -> None:
    ours = outages(seconds, failed_tries=failed_tries)

    section = takeover.section(TakeoverFigures({"Relevo": ours}, Script(), 1))

    assert [verdict.held for verdict in section.verdicts] == held


def test_a_table_has_its_texts_on_the_left_and_figures_on_the_right() -> None:
    assert table(("", "a", "b"), [("x", "1", "2")]) == "|  | a | b |\n| --- | ---: | ---: |\n| x | 1 | 2 |"
    assert table(("", ""), [("x", "y")]).splitlines()[1] == "| --- | --- |"


def test_curves_lie_within_their_plot_and_names_are_escaped() -> None:
    panel = Panel("a < b", "seconds", "part", [Curve("x & y", [(0.01, 0.0), (30.0, 1.0)])], log=True, span=(0.01, 30.0))

    drawing = curves("title", [panel])

    assert "a &lt; b" in drawing
    assert "x &amp; y" in drawing
    assert 'points="64.0,204.0 550.0,34.0"' in drawing
