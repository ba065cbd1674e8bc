"""The mail parser is measured on real and broken mails of other projects; `python -m tests.support.mail_corpus` prints
what each set scores and which messages fail."""

from types import ModuleType

import pytest

from tests.support.mail_corpus import mime4j, stalwart, tnef
from tests.support.mail_corpus.corpus import FOLDER, lines, read, require


@pytest.fixture(autouse=True)
def _corpus() -> None:
    require()


@pytest.mark.parametrize("measured", [stalwart, mime4j, tnef], ids=["stalwart", "mime4j", "tnef"])
def test_mails_are_understood_as_expected(measured: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    score = measured.score()
    with capsys.disabled():
        print("", *lines([score]), sep="\n")
    assert len(score.verdicts) == {"stalwart": 53, "mime4j": 80, "tnef": 19}[score.name]
    assert score.is_reached, [verdict for verdict in score.verdicts if verdict.reasons]


def test_only_what_contradicts_a_standard_is_corrected() -> None:
    score = stalwart.score()
    assert {verdict.name for verdict in score.verdicts if verdict.corrected} == set(stalwart.CORRECTIONS)
    assert len(stalwart.CORRECTIONS) == 4


def test_every_mail_of_the_corpus_is_parsed() -> None:
    mails = [path for ending in ("*.eml", "*.msg") for path in FOLDER.rglob(ending)]
    assert len(mails) > 500
    assert [path.name for path in mails if read(path.read_bytes())[0] is None] == []
