"""By what automatic answers are counted: robots that vary a little are the same."""

import pytest

from channels.email.budget import normal_address, normal_subject


@pytest.mark.parametrize(
    "subject",
    [
        "Ticket 12",
        "RE: Ticket 13",
        "Fwd: re: TICKET  99",
        "Re[2]: Ticket 1",
        "AW: Ticket 1",
        "RV: Ticket 4",
        "回复:Ticket 5",
    ],
)
def test_subjects_that_are_the_same(subject: str) -> None:
    assert normal_subject(subject) == "ticket 0"


@pytest.mark.parametrize("subject", ["", "Re:", "re: re:"])
def test_subjects_without_anything(subject: str) -> None:
    assert normal_subject(subject) == ""


def test_addresses_that_are_the_same() -> None:
    assert normal_address(" Ana+x@Example.ORG ") == normal_address("ana@example.org") == "ana@example.org"
