"""The part `corpus`: how the mail parser, and what recognises notifications, understand others' mails."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from channels.email.parsing import Limits, parse
from gateway.core.errors import StartError
from tests.support.bounce_corpus import BounceCorpus
from tests.support.mail_corpus.corpus import ABSENT, FOLDER, is_there
from tests.support.mail_corpus.scores import scores


@dataclass(frozen=True, slots=True)
class SetScore:
    """Of one set; `wanted` is a share, None where it is only reported."""

    name: str
    right: int
    of: int
    wanted: float | None
    remark: str = ""

    @property
    def share(self) -> float:
        return self.right / self.of


@dataclass(frozen=True, slots=True)
class CorpusFigures:
    """Every set, and how many of the mails that are no bounces were taken for one."""

    sets: list[SetScore]
    false_bounces: int


async def measure(_folder: Path, say: Callable[[str], None]) -> CorpusFigures:
    """Raises StartError where the corpus is absent."""
    if not is_there():
        raise StartError(ABSENT)
    sets = [_parsed(score.name, score.passed, len(score.verdicts), score.wanted, score.corrected) for score in scores()]
    bounces = BounceCorpus(FOLDER, lambda raw: parse(raw, Limits())).measure()
    known, others = bounces.with_status, bounces.without_status
    sets += [
        SetScore("notifications with a status part: recognised", known.recognised, known.mails, 0.99),
        SetScore("notifications with a status part: hard or soft right", known.right, known.expected, 0.97),
        SetScore("other notifications: recognised", others.recognised, others.mails, None),
        SetScore("other notifications: hard or soft right", others.right, others.expected, None),
    ]
    for each in sets:
        say(f"{each.name}: {each.right} of {each.of} ({each.share:.1%})")
    return CorpusFigures(sets, bounces.no_bounces.recognised)


def _parsed(name: str, right: int, of: int, wanted: float, corrected: int) -> SetScore:
    remark = f"{corrected} of them by an expectation that was corrected" if corrected else ""
    return SetScore(f"parser, set {name}", right, of, wanted, remark)
