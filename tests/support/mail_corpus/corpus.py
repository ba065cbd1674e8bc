"""Where the mail corpus is, and how a set of it is scored."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from channels.email.mail import Mail
from channels.email.parsing import Limits, Unparsable, parse
from gateway.core.values import dataclass

FOLDER = Path(os.environ.get("RELEVO_MAIL_CORPUS") or Path(__file__).parents[4] / "shared" / "mail-corpus")
ABSENT = f"the mail corpus isn't at {FOLDER}; RELEVO_MAIL_CORPUS says where it is"


def is_there() -> bool:
    return (FOLDER / "README.md").is_file()


def require() -> None:
    """Skips the test where the corpus is absent. On CI that is a failure: a gate that is skipped gates nothing."""
    if not is_there():
        if os.environ.get("CI"):
            pytest.fail(ABSENT)
        pytest.skip(ABSENT)


@dataclass(frozen=True, slots=True)
class Verdict:
    """One message's."""

    name: str
    reasons: tuple[str, ...] = ()
    """What isn't as expected; nothing if all is."""
    corrected: str = ""
    """Why the expected result was corrected before it was compared, with the standard that it contradicts."""


@dataclass(frozen=True, slots=True)
class Score:
    """A set's."""

    name: str
    wanted: float
    """The share of messages that are to be as expected."""
    verdicts: tuple[Verdict, ...]

    @property
    def passed(self) -> int:
        return sum(not verdict.reasons for verdict in self.verdicts)

    @property
    def corrected(self) -> int:
        """How many of those that passed were compared with a corrected expectation."""
        return sum(not verdict.reasons and bool(verdict.corrected) for verdict in self.verdicts)

    @property
    def share(self) -> float:
        return self.passed / len(self.verdicts)

    @property
    def is_reached(self) -> bool:
        return self.share >= self.wanted


def read(raw: bytes) -> tuple[Mail | None, tuple[str, ...]]:
    """The mail, or why there is none."""
    try:
        return parse(raw, Limits()), ()
    except Unparsable as refusal:
        return None, (f"not parsed: {refusal.code}",)


def lines(scores: list[Score]) -> Iterator[str]:
    """The table; each message that fails, with its reasons; each whose expected result was corrected."""
    for score in scores:
        row = f"{score.name:10}{score.passed:4} of {len(score.verdicts):3} = {score.share:6.1%}"
        row += f", wanted {score.wanted:.0%}"
        yield row + (f" ({score.corrected} of them by a corrected expectation)" if score.corrected else "")
    for score in scores:
        for verdict in score.verdicts:
            yield from (f"{score.name}: {verdict.name} fails: {reason}" for reason in verdict.reasons)
            if verdict.corrected:
                yield f"{score.name}: {verdict.name}: the expected result is corrected: {verdict.corrected}"
