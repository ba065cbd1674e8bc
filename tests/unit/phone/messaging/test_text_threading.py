"""Which ticket a text message continues: each row of the rule, and what comes before what."""

from collections.abc import Sequence

import pytest

from channels.phone.messaging.threading import RULES, WITHIN, Sender, ticket_continued
from tests.support.catalogue import ROOT
from tests.support.tickets import NOW, make_ticket

OLD, NEW, NAMED = make_ticket(), make_ticket(), make_ticket()


@pytest.mark.parametrize(
    ("sender", "joined"),
    [
        pytest.param(Sender(), None, id="none-open"),
        pytest.param(Sender(open=[OLD]), OLD, id="one-open"),
        pytest.param(Sender(open=[OLD], last_written_at=NOW - 100 * WITHIN), OLD, id="one-open-however-old"),
        pytest.param(Sender(open=[NEW, OLD], last_written_at=NOW - WITHIN), NEW, id="several-the-last-written"),
        pytest.param(Sender(open=[NEW, OLD], last_written_at=NOW - WITHIN - 1), None, id="several-all-too-old"),
        pytest.param(Sender(open=[NEW, OLD]), None, id="several-nobody-knows-when"),
        pytest.param(Sender(NAMED), NAMED, id="named-and-closed"),
        pytest.param(Sender(NAMED, open=[NEW, OLD], last_written_at=NOW), NAMED, id="named-before-the-last-written"),
        pytest.param(Sender(NAMED, open=[OLD]), NAMED, id="named-before-the-only-one"),
    ],
)
def test_which_ticket_is_continued(sender: Sender, joined: object) -> None:
    assert ticket_continued(sender, NOW) == joined


def test_the_rules_are_tried_in_the_order_in_which_they_stand() -> None:
    senders: Sequence[Sender] = (Sender(NAMED), Sender(open=[OLD]), Sender(open=[NEW, OLD], last_written_at=NOW))
    for place, sender in enumerate(senders):
        assert [rule.gives(sender, NOW) is not None for rule in RULES].index(True) == place


def test_the_documentation_has_the_rules_in_their_order() -> None:
    page = (ROOT / "docs" / "texts.md").read_text(encoding="utf-8")
    places = [page.find(f"| {number} | {rule.case} |") for number, rule in enumerate(RULES, start=1)]
    assert -1 not in places
    assert places == sorted(places)
