"""Delivery status notifications of 80 mail systems: how many are recognised, and judged rightly. With CI set, an absent
corpus is a failure."""

import os

import pytest

from channels.email.parsing.limits import Limits
from channels.email.parsing.parse import parse
from tests.support.bounce_corpus import CORPUS, BounceCorpus, Measured


@pytest.fixture(scope="module")
def measured() -> Measured:
    if not (CORPUS / "sisimai").is_dir():
        absent = f"no mail corpus in {CORPUS} (RELEVO_MAIL_CORPUS names another folder)"
        if os.environ.get("CI"):
            pytest.fail(absent)
        pytest.skip(absent)
    found = BounceCorpus(CORPUS, lambda raw: parse(raw, Limits())).measure()
    print(f"\nwith a status part: {found.with_status}\nothers: {found.without_status}")
    for name, score in (("automatic replies and the like", found.no_bounces), ("other mails", found.other_mails)):
        print(f"{name}: {score.recognised} of {score.mails} taken for notifications")
    return found


def test_notifications_with_a_status_part(measured: Measured) -> None:
    score = measured.with_status
    assert score.mails > 250
    assert score.recognition >= 0.99, score.missed
    assert score.hardness >= 0.97, score.wrong


def test_the_others_get_no_worse(measured: Measured) -> None:
    score = measured.without_status
    assert score.recognition >= 0.94, score.missed
    assert score.hardness >= 0.85, score.wrong


def test_nothing_else_is_taken_for_a_bounce(measured: Measured) -> None:
    assert measured.no_bounces.mails > 20
    assert measured.no_bounces.recognised == 0
    assert measured.other_mails.mails > 100
    assert measured.other_mails.recognised <= 1  # one of them is a mail returned by a mail system
