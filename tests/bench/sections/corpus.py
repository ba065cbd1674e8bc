"""The section on others' mails: what the parser and the recognition of notifications make of them."""

from tests.bench.parts.corpus import CorpusFigures, SetScore
from tests.bench.section import Section, Verdict, table


def section(figures: CorpusFigures) -> Section:
    """What the report says of it."""
    return Section(
        "Others' mails",
        [
            "Mails collected by other projects, real and broken ones, against the results that come with them. "
            "`python -m tests.support.mail_corpus` names each that fails, with its reasons, and each expectation that "
            "was corrected because it contradicts a standard.",
            "",
            table(("set", "as expected", "share", "asked for"), [_row(each) for each in figures.sets]),
            "",
            f"Of the mails that are no notifications, {figures.false_bounces} were taken for one.",
        ],
        [
            *(_verdict(each) for each in figures.sets if each.wanted is not None),
            Verdict("No false bounce", f"{figures.false_bounces} found", figures.false_bounces == 0),
        ],
    )


def _row(score: SetScore) -> tuple[str, ...]:
    wanted = "" if score.wanted is None else f"{score.wanted:.0%}"
    return score.name, f"{score.right} of {score.of}", f"{score.share:.1%}", wanted


def _verdict(score: SetScore) -> Verdict:
    found = f"{score.right} of {score.of}" + (f", {score.remark}" if score.remark else "")
    return Verdict(f"{score.name}: {score.wanted:.0%}", found, score.share >= (score.wanted or 0.0))
